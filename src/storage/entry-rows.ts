/**
 * Index entries: where the sections of a storage unit lie, 40 bytes each, the same in memory and in
 * sidecar files, so that a unit's index is built once and never decoded into objects.
 *
 * ```
 *  0            8          16      20           24       28      32      36     40
 *  | base ordinal | arrival | count | frame place | offset | bytes | crc32 | key id |
 * ```
 *
 * `frame place` is the frame's position minus the unit's, `offset` the payload's place in the
 * frame. An entry with offset 0 stands for records that are damaged or lost.
 */
import { getU64, setU64 } from '../common/bytes.ts';
import type { SectionFields } from './section-rows.ts';

export const entryBytes = 40;
/** Of four bytes each. */
const entryWords = entryBytes / 4;
const ROWS_FIRST = 64;

/** What an entry says; whoever enters many fills the same one again and again. */
export interface IndexEntry extends SectionFields {
  framePlace: number;
  offset: number;
}

/** An entry with nothing in it, to be filled. */
export function blankEntry(): IndexEntry {
  return {
    baseOrdinal: 0,
    arrivalMs: 0,
    count: 0,
    framePlace: 0,
    offset: 0,
    payloadBytes: 0,
    payloadCrc: 0,
    keyId: 0,
  };
}

/** Reads entries of one shard, in ordinal order. */
export class EntryRows {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly #view: DataView;
  /** Which row is entry i; null where rows are in order already. */
  readonly #order: Uint32Array | null;

  constructor(bytes: Uint8Array, length: number, order: Uint32Array | null = null) {
    this.bytes = bytes;
    this.length = length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#order = order;
  }

  baseOrdinal(index: number): number {
    return getU64(this.#view, this.#at(index));
  }
  arrivalMs(index: number): number {
    return getU64(this.#view, this.#at(index) + 8);
  }
  count(index: number): number {
    return this.#view.getUint32(this.#at(index) + 16, true);
  }
  framePlace(index: number): number {
    return this.#view.getUint32(this.#at(index) + 20, true);
  }
  offset(index: number): number {
    return this.#view.getUint32(this.#at(index) + 24, true);
  }
  payloadBytes(index: number): number {
    return this.#view.getUint32(this.#at(index) + 28, true);
  }
  payloadCrc(index: number): number {
    return this.#view.getUint32(this.#at(index) + 32, true);
  }
  keyId(index: number): number {
    return this.#view.getUint32(this.#at(index) + 36, true);
  }
  endOrdinal(index: number): number {
    return this.baseOrdinal(index) + this.count(index);
  }
  damaged(index: number): boolean {
    return this.offset(index) === 0;
  }

  /** Index of the first entry that ends above `ordinal`; `length` when none does. */
  findOrdinal(ordinal: number): number {
    return this.#first((index) => this.endOrdinal(index) > ordinal);
  }

  /** Index of the first entry that arrived at or after `ms`; `length` when none did. */
  findArrival(ms: number): number {
    return this.#first((index) => this.arrivalMs(index) >= ms);
  }

  #first(holds: (index: number) => boolean): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  #at(index: number): number {
    return (this.#order === null ? index : (this.#order[index] as number)) * entryBytes;
  }
}

/** A table of entries that grows; rows of all shards in commit order. */
export class EntryTable {
  #bytes: Uint8Array;
  #view: DataView;
  #words: Uint32Array;
  /** By row: the row of the same shard before it. */
  #before: Int32Array;
  /** By row: which of the unit's shards it is of. */
  #slots: Uint32Array;
  #length = 0;

  /** `rows` is a guess of how many there will be. */
  constructor(rows: number) {
    const capacity = Math.max(ROWS_FIRST, rows);
    this.#bytes = new Uint8Array(capacity * entryBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#before = new Int32Array(capacity);
    this.#slots = new Uint32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Removes all rows. */
  clear(): void {
    this.#length = 0;
  }

  /** Adds a row of shard `slot`, whose row before is `before`, and gives its number. */
  push(slot: number, before: number, entry: IndexEntry): number {
    if (this.#length === this.#before.length) {
      this.#grow();
    }
    const view = this.#view;
    const at = this.#length * entryBytes;
    setU64(view, at, entry.baseOrdinal);
    setU64(view, at + 8, entry.arrivalMs);
    view.setUint32(at + 16, entry.count, true);
    view.setUint32(at + 20, entry.framePlace, true);
    view.setUint32(at + 24, entry.offset, true);
    view.setUint32(at + 28, entry.payloadBytes, true);
    view.setUint32(at + 32, entry.payloadCrc, true);
    view.setUint32(at + 36, entry.keyId, true);
    this.#before[this.#length] = before;
    this.#slots[this.#length] = slot;
    this.#length += 1;
    return this.#length - 1;
  }

  /** The row of the same shard before `row`. */
  before(row: number): number {
    return this.#before[row]!;
  }

  /** The ordinal behind a row's, and when that arrived. */
  endOrdinal(row: number): number {
    const at = row * entryBytes;
    return getU64(this.#view, at) + this.#view.getUint32(at + 16, true);
  }
  arrivalMs(row: number): number {
    return getU64(this.#view, row * entryBytes + 8);
  }

  /** By slot, of which there are so many: rows, and payload bytes of those that are not damaged. */
  sums(slots: number): { readonly counts: Uint32Array; readonly payloadBytes: Uint32Array } {
    const counts = new Uint32Array(slots);
    const payloadBytes = new Uint32Array(slots);
    const view = this.#view;
    for (let row = 0, at = 0; row < this.#length; row += 1, at += entryBytes) {
      const slot = this.#slots[row]!;
      counts[slot] = counts[slot]! + 1;
      if (view.getUint32(at + 24, true) > 0) {
        payloadBytes[slot] = payloadBytes[slot]! + view.getUint32(at + 28, true);
      }
    }
    return { counts, payloadBytes };
  }

  /** The entries whose rows are `order[0 … count)`. */
  rows(order: Uint32Array, count: number): EntryRows {
    return new EntryRows(this.#bytes, count, order);
  }

  /**
   * Copies all rows to the places of their shards: the first of shard `slot` to word `from[slot]`,
   * the others behind it. Rows are read one after the other and only what is written is scattered,
   * which processors wait for least.
   */
  copyByShard(to: Uint32Array, from: Uint32Array): void {
    const words = this.#words;
    const slots = this.#slots;
    const end = this.#length * entryWords;
    for (let row = 0, at = 0; at < end; row += 1, at += entryWords) {
      const slot = slots[row]!;
      const into = from[slot]!;
      for (let word = 0; word < entryWords; word += 1) {
        to[into + word] = words[at + word]!;
      }
      from[slot] = into + entryWords;
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.byteLength * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
    this.#words = new Uint32Array(larger.buffer);
    const before = new Int32Array(this.#before.length * 2);
    before.set(this.#before);
    this.#before = before;
    const slots = new Uint32Array(this.#slots.length * 2);
    slots.set(this.#slots);
    this.#slots = slots;
  }
}
