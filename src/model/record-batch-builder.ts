/**
 * Packs records one by one into a RecordBatch (see `record-batch.ts` for the layout).
 *
 * Every record is written once, in the form in which it will be stored; the builder keeps no object
 * per record. Buffers double when a guess was too small.
 */
import { assert } from '../common/assert.ts';
import { writeU16, writeU32 } from '../common/bytes.ts';
import { UINT128_WORDS } from '../common/uint128.ts';
import { hashPartitionKeyInto, parseHashKey } from './hash-key.ts';
import { PARTITION_KEY_BYTES_MAX, RECORD_BYTES_MAX } from './limits.ts';
import { flagNoPartitionKey, packedHeaderBytes, type RecordBatch } from './record-batch.ts';

const encoder = new TextEncoder();

export class RecordBatchBuilder {
  #packed: Uint8Array;
  #offsets: Uint32Array;
  #hashKeys: Uint32Array;
  #count = 0;
  #end = 0;
  #invalidHashKey: string | null = null;

  /** `records` and `bytes` (keys and data) are guesses of what will come. */
  constructor(records: number, bytes: number) {
    const capacity = Math.max(1, records);
    this.#packed = new Uint8Array(bytes + capacity * packedHeaderBytes);
    this.#offsets = new Uint32Array(capacity + 1);
    this.#hashKeys = new Uint32Array(capacity * UINT128_WORDS);
  }

  get count(): number {
    return this.#count;
  }

  /** The first explicit hash key that is 2^128 or more; such a batch must not be stored. */
  get invalidHashKey(): string | null {
    return this.#invalidHashKey;
  }

  /**
   * Appends a record. Without `explicitHashKey` (decimal digits) its place is the hash of the key;
   * a record with neither gets the place 0, to be given one by whoever spreads records.
   */
  add(partitionKey: string | undefined, data: Uint8Array, explicitHashKey?: string): void {
    assert(data.length <= RECORD_BYTES_MAX, 'record batch: record too large');
    // Three bytes per UTF-16 unit is the most that UTF-8 takes.
    this.#reserve(packedHeaderBytes + 3 * (partitionKey?.length ?? 0) + data.length);
    const start = this.#end;
    const keyStart = start + packedHeaderBytes;
    const keyBytes =
      partitionKey === undefined
        ? 0
        : encoder.encodeInto(partitionKey, this.#packed.subarray(keyStart)).written;
    assert(keyBytes <= PARTITION_KEY_BYTES_MAX, 'record batch: partition key too long');
    writeU32(this.#packed, start, data.length);
    writeU16(this.#packed, start + 4, keyBytes);
    this.#packed[start + 6] = partitionKey === undefined ? flagNoPartitionKey : 0;
    this.#packed[start + 7] = 0;
    this.#packed.set(data, keyStart + keyBytes);
    this.#end = keyStart + keyBytes + data.length;
    this.#place(keyStart, keyBytes, explicitHashKey);
    this.#count++;
    this.#offsets[this.#count] = this.#end;
  }

  #place(keyStart: number, keyBytes: number, explicitHashKey: string | undefined): void {
    const at = this.#count * UINT128_WORDS;
    if (explicitHashKey === undefined) {
      if (keyBytes === 0) return;
      hashPartitionKeyInto(this.#packed, keyStart, keyStart + keyBytes, this.#hashKeys, at);
      return;
    }
    const words = parseHashKey(explicitHashKey);
    if (words === null) this.#invalidHashKey ??= explicitHashKey;
    else this.#hashKeys.set(words, at);
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes > this.#packed.length) {
      const packed = new Uint8Array(Math.max(2 * this.#packed.length, this.#end + bytes));
      packed.set(this.#packed.subarray(0, this.#end));
      this.#packed = packed;
    }
    if (this.#count + 1 < this.#offsets.length) return;
    const offsets = new Uint32Array(2 * this.#offsets.length);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const hashKeys = new Uint32Array(offsets.length * UINT128_WORDS);
    hashKeys.set(this.#hashKeys);
    this.#hashKeys = hashKeys;
  }

  /** What was added so far; the builder must not be used afterwards. */
  build(): RecordBatch {
    return {
      count: this.#count,
      packed: this.#packed.subarray(0, this.#end),
      offsets: this.#offsets.subarray(0, this.#count + 1),
      hashKeys: this.#hashKeys.subarray(0, this.#count * UINT128_WORDS),
    };
  }
}
