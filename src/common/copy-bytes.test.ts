import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyBytes } from './copy-bytes.ts';

const BYTES = 70_000;

function memory(shared: boolean): Uint8Array {
  return new Uint8Array(shared ? new SharedArrayBuffer(BYTES) : new ArrayBuffer(BYTES));
}

test('copies what `set` would, however both ends lie and whoever shares them', () => {
  const place = fc.nat(17);
  fc.assert(
    fc.property(
      fc.record({
        shared: fc.tuple(fc.boolean(), fc.boolean()),
        length: fc.oneof(fc.nat(300), fc.integer({ min: 32_000, max: 66_000 })),
        places: fc.tuple(place, place, place),
      }),
      ({ shared: [isFromShared, isToShared], length, places: [start, base, at] }) => {
        const from = memory(isFromShared).subarray(start, start + length);
        from.forEach((_, i) => (from[i] = i * 31 + (i >> 8) + 1));
        const to = memory(isToShared).fill(7);
        copyBytes(from, to.subarray(base), at);
        const wanted = new Uint8Array(BYTES).fill(7);
        wanted.set(from, base + at);
        assert.ok(Buffer.from(wanted).equals(Buffer.from(to)));
      },
    ),
    { numRuns: 60 },
  );
});
