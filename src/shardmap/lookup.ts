/**
 * Finding the open shard of a hash key.
 *
 * Open shards tile 0 … 2^128-1 (I4), so the owner of a key is the last shard whose start is not
 * above it, and there always is exactly one.
 */
import { assert } from '../common/assert.ts';
import { compareAt } from '../common/uint128.ts';
import type { OpenShardTable } from './shard-map.ts';

/**
 * Index in `table.shards` of the shard that owns hash key number `key` of `hashKeys` (four words
 * each).
 */
export function openShardIndex(table: OpenShardTable, hashKeys: Uint32Array, key: number): number {
  let low = 0;
  let high = table.shards.length - 1;
  assert(high >= 0, 'shard map: a stream that takes records has an open shard');
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (compareAt(table.starts, middle, hashKeys, key) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}
