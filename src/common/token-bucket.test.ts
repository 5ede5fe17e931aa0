import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from './token-bucket.ts';
import { KeyedLimiter } from './keyed-limiter.ts';

const steps = fc.array(
  fc.record({ waitMs: fc.nat(3000), units: fc.integer({ min: 1, max: 150 }) }),
  { maxLength: 60 },
);

test('takes never exceed rate times window plus capacity, and are never refused below it', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 200 }),
      (list, rate, capacity) => {
        const bucket = new TokenBucket(rate, capacity, 0);
        const taken: { atMs: number; units: number }[] = [];
        let nowMs = 0;
        for (const { waitMs, units } of list) {
          nowMs += waitMs;
          const ok = bucket.tryTake(units, nowMs);
          // The most any window that ends now would hold with these units, less what it may hold.
          let excess = units - capacity;
          let sum = units;
          for (const earlier of taken.toReversed()) {
            sum += earlier.units;
            excess = Math.max(excess, sum - capacity - ((nowMs - earlier.atMs) * rate) / 1000);
          }
          assert.equal(ok, excess <= 1e-9, `excess ${excess}`);
          if (ok) taken.push({ atMs: nowMs, units });
        }
      },
    ),
  );
});

test('a bucket keeps what is in it when it is resized', () => {
  const bucket = new TokenBucket(10, 10, 0);
  assert.equal(bucket.tryTake(4, 0), true);
  bucket.resize(100, 0);
  assert.equal(bucket.level(0), 6);
  assert.equal(bucket.level(1000), 16);
  bucket.resize(5, 1000);
  assert.equal(bucket.level(1000), 5);
});

test('a clock that stands still or goes back refills nothing', () => {
  const bucket = new TokenBucket(10, 10, 1000);
  assert.equal(bucket.tryTake(10, 1000), true);
  assert.equal(bucket.level(0), 0);
  assert.equal(bucket.level(1000), 0);
});

test('a keyed limiter limits each key by itself and forgets full buckets first', () => {
  const limiter = new KeyedLimiter({ keysMax: 2 });
  for (let i = 0; i < 5; i++) assert.equal(limiter.tryTake('a', 5, 5, 0), true);
  assert.equal(limiter.tryTake('a', 5, 5, 0), false);
  assert.equal(limiter.tryTake('b', 5, 5, 0), true);
  assert.equal(limiter.tryTake('c', 5, 5, 300), true);
  assert.equal(limiter.size, 2);
  // `b` was full again after 300 ms and made room; `a` is still remembered.
  assert.equal(limiter.tryTake('a', 5, 5, 300), true);
  assert.equal(limiter.tryTake('a', 5, 5, 300), false);
});
