/** The shard sets that readers start from: complete at any time, exact at the borders. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ShardDocument, StreamDocument } from '../model/stream.ts';
import { isExpired, parentsOf, shardsMatching, trimHorizonMs } from './lineage.ts';
import { mergeShard, splitShard, streamOf } from './stream-documents.suite.ts';

const HOUR_MS = 3_600_000;
/** Created at second 1000; 0 split at 2000 into 2 and 3; 3 and 1 merged at 3000 into 4. */
const stream = mergeShard(splitShard(streamOf(1, 2), 0, 500n, 2_000), 3, 3_000);

function indices(shards: readonly ShardDocument[]): number[] {
  return shards.map((shard) => shard.index);
}

test('filters select what was there at the time', () => {
  const now = 4_000_000;
  const at = (ms: number): number[] =>
    indices(shardsMatching(stream, { type: 'AT_TIMESTAMP', ms }, now));
  assert.deepEqual(at(0), [0, 1]);
  assert.deepEqual(at(1_500_000), [0, 1]);
  assert.deepEqual(at(2_000_999), [0, 1]);
  assert.deepEqual(at(2_001_000), [1, 2, 3]);
  assert.deepEqual(at(3_001_000), [2, 4]);
  const from = (ms: number): number[] =>
    indices(shardsMatching(stream, { type: 'FROM_TIMESTAMP', ms }, now));
  assert.deepEqual(from(0), [0, 1, 2, 3, 4]);
  assert.deepEqual(from(2_000_999), [0, 1, 2, 3, 4]);
  assert.deepEqual(from(2_001_000), [1, 2, 3, 4]);
  assert.deepEqual(from(9_000_000), [2, 4]);
  const simple = (type: 'AT_TRIM_HORIZON' | 'FROM_TRIM_HORIZON' | 'AT_LATEST'): number[] =>
    indices(shardsMatching(stream, { type }, now));
  assert.deepEqual(simple('AT_LATEST'), [2, 4]);
  assert.deepEqual(simple('FROM_TRIM_HORIZON'), [0, 1, 2, 3, 4]);
  assert.deepEqual(simple('AT_TRIM_HORIZON'), [0, 1]);
  assert.deepEqual(
    indices(shardsMatching(stream, { type: 'AFTER_SHARD_ID', index: 2 }, now)),
    [3, 4],
  );
});

test('the horizon is the later of retention and what a decrease has hidden', () => {
  assert.equal(trimHorizonMs(stream, 100 * HOUR_MS), 76 * HOUR_MS);
  const hidden: StreamDocument = { ...stream, retention: { hours: 48, hiddenBeforeMs: 2_500_500 } };
  assert.equal(trimHorizonMs(hidden, HOUR_MS), 2_500_500);
  assert.deepEqual(
    indices(shardsMatching(hidden, { type: 'FROM_TRIM_HORIZON' }, HOUR_MS)),
    [1, 2, 3, 4],
  );
  assert.deepEqual(
    indices(shardsMatching(hidden, { type: 'AT_TIMESTAMP', ms: 0 }, HOUR_MS)),
    [1, 2, 3],
  );
  assert.equal(isExpired(stream.shards[0]!, 2_001_000), true);
  assert.equal(isExpired(stream.shards[0]!, 2_000_999), false);
  assert.equal(isExpired(stream.shards[4]!, 9e15), false);
});

test('at any instant the shards that were there tile the ring', () => {
  const instants = fc.integer({ min: 0, max: 5_000_000 });
  fc.assert(
    fc.property(instants, instants, (ms, hiddenBeforeMs) => {
      const trimmed = { ...stream, retention: { hours: 24, hiddenBeforeMs } };
      const shards = shardsMatching(trimmed, { type: 'AT_TIMESTAMP', ms }, 5_000_000);
      const width = shards.reduce(
        (sum, shard) => sum + BigInt(shard.endingHashKey) - BigInt(shard.startingHashKey) + 1n,
        0n,
      );
      assert.equal(width, 1n << 128n);
    }),
  );
});

test('parents are listed whether there are none, one or two', () => {
  assert.deepEqual(stream.shards.map(parentsOf), [[], [], [0], [0], [3, 1]]);
});
