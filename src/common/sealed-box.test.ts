import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { seal, SEAL_OVERHEAD_BYTES, unseal } from './sealed-box.ts';

const key = randomBytes(32);
const context = Uint8Array.of(1, 2, 3);
const box = (plain: Uint8Array): Uint8Array => seal(key, randomBytes(24), context, plain);

test('what was sealed comes back under the same key and context only', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (plain) => {
      const sealed = box(plain);
      assert.equal(sealed.length, plain.length + SEAL_OVERHEAD_BYTES);
      assert.deepEqual(new Uint8Array(unseal(key, context, sealed)!), plain);
      assert.equal(unseal(randomBytes(32), context, sealed), null);
      assert.equal(unseal(key, Uint8Array.of(1, 2, 4), sealed), null);
    }),
  );
});

test('no flipped bit and no cut goes unnoticed', () => {
  const sealed = box(new TextEncoder().encode('position 42'));
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Uint8Array.from(sealed);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(unseal(key, context, changed), null);
  }
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(unseal(key, context, sealed.subarray(0, length)), null);
  }
});
