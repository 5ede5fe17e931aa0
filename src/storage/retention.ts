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
import type { Clock } from '../runtime/clock.ts';
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
/** Most units examined in one call; the rest has its turn in the next ones. */
const EXAMINED_MAX = 256;
/** Periods that differ by less are taken for the same, read at slightly different times. */
const PERIOD_SLACK_MS = 1000;
const REWRITE_FRAME_BYTES = 1024 * 1024;
const REWRITE_FRAME_SECTIONS = 4096;

export interface RetentionDeps {
  readonly log: CommitLog;
  readonly units: UnitList;
  readonly table: ShardTable;
  readonly clock: Clock;
  /** Writes the catalog as things are now. */
  readonly saveCatalog: () => Promise<void>;
  /** Seals the unit being written and begins another. */
  readonly sealActive: () => Promise<void>;
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
  /** When a unit's need can next have changed, as long as no shard's retention is shortened. */
  #recheckAtMs = new WeakMap<SealedUnit, number>();
  readonly #periods = new Map<ShardKey, number>();
  #stopped = false;

  constructor(deps: RetentionDeps, options: RetentionOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** One pass: examines what may have changed, drops, rewrites. */
  async run(horizonNowMs: Horizon): Promise<void> {
    const { table, log, clock } = this.#deps;
    const nowMs = clock.now();
    const horizonMs = fixed(horizonNowMs);
    if (this.#notePeriods(horizonMs, nowMs)) {
      this.#recheckAtMs = new WeakMap();
    }
    const { dead, sparse } = await this.#examine(horizonMs, nowMs);
    await this.#drop(dead);
    if (log.caps.rewrites) {
      for (const unit of sparse.slice(0, REWRITES_MAX)) {
        if (!this.#stopped) {
          await this.#rewrite(unit, horizonMs);
        }
      }
    }
    if (!this.#stopped && this.#isActiveDead(horizonMs)) {
      await this.#deps.sealActive();
    }
    for (const state of [...table.values()]) {
      if (horizonMs(state.shard) === Infinity && state.queuedNext === state.next) {
        table.delete(state.shard);
        this.#periods.delete(state.shard);
      }
    }
  }

  /** Lets a pass under way end after the unit it is at. */
  stop(): void {
    this.#stopped = true;
  }

  /** Which units can go and which should be rewritten, of those that may have changed. */
  async #examine(
    horizonMs: Horizon,
    nowMs: number,
  ): Promise<{ readonly dead: SealedUnit[]; readonly sparse: SealedUnit[] }> {
    const { units, log } = this.#deps;
    const dead: SealedUnit[] = [];
    const sparse: SealedUnit[] = [];
    let examined = 0;
    let front = true;
    for (const unit of [...units.sealed]) {
      const due = (this.#recheckAtMs.get(unit) ?? -Infinity) <= nowMs;
      if (!due || examined === EXAMINED_MAX || this.#stopped) {
        front = false;
        continue;
      }
      examined += 1;
      const life = lifeOf(await units.store.directory(unit), horizonMs);
      if (life.bytes === null && (log.caps.rewrites || front)) {
        dead.push(unit);
        continue;
      }
      front = false;
      const bytes = life.bytes ?? 0;
      const wanted = bytes < unit.bytes * LIVE_PART_MIN && !this.#unfit.has(unit);
      if (life.bytes !== null && wanted) {
        sparse.push(unit);
      } else {
        this.#recheckAtMs.set(unit, nowMs + life.nextChangeMs - PERIOD_SLACK_MS);
      }
    }
    return { dead, sparse };
  }

  /**
   * Remembers how far each shard looks back. True when some shard looks back less than before, so
   * that what was learnt of units does not hold.
   */
  #notePeriods(horizonMs: Horizon, nowMs: number): boolean {
    let shorter = false;
    for (const { shard } of this.#deps.table.values()) {
      const horizon = horizonMs(shard);
      const period = nowMs - horizon;
      const before = this.#periods.get(shard) ?? -Infinity;
      if (period < before - PERIOD_SLACK_MS) {
        shorter = true;
        this.#periods.set(shard, period);
      } else if (period > before) {
        this.#periods.set(shard, period);
      }
    }
    return shorter;
  }

  /** True when the unit being written holds records, and none that a shard needs. */
  #isActiveDead(horizonMs: Horizon): boolean {
    const { active } = this.#deps.units;
    if (active === null || active.entryCount === 0) {
      return false;
    }
    for (const { shard, count, endArrivalMs } of active.shards()) {
      if (count > 0 && endArrivalMs >= horizonMs(shard)) {
        return false;
      }
    }
    return true;
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
    for (const unit of dead) {
      // First: on a full disk it makes room for the catalog.
      await units.store.drop(unit);
    }
    await saveCatalog();
    for (const unit of dead) {
      if (log.caps.rewrites) {
        await log.drop(this.#options.volume, unit.from);
      }
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

/** The horizons of one pass: asked for once, since they move with the clock. */
function fixed(horizonMs: Horizon): Horizon {
  const asked = new Map<ShardKey, number>();
  return (shard) => {
    let horizon = asked.get(shard);
    if (horizon === undefined) {
      horizon = horizonMs(shard);
      asked.set(shard, horizon);
    }
    return horizon;
  };
}

/** How much of a unit is needed. */
interface UnitLife {
  /** Payload bytes of shards that still need the unit; null when none does. */
  readonly bytes: number | null;
  /** The least time in which a shard can cease to need it, by the passing of time alone. */
  readonly nextChangeMs: number;
}

function lifeOf(directory: UnitDirectory, horizonMs: Horizon): UnitLife {
  let bytes: number | null = null;
  let nextChangeMs = Infinity;
  for (let row = 0; row < directory.length; row += 1) {
    if (directory.entryCount(row) > 0) {
      const leftMs = directory.endArrivalMs(row) - horizonMs(directory.shard(row));
      if (leftMs >= 0) {
        bytes = (bytes ?? 0) + directory.payloadBytes(row);
        nextChangeMs = Math.min(nextChangeMs, leftMs);
      }
    }
  }
  return { bytes, nextChangeMs };
}

/** The tails snapshot the unit began with. */
function tailsOf(directory: UnitDirectory): Uint8Array {
  const writer = new TailsWriter(directory.length);
  for (let row = 0; row < directory.length; row += 1) {
    writer.put(directory.shard(row), directory.begin(row), directory.beginArrivalMs(row));
  }
  return writer.bytes;
}
