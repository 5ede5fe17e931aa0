/**
 * Makes the index of a unit from its frames: at start for the unit being written, and for a sealed
 * one whose sidecar is missing or damaged.
 *
 * Where frames are damaged, what they held is not known. A shard whose ordinals continue without a
 * gap lost nothing; for every other one the gap is entered as damaged, so that it is never passed
 * over in silence, and at the end of the log as many ordinals are skipped as the damaged bytes can
 * have held, so that none is given out twice (I3).
 */
import { assert } from '../common/assert.ts';
import { crc32 } from '../common/crc32.ts';
import type { ShardKey } from '../model/stream.ts';
import type { CommitLog, FrameEntry, LogUnit } from './commit-log.ts';
import { CorruptionError } from './commit-log.ts';
import { FrameHead } from './frame.ts';
import { sectionKindTails } from './section-rows.ts';
import { forEachTail } from './tails.ts';
import { blankEntry } from './entry-rows.ts';
import { UnitIndexBuilder } from './unit-index.ts';
import type { DamageReport } from './volume-store.ts';

const COUNT_MAX = 2 ** 32 - 1;

export interface IndexUnitOptions {
  readonly log: CommitLog;
  readonly volume: number;
  readonly unit: LogUnit;
  /** Where the next unit begins; null for the last one. */
  readonly nextFrom: number | null;
  /** Where shards stand before the unit, asked only when its own snapshot is damaged. */
  readonly inherit: (put: TailRow) => Promise<void>;
  readonly onDamage: (report: DamageReport) => void;
}

export type TailRow = (shard: ShardKey, next: number, lastArrivalMs: number) => void;

export async function indexUnit(options: IndexUnitOptions): Promise<UnitIndexBuilder> {
  const { log, volume, unit, nextFrom } = options;
  const pass = new IndexPass(options);
  for await (const entry of log.read(volume, unit.from, { headsOnly: true })) {
    const within = nextFrom === null || entry.position < nextFrom;
    if (entry.kind === 'damage') {
      await pass.damage(entry.position, entry.bytes);
    } else if (within) {
      await pass.frame(entry);
    } else {
      await pass.next(entry);
      break;
    }
    if (!within) {
      break;
    }
  }
  await pass.missing();
  pass.finish();
  return pass.builder;
}

class IndexPass {
  readonly builder: UnitIndexBuilder;
  readonly #options: IndexUnitOptions;
  /** Filled for each section. */
  readonly #entry = blankEntry();
  /** Slots of shards that may have had records in a damaged range, until their next section. */
  #suspects = new Set<number>();
  #damagedBytes = 0;
  #timestampMs = 0;
  #seen = false;

  constructor(options: IndexUnitOptions) {
    this.#options = options;
    const { from, generation, bytes } = options.unit;
    this.builder = new UnitIndexBuilder(from, generation, generation > 0 ? bytes : 0);
  }

  async frame(entry: FrameEntry): Promise<void> {
    const head = FrameHead.parse(entry.frame);
    assert(typeof head !== 'string', 'index: the log gave a frame without a valid head');
    this.#seen = true;
    this.#timestampMs = Math.max(this.#timestampMs, head.timestampMs);
    const framePlace = entry.position - this.builder.from;
    let offset = head.headBytes;
    for (let row = 0; row < head.sectionCount; row += 1) {
      offset = head.payloadAt(row, offset);
      if (head.rows.kind(row) === sectionKindTails) {
        await this.#tails(entry, head, row, offset);
      } else {
        this.#section(head, row, framePlace, offset);
      }
      offset += head.rows.payloadBytes(row);
    }
  }

  async damage(position: number, bytes: number): Promise<void> {
    const { volume, onDamage } = this.#options;
    if (!this.#seen) {
      await this.#inherit();
    }
    this.#seen = true;
    this.#damagedBytes += Math.max(bytes, 1);
    this.#suspects.clear();
    for (let slot = 0; slot < this.builder.slots; slot += 1) this.#suspects.add(slot);
    onDamage({
      volume,
      shard: null,
      position,
      bytes,
      detail: 'frames do not match their checksums',
    });
  }

