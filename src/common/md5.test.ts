import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { md5Into } from './md5.ts';

function hex(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const out = new Uint32Array(4);
  md5Into(bytes, start, end, out);
  return Array.from(out, (word) => word.toString(16).padStart(8, '0')).join('');
}

function native(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

test('md5 of known texts', () => {
  assert.equal(hex(new Uint8Array(0)), 'd41d8cd98f00b204e9800998ecf8427e');
  assert.equal(hex(new TextEncoder().encode('abc')), '900150983cd24fb0d6963f7d28e17f72');
});

test('md5 equals the native one at every length across the block borders', () => {
  const bytes = Uint8Array.from({ length: 330 }, (_, i) => (i * 151 + 7) & 255);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    assert.equal(hex(part), native(part), `length ${String(length)}`);
  }
});

test('md5 of a range equals the native one of the slice', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), fc.nat(1000), fc.nat(1000), (bytes, a, b) => {
      const start = Math.min(a, b, bytes.length);
      const end = Math.min(Math.max(a, b), bytes.length);
      assert.equal(hex(bytes, start, end), native(bytes.subarray(start, end)));
    }),
  );
});

test('md5 refuses ranges outside the bytes', () => {
  assert.throws(() => hex(new Uint8Array(4), 2, 5), /range/);
  assert.throws(() => hex(new Uint8Array(4), 3, 2), /range/);
});
