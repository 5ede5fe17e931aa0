/**
 * Retention: drops units that no shard needs and rewrites those of which less than half is needed.
 *
 * Beside the append path, one unit at a time, in steps of bounded size. The catalog is written
 * before anything is removed, and the log replaces a unit in one atomic step, so a crash at any
 * point leaves every needed record in exactly one place (I2). Ordinals never change.
 */
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import { readEntries } from './cold-reader.ts';
import type { CommitLog, FrameChain } from './commit-log.ts';
import { CorruptionError, LogFullError } from './commit-log.ts';
import type { EntryRows } from './entry-rows.ts';
import { encodeFrame } from './frame.ts';
import type { SealedUnit } from './index-store.ts';
import { indexUnit } from './index-unit.ts';
import type { ShardTable } from './shard-table.ts';
import { TailsWriter } from './tails.ts';
import type { UnitDirectory } from './unit-index.ts';
import type { UnitList } from './unit-list.ts';
import type { DamageReport } from './volume-store.ts';

/** A unit with a smaller part of its bytes still needed is rewritten. */
const LIVE_PART_MIN = 0.5;
/** Most units rewritten in one call. */
const REWRITES_MAX = 8;
const REWRITE_FRAME_BYTES = 1024 * 1024;
const REWRITE_FRAME_SECTIONS = 4096;

export interface RetentionDeps {
  readonly log: CommitLog;
  readonly units: UnitList;
  readonly table: ShardTable;
  /** Writes the catalog as things are now. */
  readonly saveCatalog: () => Promise<void>;
}

export interface RetentionOptions {
  readonly volume: number;
  readonly epoch: number;
  readonly identity: number;
  readonly onDamage: (report: DamageReport) => void;
}

type Horizon = (shard: ShardKey) => number;

export class Retention {
  readonly #deps: RetentionDeps;
  readonly #options: RetentionOptions;
  /** Units that could not be rewritten because they are damaged. */
  readonly #unfit = new WeakSet<SealedUnit>();

