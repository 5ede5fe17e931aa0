import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Section } from '../model/section.ts';
import type { ShardState } from './shard-table.ts';
import { ShardTable } from './shard-table.ts';
import { TailRing } from './tail-ring.ts';
import { TailSlabs } from './tail-slabs.ts';
import type { Slab } from './tail-slabs.ts';

/** Puts records `from … to - 1` of a shard into the ring as one section that tells its ordinal. */
function push(ring: TailRing, state: ShardState, from: number, to: number, bytes: number): void {
  const slab = ring.hold(bytes, false);
  const offset = slab.end - bytes;
  slab.bytes.fill(from, offset, slab.end);
  const count = to - from;
  ring.push(state.row, from, from, count, 0, bytes, slab, offset);
}

function shardOf(table: ShardTable, shard: number): ShardState {
  table.add(shard, 1, 0, 1);
  return table.get(shard)!;
}

/** Entries of a shard, oldest first. */
function entries(ring: TailRing, state: ShardState): number[] {
  const found: number[] = [];
  for (let at = ring.oldest(state); at !== null; at = ring.next(at)) found.push(at);
  return found;
}

describe('tail ring', () => {
  test('what a reader was given stays as it was, however much is written afterwards', () => {
    const step = fc.record({
      bytes: fc.integer({ min: 1, max: 3000 }),
      read: fc.boolean(),
      release: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const table = new ShardTable();
        const ring = new TailRing(8192, table);
        const state = shardOf(table, 1);
        const kept: { sections: Section[]; pinned: Set<Slab> }[] = [];
        steps.forEach(({ bytes, read, release }, i) => {
          push(ring, state, i + 1, i + 2, bytes);
          assert.ok(ring.bytes <= 8192);
          const pinned = new Set<Slab>();
          const hot = entries(ring, state);
          if (read) kept.push({ sections: hot.map((one) => ring.read(1, one, pinned)), pinned });
          if (release && kept.length > 0) ring.unpin(kept.shift()!.pinned);
          for (const { baseOrdinal, payload } of kept.flatMap(({ sections }) => sections)) {
            assert.ok(payload.every((byte) => byte === baseOrdinal % 256));
          }
        });
      }),
    );
  });

  test('finds in each shard what a search from its oldest section finds', () => {
    const step = fc.record({
      shard: fc.integer({ min: 0, max: 3 }),
      records: fc.integer({ min: 1, max: 5 }),
      bytes: fc.integer({ min: 5, max: 60 }),
      gap: fc.constantFrom(0, 0, 0, 7),
    });
    const sizes = fc.constantFrom(500, 4000, 100_000);
    const walks = fc.array(step, { minLength: 1, maxLength: 1200, size: 'max' });
    fc.assert(
      fc.property(sizes, walks, (bytesMax, steps) => {
        const table = new ShardTable();
        const ring = new TailRing(bytesMax, table);
        const states = [0, 1, 2, 3].map((shard) => shardOf(table, shard));
        const next = [1, 1, 1, 1];
        steps.forEach(({ shard, records, bytes, gap }, i) => {
          const state = states[shard]!;
          const from = next[shard]! + gap;
          next[shard] = from + records;
          push(ring, state, from, from + records, bytes);
          if (i % 100 !== 0 && i !== steps.length - 1) return;
          for (const one of states) sameAsByWalking(ring, one, next[states.indexOf(one)]!);
        });
      }),
      { numRuns: 30 },
    );
  });

  test('a section that gave way is not found any more', () => {
    const table = new ShardTable();
    const ring = new TailRing(1024, table);
    const state = shardOf(table, 1);
    push(ring, state, 1, 2, 700);
    push(ring, state, 2, 3, 700);
    assert.deepEqual(
      entries(ring, state).map((one) => ring.baseOrdinal(one)),
      [2],
    );
    assert.equal(ring.findOrdinal(state, 1), ring.oldest(state));
    assert.equal(ring.hotOrdinal(state), 2);
    push(ring, state, 3, 4, 5000);
    assert.equal(ring.oldest(state), null);
    assert.equal(ring.findOrdinal(state, 1), null);
    assert.equal(ring.hotOrdinal(state), state.next);
  });
});

function sameAsByWalking(ring: TailRing, state: ShardState, next: number): void {
  const all = entries(ring, state);
  assert.ok(all.every((one) => ring.baseOrdinal(one) >= ring.hotOrdinal(state)));
  for (let ordinal = 0; ordinal <= next; ordinal += Math.max(1, Math.floor(next / 40))) {
    const ends = all.find((one) => ring.baseOrdinal(one) + ring.count(one) > ordinal);
    assert.equal(ring.findOrdinal(state, ordinal), ends ?? null);
    const arrived = all.find((one) => ring.arrivalMs(one) >= ordinal);
    assert.equal(ring.findArrival(state, ordinal), arrived ?? null);
  }
}

describe('tail slabs', () => {
  const fill = (slabs: TailSlabs) => Array.from({ length: 4 }, () => slabs.hold(256));

  test('are filled again once their payloads are given up', () => {
    const slabs = new TailSlabs(8192);
    const first = fill(slabs);
    const second = fill(slabs);
    assert.equal(new Set([...first, ...second]).size, 2);
    for (const slab of first) slabs.drop(slab);
    slabs.drop(second[0]!);
    assert.ok(fill(slabs).some((slab) => slab === first[0]));
  });

  test('are left alone while somebody looks inside', () => {
    const slabs = new TailSlabs(8192);
    const first = fill(slabs);
    first[0]!.pins++;
    fill(slabs);
    for (const slab of first) slabs.drop(slab);
    assert.ok(fill(slabs).every((slab) => slab !== first[0]));
    slabs.unpin(first[0]!);
    assert.ok(fill(slabs).every((slab) => slab === first[0]));
  });

  test('ask for room before they take more than they may', () => {
    const slabs = new TailSlabs(8192);
    const held = [];
    for (let i = 0; i < 8; i++) held.push(...fill(slabs));
    assert.equal(slabs.isFull(256), true);
    for (const slab of held.slice(0, 8)) slabs.drop(slab);
    assert.equal(slabs.isFull(256), false);
  });
});
