import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Section } from '../model/section.ts';
import { ShardState } from './shard-table.ts';
import { TailRing } from './tail-ring.ts';
import { TailSlabs } from './tail-slabs.ts';
import type { Slab } from './tail-slabs.ts';

const section = (baseOrdinal: number, bytes: number): Section => ({
  shard: 1,
  baseOrdinal,
  count: 1,
  arrivalMs: baseOrdinal,
  keyId: 0,
  payload: new Uint8Array(bytes).fill(baseOrdinal),
});

describe('tail ring', () => {
  test('what a reader was given stays as it was, however much is written afterwards', () => {
    const step = fc.record({
      bytes: fc.integer({ min: 1, max: 3000 }),
      read: fc.boolean(),
      release: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const ring = new TailRing(8192);
        const state = new ShardState(1, 1, 0, 1);
        const kept: { sections: Section[]; pinned: Set<Slab> }[] = [];
        steps.forEach(({ bytes, read, release }, i) => {
          ring.push(state, section(i + 1, bytes));
          assert.ok(ring.bytes <= 8192);
          const pinned = new Set<Slab>();
          const hot = state.hot.slice(state.hotFrom);
          if (read) kept.push({ sections: hot.map((one) => one.read(pinned)), pinned });
          if (release && kept.length > 0) ring.unpin(kept.shift()!.pinned);
          for (const { baseOrdinal, payload } of kept.flatMap(({ sections }) => sections)) {
            assert.ok(payload.every((byte) => byte === baseOrdinal % 256));
          }
        });
      }),
    );
  });

  test('a section that was given up cannot be read', () => {
    const ring = new TailRing(1024);
    const state = new ShardState(1, 1, 0, 1);
    ring.push(state, section(1, 700));
    const first = state.hot[0]!;
    ring.push(state, section(2, 700));
    assert.throws(() => first.read(new Set()), /given up/);
    assert.equal(state.hotOrdinal, 2);
  });
});

describe('tail slabs', () => {
  const fill = (slabs: TailSlabs) =>
    Array.from({ length: 4 }, () => slabs.hold(new Uint8Array(256)));

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
