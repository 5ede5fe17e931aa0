/**
 * Volume: a VolumeStore on a CommitLog. Group commit in front, tail ring and index behind, recovery
 * at open, retention beside.
 *
 * Invariants: a section is visible to readers and listeners only when it is durable; ordinals of a
 * shard only rise, also over restarts (I2, I3); memory is bounded by options, not by what is
 * stored.
 */
import { assert } from '../common/assert.ts';
import { readAhead } from '../common/read-ahead.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { writeCatalog } from './catalog.ts';
import type { CommitLog, VolumeWriter } from './commit-log.ts';
import { EngineUnavailableError } from './commit-log.ts';
import { blankEntry } from './entry-rows.ts';
import { framesUnderWayMax } from './frame.ts';
import type { EncodedFrame } from './frame.ts';
import { GroupCommit } from './group-commit.ts';
import { HeldFrame } from './held-frame.ts';
import { sealedUnit } from './index-store.ts';
import type { OpenedUnits } from './open-units.ts';
import { openUnits } from './open-units.ts';
import { Retention } from './retention.ts';
import { SealedFiles } from './sealed-file.ts';
import type { SectionBatch } from './section-batch.ts';
import { payloadBytesOf, sectionBatch } from './section-batch.ts';
import type { ShardTable } from './shard-table.ts';
import {
  shardHalves,
  shardLastArrivalMs,
  shardNext,
  shardQueuedNext,
  shardWords,
} from './shard-table.ts';
import { TailRing } from './tail-ring.ts';
import { UnitIndexBuilder } from './unit-index.ts';
import type { UnitList } from './unit-list.ts';
import { VolumeReader } from './volume-reader.ts';
import type {
  CommittedSections,
  DamageReport,
  SectionRun,
  ShardBounds,
  VolumeStore,
} from './volume-store.ts';

export interface VolumeDeps {
  readonly log: CommitLog;
  /** For records read from the log; readers say when they are done with them. */
  readonly buffers: Buffers;
  /** Where sidecar indexes are kept; null keeps them in memory. */
  readonly disk: Disk | null;
  readonly clock: Clock;
}

export interface VolumeOptions {
  readonly volume: number;
  readonly epoch: number;
  /** Directory of sidecar indexes and catalog, this volume's alone; needed with a disk. */
  readonly indexDirectory?: string;
  /** A frame takes sections up to this size, or one larger section. */
  readonly frameBytesMax?: number;
  /** A frame of so many payload bytes is begun while the one before is being written. */
  readonly overlapBytesMin?: number;
  /** Payload bytes that may wait for their commit. */
  readonly queueBytesMax?: number;
  /** Newest payload bytes kept in memory. */
  readonly ringBytesMax?: number;
  /** A storage unit is closed before it exceeds this. */
  readonly unitBytesMax?: number;
  /** Index parts of sealed units kept in memory. */
  readonly indexCacheBytesMax?: number;
  readonly onDamage?: (report: DamageReport) => void;
}

const MIB = 1024 * 1024;
const DEFAULTS = {
  frameBytesMax: 8 * MIB,
  overlapBytesMin: MIB,
  queueBytesMax: 64 * MIB,
  ringBytesMax: 64 * MIB,
  unitBytesMax: 64 * MIB,
  indexCacheBytesMax: 8 * MIB,
};

/** Frames kept to be filled again: those being committed and the one that fills. */
const SPARE_FRAMES_MAX = framesUnderWayMax + 1;

/** For so many sections memory is read ahead at a time: what that brings stays in the caches. */
const AHEAD_ROWS = 64;

/** An append of so many sections needs no more memory than there is. */
const SECTIONS_FIRST = 512;

type Listener = (committed: CommittedSections) => void;

