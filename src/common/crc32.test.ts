import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from './crc32.ts';

/** The bit-by-bit definition, to compare with. */
function reference(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('crc32 of the customary check text', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  assert.equal(crc32(new Uint8Array(0)), 0);
});

test('crc32 equals the definition, and chains', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const head = bytes.subarray(0, cut);
      const tail = bytes.subarray(cut);
      assert.equal(crc32(bytes), reference(bytes));
      assert.equal(crc32(tail, crc32(head)), crc32(bytes));
    }),
  );
});

test('crc32 sees every single flipped bit', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(), (bytes, n) => {
      const bit = n % (bytes.length * 8);
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
      assert.notEqual(crc32(changed), crc32(bytes));
    }),
  );
});
