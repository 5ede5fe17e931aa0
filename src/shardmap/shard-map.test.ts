import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShardEntry } from './shard-map.ts';
import { createdSecondsAt, indexAt, keyAt, openShardTable } from './shard-map.ts';

test('a table tells of each shard what its document says, to the largest numbers', () => {
  const documents = [
    { key: 2 ** 47, index: 2 ** 31 - 1, createdSeconds: 16_025_174_999 },
    { key: 7, index: 0, createdSeconds: 1_700_000_000 },
  ];
  const shards = documents.map((document) => ({ document }) as ShardEntry);
  const table = openShardTable(new Uint32Array(4 * shards.length), shards);
  const told = documents.map((_, i) => ({
    key: keyAt(table, i),
    index: indexAt(table, i),
    createdSeconds: createdSecondsAt(table, i),
  }));
  assert.deepEqual(told, documents);
});
