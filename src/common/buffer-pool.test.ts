import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BufferPool } from './buffer-pool.ts';

const MiB = 1024 * 1024;

test('buffers are large enough and not much larger', () => {
  const pool = new BufferPool({ idleBytesMax: MiB, bufferBytesMax: MiB });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 * MiB }), (bytes) => {
      const { length } = pool.take(bytes);
      assert.ok(length >= bytes);
      assert.ok(length <= Math.max(8 * 1024, bytes * 1.25 + 1), `${length} for ${bytes}`);
    }),
    { numRuns: 30 },
  );
});

test('what was given back is used again, for one owner at a time', () => {
  const pool = new BufferPool({ idleBytesMax: 4 * MiB, bufferBytesMax: 2 * MiB });
  const first = pool.take(700_000);
  pool.give(first);
  assert.equal(pool.idleBytes, first.length);
  const second = pool.take(699_000);
  assert.equal(second, first);
  assert.equal(pool.idleBytes, 0);
  assert.notEqual(pool.take(700_000), first);
});

test('keeps no more than it may', () => {
  const pool = new BufferPool({ idleBytesMax: 3 * MiB, bufferBytesMax: 2 * MiB });
  pool.give(pool.take(4 * MiB));
  assert.equal(pool.idleBytes, 0);
  const buffers = [1, 2, 3, 4].map(() => pool.take(MiB));
  for (const buffer of buffers) pool.give(buffer);
  assert.equal(pool.idleBytes, 3 * MiB);
});

test('one that is somewhat larger will do, one that is much larger will not', () => {
  const pool = new BufferPool({ idleBytesMax: 9 * MiB, bufferBytesMax: 4 * MiB });
  const larger = pool.take(1.5 * MiB);
  const muchLarger = pool.take(4 * MiB);
  pool.give(larger);
  pool.give(muchLarger);
  assert.equal(pool.take(MiB), larger);
  assert.equal(pool.take(MiB).length, MiB);
  assert.equal(pool.idleBytes, 4 * MiB);
});

test('sizes that are not asked for any more make room for those that are', () => {
  const pool = new BufferPool({ idleBytesMax: 3 * MiB, bufferBytesMax: 2 * MiB });
  for (const buffer of [1, 2, 3].map(() => pool.take(MiB))) pool.give(buffer);
  const larger = pool.take(2 * MiB);
  pool.give(larger);
  assert.equal(pool.idleBytes, 3 * MiB);
  assert.equal(pool.take(2 * MiB), larger);
});

test('what is not needed any more is let go of', () => {
  const pool = new BufferPool({ idleBytesMax: 9 * MiB, bufferBytesMax: 4 * MiB });
  for (const buffer of [1, 2, 3].map(() => pool.take(MiB))) pool.give(buffer);
  pool.trim();
  assert.equal(pool.idleBytes, 3 * MiB, 'was needed before the first call');
  pool.give(pool.take(MiB));
  pool.trim();
  assert.equal(pool.idleBytes, MiB);
  pool.trim();
  pool.trim();
  assert.equal(pool.idleBytes, 0);
});

test('a part of a buffer is not taken back', () => {
  const pool = new BufferPool({ idleBytesMax: MiB, bufferBytesMax: MiB });
  assert.throws(() => pool.give(pool.take(100_000).subarray(1)), /whole buffers/);
});
