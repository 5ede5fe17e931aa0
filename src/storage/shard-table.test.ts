import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShardTable, shardNext, shardWords } from './shard-table.ts';

test('a row keeps what is entered while the table grows', () => {
  const table = new ShardTable();
  const rows = Array.from({ length: 1000 }, (_, i) => table.add(5000 + i, i + 1, 10 * i, i));
  assert.deepEqual(
    rows,
    rows.map((_, i) => i),
  );
  for (const row of rows) {
    const state = table.get(5000 + row)!;
    const { next, queuedNext, lastArrivalMs, oldest } = state;
    assert.deepEqual([next, queuedNext, lastArrivalMs, oldest], [row + 1, row + 1, 10 * row, row]);
  }
  assert.equal(table.size, 1000);
});

test('the row of a deleted shard is nobody else’s until rows are recycled', () => {
  const table = new ShardTable();
  const row = table.add(1, 7, 70, 3);
  const state = table.get(1)!;
  table.delete(1);
  assert.equal(table.get(1), undefined);
  assert.equal(table.has(row), false);
  assert.notEqual(table.add(2, 1, 0, 1), row);
  table.recycle();
  assert.equal(table.add(3, 9, 90, 4), row);
  table.f64[row * shardWords + shardNext] = 10;
  assert.deepEqual([state.next, state.lastArrivalMs, state.oldest], [7, 70, 3]);
  assert.equal(table.get(3)!.next, 10);
  assert.deepEqual(
    [...table.values()].map(({ shard }) => shard),
    [3, 2],
  );
});

test('a shard that is deleted and comes back has its row again', () => {
  const table = new ShardTable();
  const row = table.add(1, 7, 70, 3);
  table.delete(1);
  assert.equal(table.add(1, 7, 70, 3), row);
  table.recycle();
  assert.notEqual(table.add(2, 1, 0, 1), row);
});
