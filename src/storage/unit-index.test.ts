import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankEntry } from './entry-rows.ts';
import { UnitIndexBuilder } from './unit-index.ts';

const IDENTITY = 7;

/** Enters `count` sections in turn to the given shards, ten records each. */
function fill(builder: UnitIndexBuilder, shards: readonly number[], count: number): void {
  for (let number = 0; number < count; number++) {
    const shard = shards[number % shards.length]!;
    const slot = builder.begin(shard, 1, 0);
    const entry = blankEntry();
    entry.baseOrdinal = builder.end(slot);
    entry.arrivalMs = 1000 + number;
    entry.count = 10;
    entry.offset = 64 + number;
    entry.payloadBytes = 100 + number;
    builder.add(slot, entry);
  }
}

test('a unit that uses the memory of the one before has the index of one that does not', () => {
  const shards = Array.from({ length: 300 }, (_, index) => 1_000_000 - 3 * index);
  const first = new UnitIndexBuilder(64, 0, 0);
  fill(first, shards, 1000);
  const sealed = first.sealed(IDENTITY);
  const copy = sealed.slice();
  const second = new UnitIndexBuilder(9000, 0, 0, first);
  const alone = new UnitIndexBuilder(9000, 0, 0);
  for (const builder of [second, alone]) fill(builder, [5, 900_000, ...shards.slice(0, 50)], 2500);
  assert.deepEqual(second.sealed(IDENTITY), alone.sealed(IDENTITY));
  assert.equal(second.find(shards[299]!), -1);
  assert.deepEqual(sealed, copy);
});

test('a unit of the same shards, begun in other slots, is in the order of their keys', () => {
  const shards = [40, 7, 23, 5, 90];
  let builder = new UnitIndexBuilder(64, 0, 0);
  for (let unit = 1; unit <= 3; unit++) {
    const order = unit === 3 ? shards.toReversed() : shards;
    order.forEach((shard, slot) => builder.beginAt(slot, shard, 10 * unit, unit));
    fill(builder, shards, 12 + unit);
    const alone = new UnitIndexBuilder(64 * unit, 0, 0);
    for (const shard of shards) alone.begin(shard, 10 * unit, unit);
    fill(alone, shards, 12 + unit);
    assert.deepEqual(builder.sealed(IDENTITY), alone.sealed(IDENTITY));
    builder = new UnitIndexBuilder(64 * (unit + 1), 0, 0, builder);
  }
});

test('an index is the same in memory that held another', () => {
  const [large, small] = [new UnitIndexBuilder(64, 0, 0), new UnitIndexBuilder(64, 0, 0)];
  fill(large, [1, 2, 3, 4, 5], 100);
  fill(small, [7, 9], 30);
  const used = large.sealed(IDENTITY);
  assert.deepEqual(
    small.sealed(IDENTITY, () => used),
    small.sealed(IDENTITY),
  );
});

test('entries that somebody was given stay what they are', () => {
  const first = new UnitIndexBuilder(64, 0, 0);
  fill(first, [1, 2], 20);
  const rows = first.rows(2)!;
  const second = new UnitIndexBuilder(9000, 0, 0, first);
  fill(second, [2], 40);
  const ordinals = Array.from({ length: rows.length }, (_, index) => rows.baseOrdinal(index));
  assert.deepEqual(
    ordinals,
    Array.from({ length: 10 }, (_, index) => 1 + 10 * index),
  );
});
