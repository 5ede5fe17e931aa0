/**
 * Writes the needed sections of one unit, or of several neighbours, into the place of the first.
 *
 * While the others of a group are still there, and after a crash in between, their sections are
 * stored twice. That harms nobody: readers go by ordinals, and a later rewrite takes each once.
 */
import { freshBuffers } from '../common/buffer-pool.ts';
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import { readEntries } from './cold-reader.ts';
import type { CommitLog, FrameChain } from './commit-log.ts';
import { CorruptionError } from './commit-log.ts';
import type { EntryRows } from './entry-rows.ts';
import { encodeFrame } from './frame.ts';
import type { SealedUnit } from './index-store.ts';
import { indexUnit } from './index-unit.ts';
import { TailsWriter } from './tails.ts';
import type { UnitDirectory } from './unit-index.ts';
import type { UnitList } from './unit-list.ts';
import type { DamageReport } from './volume-store.ts';

const FRAME_BYTES = 1024 * 1024;
const FRAME_SECTIONS = 4096;

/** The instant before which a shard's records may go. */
export type Horizon = (shard: ShardKey) => number;

export interface UnitRewriterDeps {
  readonly log: CommitLog;
  readonly units: UnitList;
  readonly saveCatalog: () => Promise<void>;
}

export interface UnitRewriterOptions {
  readonly volume: number;
  readonly epoch: number;
  readonly identity: number;
  readonly onDamage: (report: DamageReport) => void;
}

interface KeptEntry {
  readonly unit: SealedUnit;
  readonly shard: ShardKey;
  readonly rows: EntryRows;
  readonly entry: number;
}

export class UnitRewriter {
  readonly #deps: UnitRewriterDeps;
  readonly #options: UnitRewriterOptions;

  constructor(deps: UnitRewriterDeps, options: UnitRewriterOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /**
   * Puts what `group` has of needed sections into its first unit. True when that is sure to last,
   * so that the group's other units can go; nothing is done where no section is needed. Throws
   * CorruptionError where some cannot be read, LogFullError without space.
   */
  async rewrite(group: readonly SealedUnit[], horizonMs: Horizon): Promise<boolean> {
    const { units, log, saveCatalog } = this.#deps;
    const { volume, identity, onDamage } = this.#options;
    const first = group[0] as SealedUnit;
    const kept: KeptEntry[] = [];
    /** Where each shard's kept sections end so far. */
    const ends = new Map<ShardKey, number>();
    for (const unit of group) {
      kept.push(...(await this.#keptEntries(unit, horizonMs, ends)));
    }
    if (kept.length === 0) {
      return false;
    }
    const tails = tailsOf(await units.store.directory(first));
    const unit = await log.rewrite(volume, first.from, this.#frames(tails, kept));
    first.generation = unit.generation;
    first.bytes = unit.bytes;
    const nextFrom = units.nextFrom(first.from);
    const inherit = (): Promise<void> => Promise.resolve();
    const built = await indexUnit({ log, volume, unit, nextFrom, inherit, onDamage });
    units.store.put(first, built.sealed(identity));
    await units.store.persist();
    await saveCatalog();
    return unit.durable;
  }

  async #keptEntries(
    unit: SealedUnit,
    horizonMs: Horizon,
    ends: Map<ShardKey, number>,
  ): Promise<KeptEntry[]> {
    const { store } = this.#deps.units;
    const directory = await store.directory(unit);
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
        if (rows.baseOrdinal(entry) >= (ends.get(shard) ?? 0)) {
          kept.push({ unit, shard, rows, entry });
          ends.set(shard, rows.endOrdinal(entry));
        }
      }
    }
    const place = (one: KeptEntry): number => one.rows.framePlace(one.entry);
    const offset = (one: KeptEntry): number => one.rows.offset(one.entry);
    return kept.sort((a, b) => place(a) - place(b) || offset(a) - offset(b));
  }

  async *#frames(
    firstTails: Uint8Array,
    kept: readonly KeptEntry[],
  ): AsyncGenerator<readonly Uint8Array[], void, undefined> {
    const { volume, epoch, identity } = this.#options;
    let chain: FrameChain = { identity, frameNumber: 0, headCrc: 0 };
    let tails: Uint8Array | null = firstTails;
    let sections: Section[] = [];
    let bytes = 0;
    for (const [index, { unit, shard, rows, entry }] of kept.entries()) {
      const { log } = this.#deps;
      const source = { log, buffers: freshBuffers, volume, from: unit.from, shard, rows };
      const read = await readEntries(source, entry, entry + 1);
      if (read.failedEntry !== null) {
        throw new CorruptionError(`the unit at ${unit.from} is damaged and stays as it is`);
      }
      sections.push(...read.sections);
      bytes += rows.payloadBytes(entry);
      const last = index === kept.length - 1;
      if (bytes >= FRAME_BYTES || sections.length >= FRAME_SECTIONS || last) {
        const timestampMs = Math.max(...sections.map((section) => section.arrivalMs));
        const crcs = sections.map((section) => crc32(section.payload));
        const frame = encodeFrame(
          chain,
          { volume, epoch, timestampMs, ahead: 0 },
          sections,
          crcs,
          tails,
        );
        chain = frame.chain;
        tails = null;
        sections = [];
        bytes = 0;
        yield frame.parts;
      }
    }
  }
}

/** The tails snapshot a unit began with. */
function tailsOf(directory: UnitDirectory): Uint8Array {
  const writer = new TailsWriter(directory.length);
  for (let row = 0; row < directory.length; row += 1) {
    writer.put(directory.shard(row), directory.begin(row), directory.beginArrivalMs(row));
  }
  return writer.bytes;
}
