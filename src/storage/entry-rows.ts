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
import { getU64, setU64 } from './frame.ts';

export const entryBytes = 40;
const ROWS_FIRST = 64;

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

  /** The raw row of entry `index`. */
  row(index: number): Uint8Array {
    const at = this.#at(index);
    return this.bytes.subarray(at, at + entryBytes);
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

export interface EntryValues {
  readonly baseOrdinal: number;
  readonly arrivalMs: number;
  readonly count: number;
  readonly framePlace: number;
  readonly offset: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  readonly keyId: number;
}

/** A table of entries that grows; rows of all shards in commit order. */
export class EntryTable {
  #bytes = new Uint8Array(ROWS_FIRST * entryBytes);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a row and gives its number. */
  push(values: EntryValues): number {
    const at = this.#length * entryBytes;
    if (at === this.#bytes.byteLength) {
      const larger = new Uint8Array(this.#bytes.byteLength * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    setU64(this.#view, at, values.baseOrdinal);
    setU64(this.#view, at + 8, values.arrivalMs);
    this.#view.setUint32(at + 16, values.count, true);
    this.#view.setUint32(at + 20, values.framePlace, true);
    this.#view.setUint32(at + 24, values.offset, true);
    this.#view.setUint32(at + 28, values.payloadBytes, true);
    this.#view.setUint32(at + 32, values.payloadCrc, true);
    this.#view.setUint32(at + 36, values.keyId, true);
    this.#length += 1;
    return this.#length - 1;
  }

  /** The entries whose rows are `order[0 … count)`. */
  rows(order: Uint32Array, count: number): EntryRows {
    return new EntryRows(this.#bytes, count, order);
  }
}
