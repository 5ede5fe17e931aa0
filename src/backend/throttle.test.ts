import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  SHARD_READ_BURST_BYTES,
  SHARD_READ_BYTES_PER_SECOND,
  SHARD_READ_CALLS_PER_SECOND,
  SHARD_WRITE_BYTES_PER_SECOND,
  SHARD_WRITE_RECORDS_PER_SECOND,
} from '../model/limits.ts';
import { ReadThrottle, writeBurstBytes, WriteThrottle } from './throttle.ts';

const MiB = 1024 * 1024;
const slack = 1e-3;

interface Taken {
  readonly atMs: number;
  readonly units: number;
}

/** By how much windows that end now would exceed `perSecond * T + burst` with `units` more. */
function excess(
  taken: readonly Taken[],
  nowMs: number,
  units: number,
  perSecond: number,
  burst: number,
): number {
  let worst = units - burst;
  let sum = units;
  for (const { atMs, units: earlier } of taken.toReversed()) {
    sum += earlier;
    worst = Math.max(worst, sum - burst - ((nowMs - atMs) * perSecond) / 1000);
  }
  return worst;
}

describe('writing', () => {
  const calls = fc.array(
    fc.record({
      waitMs: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(4000)),
      records: fc.integer({ min: 1, max: 500 }),
      recordBytes: fc.oneof(
        fc.integer({ min: 1, max: 4000 }),
        fc.integer({ min: 1, max: 300_000 }),
      ),
    }),
    { maxLength: 80 },
  );

  test('is refused exactly when bytes or records would exceed limit plus burst in a window', () => {
    fc.assert(
      fc.property(calls, fc.constantFrom(1024, 10240), (list, maxRecordSizeKiB) => {
        const burst = writeBurstBytes(maxRecordSizeKiB);
        const throttle = new WriteThrottle(burst, 0);
        const bytesTaken: Taken[] = [];
        const recordsTaken: Taken[] = [];
        let nowMs = 0;
        for (const { waitMs, records, recordBytes } of list) {
          nowMs += waitMs;
          const bytes = records * recordBytes;
          if (records === 1 && bytes > burst) continue;
          const over = Math.max(
            excess(bytesTaken, nowMs, bytes, SHARD_WRITE_BYTES_PER_SECOND, burst),
            excess(
              recordsTaken,
              nowMs,
              records,
              SHARD_WRITE_RECORDS_PER_SECOND,
              SHARD_WRITE_RECORDS_PER_SECOND,
            ),
          );
          const ok = throttle.tryTake(records, bytes, nowMs);
          assert.equal(ok, over <= slack, `over by ${over}`);
          if (!ok) continue;
          bytesTaken.push({ atMs: nowMs, units: bytes });
          recordsTaken.push({ atMs: nowMs, units: records });
        }
      }),
    );
  });

  test('lets 10 MiB in at once where the stream allows it, then one MiB per second', () => {
    const throttle = new WriteThrottle(writeBurstBytes(10240), 0);
    assert.equal(throttle.tryTake(1, 10 * MiB, 0), true);
    assert.equal(throttle.tryTake(1, 1, 0), false);
    assert.equal(throttle.tryTake(1, MiB, 1000), true);
    assert.equal(throttle.tryTake(1, 1, 1000), false);
  });

  test('lets a record larger than the bucket in when the bucket is full', () => {
    const throttle = new WriteThrottle(writeBurstBytes(1024), 0);
    assert.equal(throttle.tryTake(1, MiB + 256, 0), true);
    assert.equal(throttle.tryTake(1, MiB + 256, 999), false);
    assert.equal(throttle.tryTake(1, MiB + 256, 1000), true);
  });
});

describe('reading', () => {
  test('a 10 MiB answer is followed by five seconds of refusals', () => {
    const throttle = new ReadThrottle(0);
    assert.equal(throttle.begin(0), 10 * MiB);
    assert.equal(throttle.tryTake(10 * MiB, 0), true);
    for (const nowMs of [1, 200, 2500, 4999]) assert.equal(throttle.begin(nowMs), 0);
    assert.equal(throttle.begin(5000), 10 * MiB);
  });

  test('a little too much is followed by about a second of refusals', () => {
    const throttle = new ReadThrottle(0);
    assert.ok(throttle.begin(0) > 0);
    assert.equal(throttle.tryTake(2 * MiB, 0), true);
    assert.equal(throttle.begin(999), 0);
    assert.ok(throttle.begin(1000) > 0);
  });

  test('the sixth call in an instant is refused, whatever it would return', () => {
    const throttle = new ReadThrottle(0);
    for (let i = 0; i < 5; i++) assert.ok(throttle.begin(0) > 0);
    assert.equal(throttle.begin(0), 0);
    assert.ok(throttle.begin(200) > 0);
  });

  const calls = fc.array(
    fc.record({
      waitMs: fc.oneof(fc.nat(50), fc.nat(400), fc.nat(7000)),
      share: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      scale: fc.constantFrom(0, 1000, 300_000, 3_000_000, SHARD_READ_BURST_BYTES),
    }),
    { maxLength: 100 },
  );

  test('never exceeds limit plus burst, and refuses only what has gone over the limit', () => {
    fc.assert(
      fc.property(calls, (list) => {
        const throttle = new ReadThrottle(0);
        const bytesTaken: Taken[] = [];
        const callsTaken: Taken[] = [];
        let nowMs = 0;
        for (const { waitMs, share, scale } of list) {
          nowMs += waitMs;
          const allowed = throttle.begin(nowMs);
          if (allowed === 0) {
            const overCalls = excess(
              callsTaken,
              nowMs,
              1,
              SHARD_READ_CALLS_PER_SECOND,
              SHARD_READ_CALLS_PER_SECOND,
            );
            // Some window that ends now holds more than the sustained rate gives.
            const overBytes = excess(bytesTaken, nowMs, 0, SHARD_READ_BYTES_PER_SECOND, 0);
            assert.ok(overCalls > -slack || overBytes > 0, 'refused below the limit');
            continue;
          }
          callsTaken.push({ atMs: nowMs, units: 1 });
          const bytes = Math.min(allowed, Math.floor(share * scale));
          assert.equal(throttle.tryTake(bytes, nowMs), true);
          bytesTaken.push({ atMs: nowMs, units: bytes });
          assert.ok(
            excess(bytesTaken, nowMs, 0, SHARD_READ_BYTES_PER_SECOND, SHARD_READ_BURST_BYTES) <=
              slack,
            'bytes above limit plus burst',
          );
          assert.ok(
            excess(
              callsTaken,
              nowMs,
              0,
              SHARD_READ_CALLS_PER_SECOND,
              SHARD_READ_CALLS_PER_SECOND,
            ) <= slack,
            'calls above limit plus burst',
          );
        }
      }),
    );
  });
});
