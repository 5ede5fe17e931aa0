/**
 * Volume: a VolumeStore on a CommitLog. Group commit in front, tail ring and index behind, recovery
 * at open, retention beside.
 *
 * Invariants: a section is visible to readers and listeners only when it is durable; ordinals of a
 * shard only rise, also over restarts (I2, I3); memory is bounded by options, not by what is
 * stored.
 */
import { assert } from '../common/assert.ts';
import type { Buffers } from '../common/buffer-pool.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { writeCatalog } from './catalog.ts';
import type { CommitLog, VolumeWriter } from './commit-log.ts';
import { EngineUnavailableError } from './commit-log.ts';
import { encodedBytes, encodeFrame } from './frame.ts';
import type { EncodedFrame } from './frame.ts';
import type { Batch } from './group-commit.ts';
import { GroupCommit, payloadBytesOf } from './group-commit.ts';
import { sealedUnit } from './index-store.ts';
import type { OpenedUnits } from './open-units.ts';
import { openUnits } from './open-units.ts';
import { Retention } from './retention.ts';
import { SealedFiles } from './sealed-file.ts';
import type { ShardTable } from './shard-table.ts';
import { TailRing } from './tail-ring.ts';
import { UnitIndexBuilder } from './unit-index.ts';
import type { UnitList } from './unit-list.ts';
import { VolumeReader } from './volume-reader.ts';
import type { DamageReport, SectionRun, ShardBounds, VolumeStore } from './volume-store.ts';

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
  queueBytesMax: 64 * MIB,
  ringBytesMax: 64 * MIB,
  unitBytesMax: 64 * MIB,
  indexCacheBytesMax: 8 * MIB,
};

type Listener = (sections: readonly Section[]) => void;

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
  readonly #commits: GroupCommit;
  readonly #listeners = new Set<Listener>();
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
    this.#ring = new TailRing(options.ringBytesMax);
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
    this.#commits = new GroupCommit((batch) => this.#commit(batch), options);
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

  append(sections: readonly Section[]): Promise<void> {
    const refusal = this.#commits.refusal(sections);
    if (refusal !== null) {
      return Promise.reject(refusal);
    }
    for (const section of sections) {
      const { baseOrdinal, count, payload } = section;
      const state = this.#table.ensure(section.shard);
      assert(baseOrdinal >= state.queuedNext, 'volume: ordinals of a shard must rise');
      assert(count > 0 && payload.byteLength >= count, 'volume: a record takes a byte or more');
      state.queuedNext = baseOrdinal + count;
    }
    return this.#commits.append(sections);
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

  async #commit(batch: Batch): Promise<void> {
    const { sections, payloadCrcs } = batch;
    const bytes = encodedBytes(sections.length, payloadBytesOf(sections));
    const writer = this.#writer;
    const full = this.#unitBytes > 0 && this.#unitBytes + bytes > this.#options.unitBytesMax;
    if (full || this.#sealWanted) {
      writer.roll();
    }
    const begins = writer.beginsUnit;
    const { volume, epoch } = this.#options;
    const stamp = { volume, epoch, timestampMs: this.#deps.clock.now() };
    const tails = begins ? this.#table.tails() : null;
    const frame = encodeFrame(writer.chain, stamp, sections, payloadCrcs, tails);
    let position: number;
    try {
      position = await writer.append(frame.parts);
    } catch (error) {
      this.#unqueue(sections);
      throw error;
    }
    if (begins) {
      this.#sealWanted = false;
      this.#beginUnit(position);
    }
    this.#unitBytes += frame.bytes;
    this.#apply(position, frame, sections, payloadCrcs, tails);
    if (sections.length > 0) {
      for (const listener of this.#listeners) {
        listener(sections);
      }
    }
  }

  /** Enters committed sections into index, table and ring. */
  #apply(
    position: number,
    frame: EncodedFrame,
    sections: readonly Section[],
    payloadCrcs: readonly number[],
    tails: Uint8Array | null,
  ): void {
    const { active } = this.#units;
    assert(active !== null, 'volume: a commit without a unit');
    const framePlace = position - active.from;
    let offset = frame.headBytes + (tails?.byteLength ?? 0);
    for (const [index, section] of sections.entries()) {
      const state = this.#table.ensure(section.shard);
      const { baseOrdinal, arrivalMs, count, keyId } = section;
      const payloadBytes = section.payload.byteLength;
      const payloadCrc = payloadCrcs[index] as number;
      const entries = active.begin(section.shard, state.next, state.lastArrivalMs);
      const place = { framePlace, offset, payloadBytes, payloadCrc, keyId };
      active.add(entries, { baseOrdinal, arrivalMs, count, ...place });
      offset += payloadBytes;
      state.next = baseOrdinal + count;
      state.lastArrivalMs = Math.max(state.lastArrivalMs, arrivalMs);
      this.#ring.push(state, section);
    }
  }

  /** The frame at `position` is the first of a new unit: seals the one before. */
  #beginUnit(position: number): void {
    const before = this.#units.active;
    if (before !== null) {
      for (const { shard, next, lastArrivalMs } of this.#table.values()) {
        before.begin(shard, next, lastArrivalMs);
      }
      const unit = sealedUnit(before.from, this.#unitBytes, before.generation);
      this.#units.sealed.push(unit);
      this.#units.store.put(unit, before.sealed(this.#writer.chain.identity));
      this.#inBackground(async () => {
        await this.#units.store.persist();
        await this.#saveCatalog();
      }).catch(() => undefined);
    }
    this.#units.active = new UnitIndexBuilder(position, 0, 0);
    this.#unitBytes = 0;
  }

  /** Takes back the ordinals of sections that were not stored, as far as nothing later waits. */
  #unqueue(sections: readonly Section[]): void {
    for (const { shard } of sections) {
      const state = this.#table.ensure(shard);
      state.queuedNext = state.next;
    }
    for (const { shard, baseOrdinal, count } of this.#commits.waiting) {
      const state = this.#table.ensure(shard);
      state.queuedNext = Math.max(state.queuedNext, baseOrdinal + count);
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
    const oldest = new Map<ShardKey, number>();
    for (const state of this.#table.values()) {
      oldest.set(state.shard, state.oldest);
    }
    const units = this.#units.sealed.map(({ from, bytes, generation }) => ({
      from,
      bytes,
      generation,
    }));
    const { identity } = this.#writer.chain;
    await writeCatalog(this.#files, identity, { units, oldest });
  }
}
