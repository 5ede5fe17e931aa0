import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankEntry } from './entry-rows.ts';
import { UnitIndexBuilder } from './unit-index.ts';

const IDENTITY = 7;

/** Enters `count` sections in turn to the given shards, ten records each. */
function fill(builder: UnitIndexBuilder, shards: readonly number[], count: number): void {
  for (let number = 0; number < count; number++) {
    const shard = shards[number % shards.length]!;
    const entries = builder.get(shard) ?? builder.begin(shard, 1, 0);
    const entry = blankEntry();
    entry.baseOrdinal = entries.end;
    entry.arrivalMs = 1000 + number;
    entry.count = 10;
    entry.offset = 64 + number;
    entry.payloadBytes = 100 + number;
    builder.add(entries, entry);
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
  assert.equal(second.get(shards[299]!), undefined);
  assert.deepEqual(sealed, copy);
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