export class Volume implements VolumeStore {
  readonly #deps: VolumeDeps;
  readonly #options: Required<VolumeOptions>;
  readonly #writer: VolumeWriter;
  readonly #table: ShardTable;
  /** Catalog and sidecar indexes; null where nothing is kept on a disk. */
  readonly #files: SealedFiles | null;
  readonly #units: UnitList;
  readonly #ring: TailRing;
  readonly #reader: VolumeReader;
  readonly #retention: Retention;
  readonly #commits: GroupCommit<HeldFrame>;
  readonly #spareFrames: HeldFrame[] = [];
  /** Rows of the shards of the append under way, by section. */
  #appending = new Int32Array(SECTIONS_FIRST);
  /** What was read ahead; what is not kept would not be read. */
  #ahead = 0;
  readonly #listeners = new Set<Listener>();
  /** Bytes of the newest unit's frames, with those under way. */
  #unitBytes: number;
  /** The next commit begins a unit. */
  #sealWanted = false;
  /** Index files, catalog and retention, one after the other. */
  #background: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(
    deps: VolumeDeps,
    options: Required<VolumeOptions>,
    writer: VolumeWriter,
    opened: OpenedUnits & { readonly files: SealedFiles | null },
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#writer = writer;
    this.#files = opened.files;
    this.#units = opened.units;
    this.#table = opened.table;
    this.#unitBytes = opened.activeBytes;
    const room = (bytes: number): Uint8Array => deps.log.room(bytes);
    this.#ring = new TailRing(options.ringBytesMax, opened.table, room);
    const { log, buffers, clock } = deps;
    const { units, table } = opened;
    const { volume, epoch, unitBytesMax, onDamage } = options;
    this.#reader = new VolumeReader({ log, buffers, units, ring: this.#ring }, volume, onDamage);
    const saveCatalog = (): Promise<void> => this.#saveCatalog();
    const sealActive = (): Promise<void> => {
      this.#sealWanted = true;
      return this.#commits.force();
    };
    const { identity } = writer.chain;
    this.#retention = new Retention(
      { log, units, table, clock, saveCatalog, sealActive },
      { volume, epoch, identity, unitBytesMax, onDamage },
    );
    const begin = (): HeldFrame => this.#spareFrames.pop() ?? new HeldFrame(this.#ring, room);
    const commit = (frame: HeldFrame): Promise<void> => this.#commit(frame);
    const mayOverlap = (frame: HeldFrame): boolean => this.#mayOverlap(frame);
    this.#commits = new GroupCommit({ begin, commit, mayOverlap }, options);
  }

  /** Recovers the volume, fences earlier writers, and gives it ready to read and append. */
  static async open(deps: VolumeDeps, options: VolumeOptions): Promise<Volume> {
    const { indexDirectory } = options;
    assert(deps.disk === null || indexDirectory !== undefined, 'volume: no index directory');
    const full = { ...DEFAULTS, indexDirectory: '', onDamage: () => undefined, ...options };
    full.frameBytesMax = Math.min(full.frameBytesMax, deps.log.caps.frameBytesMax);
    const writer = await deps.log.openWriter(options.volume, options.epoch);
    const { log, disk } = deps;
    const files = disk === null ? null : new SealedFiles(disk, full.indexDirectory);
    const opened = await openUnits({ log, files }, full, writer);
    return new Volume(deps, full, writer, { ...opened, files });
  }

  append(sections: readonly Section[] | SectionBatch): Promise<void> {
    const batch = 'shards' in sections ? sections : sectionBatch(sections);
    const refusal = this.#commits.refusal(payloadBytesOf(batch));
    if (refusal !== null) {
      return Promise.reject(refusal);
    }
    const { count, baseOrdinals, counts, payloadBytes } = batch;
    if (count === 0) {
      return Promise.resolve();
    }
    const rows = this.#rowsOf(batch);
    const { f64 } = this.#table;
    for (let index = 0; index < count; index += 1) {
      const baseOrdinal = baseOrdinals[index]!;
      const records = counts[index]!;
      const queuedNext = rows[index]! * shardWords + shardQueuedNext;
      assert(baseOrdinal >= f64[queuedNext]!, 'volume: ordinals of a shard must rise');
      assert(
        records > 0 && payloadBytes[index]! >= records,
        'volume: a record takes a byte or more',
      );
      f64[queuedNext] = baseOrdinal + records;
    }
    return this.#commits.append(count, payloadBytes, (frame, first, end) => {
      frame.add(rows, batch, first, end);
    });
  }

  /** The rows of its shards, until the next append. A new shard begins at ordinal 1. */
  #rowsOf({ count, shards, guesses }: SectionBatch): Int32Array {
    if (count > this.#appending.length) {
      this.#appending = new Int32Array(count);
    }
    const rows = this.#appending;
    const table = this.#table;
    if (guesses !== null) {
      this.#ahead = readAhead(table.i32, shardHalves, guesses.rows, 0, count, 0);
    }
    for (let index = 0; index < count; index += 1) {
      const shard = shards[index]!;
      const guess = guesses === null ? -1 : guesses.rows[index]!;
      let row = table.guessed(shard, guess);
      if (row < 0) row = this.#addShard(shard);
      rows[index] = row;
      if (guesses !== null && row !== guess) {
        guesses.rows[index] = row;
        guesses.haveChanged = true;
      }
    }
    return rows;
  }

  #addShard(shard: ShardKey): number {
    const row = this.#table.add(shard, 1, 0, 1);
    const { active } = this.#units;
    if (active?.isBegun(row) === false) active.beginAt(row, shard, 1, 0);
    return row;
  }

  read(
    shard: ShardKey,
    fromOrdinal: number,
    recordsMax: number,
    bytesMax: number,
  ): SectionRun | Promise<SectionRun> {
    const state = this.#table.get(shard);
    return state === undefined
      ? { sections: [], blocked: false }
      : this.#reader.read(state, fromOrdinal, recordsMax, bytesMax);
  }

  seekTime(shard: ShardKey, ms: number): number | Promise<number> {
    const state = this.#table.get(shard);
    return state === undefined ? 1 : this.#reader.seekTime(state, ms);
  }

  bounds(shard: ShardKey): ShardBounds {
    const state = this.#table.get(shard);
    return state === undefined
      ? { oldest: 1, next: 1, lastArrivalMs: 0 }
      : { oldest: state.oldest, next: state.next, lastArrivalMs: state.lastArrivalMs };
  }

  onCommitted(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  retain(horizonMs: (shard: ShardKey) => number): Promise<void> {
    return this.#inBackground(() => this.#retention.run(horizonMs));
  }

  async close(): Promise<void> {
    await this.#commits.close(new EngineUnavailableError('the volume is closed'));
    if (!this.#closed) {
      this.#closed = true;
      this.#retention.stop();
      await this.#background.catch(() => undefined);
      await this.#writer.close();
      await this.#units.store.close();
    }
  }

  async #commit(held: HeldFrame): Promise<void> {
    try {
      await this.#write(held);
    } finally {
      held.reset();
      if (this.#spareFrames.length < SPARE_FRAMES_MAX) {
        this.#spareFrames.push(held);
      }
    }
  }

  /** Small frames gain by waiting for one another; a unit begins when nothing is under way. */
  #mayOverlap(held: HeldFrame): boolean {
    const { payloadBytes, frameBytesMax } = held;
    return (
      payloadBytes >= this.#options.overlapBytesMin &&
      !this.#isUnitOver(frameBytesMax) &&
      this.#writer.takesAnother(frameBytesMax)
    );
  }

  /** Whether a frame of so many bytes is to begin a unit. */
  #isUnitOver(bytes: number): boolean {
    const isFull = this.#unitBytes > 0 && this.#unitBytes + bytes > this.#options.unitBytesMax;
    return isFull || this.#sealWanted;
  }

  async #write(held: HeldFrame): Promise<void> {
    const writer = this.#writer;
    if (this.#isUnitOver(held.frameBytes)) {
      writer.roll();
    }
    const begins = writer.beginsUnit;
    const { volume, epoch } = this.#options;
    const stamp = {
      volume,
      epoch,
      timestampMs: this.#deps.clock.now(),
      ahead: writer.underWay,
    };
    const tails = begins ? this.#table.tails() : null;
    const frame = held.finish(writer, stamp, tails);
    let position: number;
    this.#unitBytes += frame.bytes;
    try {
      position = await writer.append(frame.parts);
    } catch (error) {
      this.#unitBytes -= frame.bytes;
      held.giveUp();
      this.#unqueue(held);
      throw error;
    }
    if (begins) {
      this.#sealWanted = false;
      this.#beginUnit(position, frame.bytes);
    }
    this.#apply(position, frame, held, tails);
    if (held.count > 0) {
      for (const listener of this.#listeners) {
        listener(held.draft.rows);
      }
    }
  }

  /** Enters committed sections into index, table and ring. */
  #apply(position: number, frame: EncodedFrame, held: HeldFrame, tails: Uint8Array | null): void {
    const { active } = this.#units;
    assert(active !== null, 'volume: a commit without a unit');
    const { shardRows } = held;
    const { rows } = held.draft;
    const { f64 } = this.#table;
    const entry = blankEntry();
    entry.framePlace = position - active.from;
    entry.offset = frame.headBytes + (tails?.byteLength ?? 0);
    let row = 0;
    for (const { slab, start, endRow } of held.runs) {
      entry.offset = Math.ceil(entry.offset / frame.pieceAlignBytes) * frame.pieceAlignBytes;
      for (let offset = start; row < endRow; row += 1) {
        if (row % AHEAD_ROWS === 0 && rows.count >= AHEAD_ROWS) {
          this.#aheadOf(active, shardRows, row, Math.min(row + AHEAD_ROWS, rows.count));
        }
        const shardRow = shardRows[row]!;
        rows.read(row, entry);
        const { baseOrdinal, arrivalMs, count, keyId, payloadBytes } = entry;
        active.push(shardRow, entry);
        entry.offset += payloadBytes;
        const at = shardRow * shardWords;
        f64[at + shardNext] = baseOrdinal + count;
        f64[at + shardLastArrivalMs] = Math.max(f64[at + shardLastArrivalMs]!, arrivalMs);
        this.#ring.push(shardRow, baseOrdinal, arrivalMs, count, keyId, payloadBytes, slab, offset);
        offset += payloadBytes;
      }
    }
  }

  /**
   * Reads what entering sections of the shards in `rows[first … end)` will look at.
   */
  #aheadOf(active: UnitIndexBuilder, rows: Int32Array, first: number, end: number): void {
    this.#ahead ^= this.#ring.aheadOf(rows, first, end) ^ active.aheadOf(rows, first, end);
  }

  /** The frame at `position` is the first of a new unit: seals the one before. */
  #beginUnit(position: number, frameBytes: number): void {
    const before = this.#units.active;
    if (before !== null) {
      this.#forEachShard((row, _shard, next, lastArrivalMs) => {
        before.raise(row, next, lastArrivalMs);
      });
      const unit = sealedUnit(before.from, this.#unitBytes - frameBytes, before.generation);
      this.#units.sealed.push(unit);
      const { store } = this.#units;
      const room = (bytes: number): Uint8Array => store.room(bytes);
      store.put(unit, before.sealed(this.#writer.chain.identity, room));
      this.#inBackground(async () => {
        await this.#units.store.persist();
        await this.#saveCatalog();
      }).catch(() => undefined);
    }
    // Rows are slots of the index: only now may those of deleted shards be given to others.
    this.#table.recycle();
    const active = new UnitIndexBuilder(position, 0, 0, before);
    this.#forEachShard((row, shard, next, lastArrivalMs) => {
      active.beginAt(row, shard, next, lastArrivalMs);
    });
    this.#units.active = active;
    this.#unitBytes = frameBytes;
  }

  #forEachShard(
    put: (row: number, shard: ShardKey, next: number, lastArrivalMs: number) => void,
  ): void {
    const table = this.#table;
    for (let row = 0, at = 0; row < table.rows; row += 1, at += shardWords) {
      if (table.has(row)) {
        put(row, table.shard(row), table.f64[at + shardNext]!, table.f64[at + shardLastArrivalMs]!);
      }
    }
  }

  /** Takes back the ordinals of sections that were not stored, as far as nothing later waits. */
  #unqueue(held: HeldFrame): void {
    const { f64 } = this.#table;
    for (let row = 0; row < held.count; row += 1) {
      const at = held.shardRows[row]! * shardWords;
      f64[at + shardQueuedNext] = f64[at + shardNext]!;
    }
    for (const { draft, shardRows } of this.#commits.waiting) {
      const { rows } = draft;
      for (let row = 0; row < rows.count; row += 1) {
        const at = shardRows[row]! * shardWords + shardQueuedNext;
        f64[at] = Math.max(f64[at]!, rows.baseOrdinal(row) + rows.recordCount(row));
      }
    }
  }

  #inBackground(run: () => Promise<void>): Promise<void> {
    const ran = this.#background.then(run);
    this.#background = ran.catch(() => undefined);
    return ran;
  }

  async #saveCatalog(): Promise<void> {
    if (this.#files === null) {
      return;
    }
    const table = this.#table;
    const oldest = {
      size: table.size,
      forEach: (put: (oldest: number, shard: ShardKey) => void): void => {
        for (let row = 0; row < table.rows; row += 1) {
          if (table.has(row)) put(table.oldest(row), table.shard(row));
        }
      },
    };
    const units = this.#units.sealed.map(({ from, bytes, generation }) => ({
      from,
      bytes,
      generation,
    }));
    const { identity } = this.#writer.chain;
    await writeCatalog(this.#files, identity, { units, oldest });
  }
}