  constructor(deps: RetentionDeps, options: RetentionOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  async run(horizonMs: Horizon): Promise<void> {
    const { units, table, log } = this.#deps;
    const dead: SealedUnit[] = [];
    const sparse: SealedUnit[] = [];
    for (const unit of [...units.sealed]) {
      const directory = await units.store.directory(unit);
      const live = liveBytes(directory, horizonMs);
      if (live === null && (log.caps.rewrites || dead.length === units.sealed.indexOf(unit))) {
        dead.push(unit);
      } else if (live !== null && live < unit.bytes * LIVE_PART_MIN && !this.#unfit.has(unit)) {
        sparse.push(unit);
      }
    }
    await this.#drop(dead);
    if (log.caps.rewrites) {
      for (const unit of sparse.slice(0, REWRITES_MAX)) {
        await this.#rewrite(unit, horizonMs);
      }
    }
    for (const state of [...table.values()]) {
      if (horizonMs(state.shard) === Infinity && state.queuedNext === state.next) {
        table.delete(state.shard);
      }
    }
  }

  async #drop(dead: readonly SealedUnit[]): Promise<void> {
    const { units, log, saveCatalog } = this.#deps;
    if (dead.length === 0) {
      return;
    }
    for (const unit of dead) {
      await this.#advanceOldest(unit, () => Infinity);
      unit.gone = true;
    }
    units.sealed = units.sealed.filter((unit) => !unit.gone);
    await saveCatalog();
    for (const unit of dead) {
      if (log.caps.rewrites) {
        await log.drop(this.#options.volume, unit.from);
      }
      await units.store.drop(unit);
    }
    const first = units.sealed[0]?.from ?? units.active?.from;
    if (first !== undefined) {
      await log.trim(this.#options.volume, first);
    }
  }

  /** Moves the oldest ordinals past the records of `unit` that are older than the horizon. */
  async #advanceOldest(unit: SealedUnit, horizonMs: Horizon): Promise<void> {
    const { units, table } = this.#deps;
    const directory = await units.store.directory(unit);
    for (let row = 0; row < directory.length; row += 1) {
      const shard = directory.shard(row);
      const state = table.get(shard);
      if (
        state !== undefined &&
        directory.entryCount(row) > 0 &&
        directory.endArrivalMs(row) < horizonMs(shard)
      ) {
        state.oldest = Math.max(state.oldest, directory.end(row));
      }
    }
  }

  async #rewrite(unit: SealedUnit, horizonMs: Horizon): Promise<void> {
    let done = (): void => undefined;
    unit.changing = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await this.#replace(unit, horizonMs);
    } catch (error) {
      if (error instanceof CorruptionError) {
        this.#unfit.add(unit);
      } else if (!(error instanceof LogFullError)) {
        throw error;
      }
    } finally {
      unit.changing = null;
      done();
    }
  }

  async #replace(unit: SealedUnit, horizonMs: Horizon): Promise<void> {
    const { units, log, saveCatalog } = this.#deps;
    const { volume, identity, onDamage } = this.#options;
    const directory = await units.store.directory(unit);
    const kept = await this.#keptEntries(unit, directory, horizonMs);
    await this.#advanceOldest(unit, horizonMs);
    const frames = this.#frames(unit, directory, kept);
    const replaced = await log.rewrite(volume, unit.from, frames);
    unit.generation = replaced.generation;
    unit.bytes = replaced.bytes;
    const nextFrom = units.nextFrom(unit.from);
    const inherit = (): Promise<void> => Promise.resolve();
    const built = await indexUnit({ log, volume, unit: replaced, nextFrom, inherit, onDamage });
    units.store.put(unit, built.sealed(identity));
    await units.store.persist();
    await saveCatalog();
  }

  async #keptEntries(
    unit: SealedUnit,
    directory: UnitDirectory,
    horizonMs: Horizon,
  ): Promise<KeptEntry[]> {
    const { store } = this.#deps.units;
    const kept: KeptEntry[] = [];
    for (let row = 0; row < directory.length; row += 1) {
      const shard = directory.shard(row);
      const horizon = horizonMs(shard);
      if (directory.entryCount(row) === 0 || directory.endArrivalMs(row) < horizon) {
        continue;
      }
      const rows = await store.entries(unit, directory, row);
      for (let entry = rows.findArrival(horizon); entry < rows.length; entry += 1) {
        if (rows.damaged(entry)) {
          throw new CorruptionError(`the unit at ${unit.from} is damaged and stays as it is`);
        }
        kept.push({ shard, rows, entry });
      }
    }
    const place = (one: KeptEntry): number => one.rows.framePlace(one.entry);
    const offset = (one: KeptEntry): number => one.rows.offset(one.entry);
    return kept.sort((a, b) => place(a) - place(b) || offset(a) - offset(b));
  }

  async *#frames(
    unit: SealedUnit,
    directory: UnitDirectory,
    kept: readonly KeptEntry[],
  ): AsyncGenerator<readonly Uint8Array[], void, undefined> {
    const { volume, epoch, identity } = this.#options;
    let chain: FrameChain = { identity, frameNumber: 0, headCrc: 0 };
    let tails: Uint8Array | null = tailsOf(directory);
    let sections: Section[] = [];
    let bytes = 0;
    for (const [index, { shard, rows, entry }] of kept.entries()) {
      const { log } = this.#deps;
      const read = await readEntries(log, volume, unit.from, shard, rows, entry, entry + 1);
      if (read.failedEntry !== null) {
        throw new CorruptionError(`the unit at ${unit.from} is damaged and stays as it is`);
      }
      sections.push(...read.sections);
      bytes += rows.payloadBytes(entry);
      const last = index === kept.length - 1;
      if (bytes >= REWRITE_FRAME_BYTES || sections.length >= REWRITE_FRAME_SECTIONS || last) {
        const timestampMs = Math.max(...sections.map((section) => section.arrivalMs));
        const crcs = sections.map((section) => crc32(section.payload));
        const frame = encodeFrame(chain, { volume, epoch, timestampMs }, sections, crcs, tails);
        chain = frame.chain;
        tails = null;
        sections = [];
        bytes = 0;
        yield frame.parts;
      }
    }
  }
}

interface KeptEntry {
  readonly shard: ShardKey;
  readonly rows: EntryRows;
  readonly entry: number;
}

/** Payload bytes of shards that still need the unit; null when none does. */
function liveBytes(directory: UnitDirectory, horizonMs: Horizon): number | null {
  let bytes = 0;
  let live = false;
  for (let row = 0; row < directory.length; row += 1) {
    if (
      directory.entryCount(row) > 0 &&
      directory.endArrivalMs(row) >= horizonMs(directory.shard(row))
    ) {
      bytes += directory.payloadBytes(row);
      live = true;
    }
  }
  return live ? bytes : null;
}

/** The tails snapshot the unit began with. */
function tailsOf(directory: UnitDirectory): Uint8Array {
  const writer = new TailsWriter(directory.length);
  for (let row = 0; row < directory.length; row += 1) {
    writer.put(directory.shard(row), directory.begin(row), directory.beginArrivalMs(row));
  }
  return writer.bytes;
}