  /** A unit without a single frame has been lost as a whole. */
  async missing(): Promise<void> {
    if (!this.#seen) {
      await this.damage(this.builder.from, this.#options.unit.bytes);
    }
  }

  /** The first frame behind the unit says where its shards stood at the end. */
  async next(entry: FrameEntry): Promise<void> {
    await this.missing();
    const head = FrameHead.parse(entry.frame);
    if (
      typeof head === 'string' ||
      head.sectionCount === 0 ||
      head.rows.kind(0) !== sectionKindTails
    ) {
      return;
    }
    const payload = await this.#tailsPayload(entry, head, 0, head.headBytes);
    if (payload !== null) {
      forEachTail(payload, (shard, next, lastArrivalMs) => {
        const slot = this.builder.find(shard);
        if (slot >= 0) {
          this.#settle(slot, next);
          this.builder.raise(slot, next, lastArrivalMs);
        }
      });
    }
  }

  /**
   * Shards nothing was heard of after the damage may have lost as much as the damaged bytes can
   * hold.
   */
  finish(): void {
    for (const slot of this.#suspects) {
      this.#lose(slot, this.builder.end(slot) + this.#damagedBytes);
    }
    if (this.#suspects.size > 0 && this.#options.nextFrom === null) {
      for (const slot of this.#suspects) {
        this.builder.raise(slot, 0, this.#timestampMs);
      }
    }
    this.#suspects.clear();
  }

  #section(head: FrameHead, row: number, framePlace: number, offset: number): void {
    const shard = head.rows.shard(row);
    const entry = this.#entry;
    head.rows.read(row, entry);
    const { baseOrdinal } = entry;
    // A shard that is not in the snapshot was created in this unit and begins with this section.
    const slot = this.builder.begin(shard, baseOrdinal, 0);
    if (baseOrdinal < this.builder.end(slot)) {
      throw new CorruptionError(`ordinals of shard ${shard} go back in frame ${head.number}`);
    }
    this.#settle(slot, baseOrdinal);
    entry.framePlace = framePlace;
    entry.offset = offset;
    this.builder.add(slot, entry);
  }

  /** `shard` goes on at `ordinal`: what is missing before it after damage was in the damage. */
  #settle(slot: number, ordinal: number): void {
    if (this.#suspects.delete(slot)) {
      this.#lose(slot, ordinal);
    }
  }

  #lose(slot: number, end: number): void {
    for (;;) {
      const baseOrdinal = this.builder.end(slot);
      if (baseOrdinal >= end) break;
      const arrivalMs = this.builder.endArrivalMs(slot);
      const count = Math.min(COUNT_MAX, end - baseOrdinal);
      this.builder.add(slot, { ...blankEntry(), baseOrdinal, arrivalMs, count });
    }
  }

  async #tails(entry: FrameEntry, head: FrameHead, row: number, offset: number): Promise<void> {
    const payload = await this.#tailsPayload(entry, head, row, offset);
    if (payload === null) {
      await this.#inherit();
      return;
    }
    forEachTail(payload, (shard, next, lastArrivalMs) => {
      this.builder.begin(shard, next, lastArrivalMs);
    });
  }

  async #tailsPayload(
    entry: FrameEntry,
    head: FrameHead,
    row: number,
    offset: number,
  ): Promise<Uint8Array | null> {
    const { log, volume, onDamage } = this.#options;
    const bytes = head.rows.payloadBytes(row);
    const payload = new Uint8Array(bytes);
    const read = await log.readAt(volume, entry.position, offset, payload);
    if (read === bytes && crc32(payload) === head.rows.payloadCrc(row)) {
      return payload;
    }
    const { position } = entry;
    onDamage({ volume, shard: null, position, bytes, detail: 'a tails snapshot is damaged' });
    return null;
  }

  #inherit(): Promise<void> {
    return this.#options.inherit((shard, next, lastArrivalMs) => {
      this.builder.begin(shard, next, lastArrivalMs);
    });
  }
}
