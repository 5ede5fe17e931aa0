/**
 * The rows of a frame's head, 40 bytes each: what is said of one section of the frame.
 *
 * ```
 *  0       6      8              16        24      28       32      36      40
 *  | shard | kind | base ordinal | arrival | count | key id | bytes | crc32 |
 * ```
 *
 * Little-endian. Persisted, with the frame.
 */
import { assert } from '../common/assert.ts';
import { getU64, setU64 } from '../common/bytes.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';

export const sectionRowBytes = 40;

/** What a section holds. Persisted: never renumber. */
export const sectionKindRecords = 0;
/** For every shard its next ordinal, so that dropping older frames never forgets one. */
export const sectionKindTails = 1;
/** Of the kind: the payload begins at the frame's next block, behind zeros. */
export const kindBlockBit = 0x8000;

const U32 = 2 ** 32;

/** Where the fields of a row are. */
export const sectionRow = {
  shard: 0,
  kind: 6,
  baseOrdinal: 8,
  arrival: 16,
  count: 24,
  keyId: 28,
  payloadBytes: 32,
  payloadCrc: 36,
} as const;

/** What a row says beside the shard; whoever reads many fills the same one again and again. */
export interface SectionFields {
  baseOrdinal: number;
  arrivalMs: number;
  count: number;
  keyId: number;
  payloadBytes: number;
  payloadCrc: number;
}

/** Writes the row at `at`. */
export function writeRow(
  view: DataView,
  at: number,
  section: Section,
  kind: number,
  crc: number,
): void {
  setU64(view, at + sectionRow.shard, section.shard);
  view.setUint16(at + sectionRow.kind, kind, true);
  setU64(view, at + sectionRow.baseOrdinal, section.baseOrdinal);
  setU64(view, at + sectionRow.arrival, section.arrivalMs);
  view.setUint32(at + sectionRow.count, section.count, true);
  view.setUint32(at + sectionRow.keyId, section.keyId, true);
  view.setUint32(at + sectionRow.payloadBytes, section.payload.byteLength, true);
  view.setUint32(at + sectionRow.payloadCrc, crc, true);
}

/** Reads rows in place. */
export class SectionRows {
  readonly view: DataView;
  readonly #from: number;
  count: number;

  /** `count` rows of `view`, from `from` on. */
  constructor(view: DataView, from: number, count: number) {
    this.view = view;
    this.#from = from;
    this.count = count;
  }

  /** Where a row begins in the view. */
  at(row: number): number {
    assert(row >= 0 && row < this.count, 'frame: no such section');
    return this.#from + row * sectionRowBytes;
  }

  kind(row: number): number {
    return this.#kindWord(row) & ~kindBlockBit;
  }
  /** Whether the payload begins at a block of the frame. */
  isInBlock(row: number): boolean {
    return (this.#kindWord(row) & kindBlockBit) !== 0;
  }
  /** The shard; what lies above its 48 bits is the kind. */
  shard(row: number): ShardKey {
    const at = this.at(row) + sectionRow.shard;
    return this.view.getUint32(at, true) + this.view.getUint16(at + 4, true) * U32;
  }
  baseOrdinal(row: number): number {
    return getU64(this.view, this.at(row) + sectionRow.baseOrdinal);
  }
  recordCount(row: number): number {
    return this.view.getUint32(this.at(row) + sectionRow.count, true);
  }
  payloadBytes(row: number): number {
    return this.view.getUint32(this.at(row) + sectionRow.payloadBytes, true);
  }
  payloadCrc(row: number): number {
    return this.view.getUint32(this.at(row) + sectionRow.payloadCrc, true);
  }

  /** Fills `into` with what a row says. */
  read(row: number, into: SectionFields): void {
    const at = this.at(row);
    const { view } = this;
    into.baseOrdinal = getU64(view, at + sectionRow.baseOrdinal);
    into.arrivalMs = getU64(view, at + sectionRow.arrival);
    into.count = view.getUint32(at + sectionRow.count, true);
    into.keyId = view.getUint32(at + sectionRow.keyId, true);
    into.payloadBytes = view.getUint32(at + sectionRow.payloadBytes, true);
    into.payloadCrc = view.getUint32(at + sectionRow.payloadCrc, true);
  }

  #kindWord(row: number): number {
    return this.view.getUint16(this.at(row) + sectionRow.kind, true);
  }
}
