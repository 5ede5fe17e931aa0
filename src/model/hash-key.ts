/**
 * Hash keys: where on the ring 0 … 2^128-1 a record belongs, and how the ring is cut into shards.
 *
 * Producers predict the shard of a record from the same rules, so they must be followed exactly.
 * Hash keys travel as decimal texts and are computed with as four big-endian words (`uint128`).
 */
import { assert } from '../common/assert.ts';
import { md5Into } from '../common/md5.ts';
import { format, parseDecimal, parseDecimalInto, UINT128_WORDS } from '../common/uint128.ts';

/** 2^128 - 1, the last hash key. */
export const HASH_KEY_MAX = '340282366920938463463374607431768211455';

const RING = 1n << 128n;
const scratch = new Uint32Array(UINT128_WORDS);

/** Inclusive bounds, decimal. */
export interface HashKeyRange {
  readonly startingHashKey: string;
  readonly endingHashKey: string;
}

/**
 * Writes the hash key of the partition key `bytes[start, end)` (UTF-8) to four words of `out` from
 * word `at` on: its MD5, read as a big-endian integer.
 */
export function hashPartitionKeyInto(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint32Array,
  at: number,
): void {
  md5Into(bytes, start, end, out, at);
}

/** The hash key of a partition key, decimal. */
export function hashKeyOfPartitionKey(partitionKey: string): string {
  const bytes = new TextEncoder().encode(partitionKey);
  md5Into(bytes, 0, bytes.length, scratch);
  return format(scratch);
}

/**
 * Reads an ExplicitHashKey (ASCII digits `bytes[start, end)` of the modelled pattern) into four
 * words of `out` from word `at` on; false when it is 2^128 or more.
 */
export function parseHashKeyInto(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint32Array,
  at: number,
): boolean {
  if (!parseDecimalInto(bytes, start, end, scratch)) return false;
  out.set(scratch, at);
  return true;
}

/** A decimal hash key as four words, or null when it is 2^128 or more. */
export function parseHashKey(text: string): Uint32Array | null {
  return parseDecimal(text);
}

/**
 * Ranges of the first `count` shards of a stream: equal widths of floor(2^128 / count), the last
 * one also takes the remainder.
 */
export function initialHashKeyRanges(count: number): readonly HashKeyRange[] {
  assert(Number.isInteger(count) && count >= 1, 'hash key: a stream has at least one shard');
  const width = RING / BigInt(count);
  return Array.from({ length: count }, (_, i) => ({
    startingHashKey: (width * BigInt(i)).toString(),
    endingHashKey: i === count - 1 ? HASH_KEY_MAX : (width * BigInt(i + 1) - 1n).toString(),
  }));
}
