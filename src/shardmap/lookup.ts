/**
 * Finding the open shard of a hash key.
 *
 * Open shards tile 0 … 2^128-1 (I4), so the owner of a key is the last shard whose start is not
 * above it, and there always is exactly one.
 */
import { assert } from '../common/assert.ts';
import { compareAt, UINT128_WORDS } from '../common/uint128.ts';
import type { OpenShardTable } from './shard-map.ts';

const WORD = 2 ** 32;

/**
 * Index in `table.shards` of the shard that owns hash key number `key` of `hashKeys` (four words
 * each).
 */
export function openShardIndex(table: OpenShardTable, hashKeys: Uint32Array, key: number): number {
  const count = table.shards.length;
  assert(count > 0, 'shard map: a stream that takes records has an open shard');
  // Where ranges are equal, as after creation and UpdateShardCount, the leading word gives the
  // shard or its right neighbour; elsewhere the guess is checked and dropped.
  const guess = Math.floor((hashKeys[key * UINT128_WORDS]! / WORD) * count);
  if (startsAtOrBelow(table, guess, hashKeys, key)) {
    if (guess + 1 === count || !startsAtOrBelow(table, guess + 1, hashKeys, key)) {
      return guess;
    }
    return search(table, guess + 1, count - 1, hashKeys, key);
  }
  return search(table, 0, guess - 1, hashKeys, key);
}

/** The last shard within `[low, high]` that starts at or below the key; shard `low` does. */
function search(
  table: OpenShardTable,
  low: number,
  high: number,
  hashKeys: Uint32Array,
  key: number,
): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to + 1) >>> 1;
    if (startsAtOrBelow(table, middle, hashKeys, key)) {
      from = middle;
    } else {
      to = middle - 1;
    }
  }
  return from;
}

function startsAtOrBelow(
  { leading, starts }: OpenShardTable,
  shard: number,
  hashKeys: Uint32Array,
  key: number,
): boolean {
  const a = leading[shard]!;
  const b = hashKeys[key * UINT128_WORDS]!;
  return a === b ? compareAt(starts, shard, hashKeys, key) <= 0 : a < b;
}
