import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as b from './bytes.ts';

const widths = [
  { bytes: 2, max: 0xffff, read: b.readU16, write: b.writeU16 },
  { bytes: 4, max: 0xffffffff, read: b.readU32, write: b.writeU32 },
  { bytes: 6, max: 2 ** 48 - 1, read: b.readU48, write: b.writeU48 },
  { bytes: 8, max: Number.MAX_SAFE_INTEGER, read: b.readU64, write: b.writeU64 },
];

for (const width of widths) {
  test(`${String(width.bytes * 8)} bits: as Node's buffers write them, and back`, () => {
    const value = fc.oneof(
      fc.maxSafeNat().map((n) => n % (width.max + 1)),
      fc.constantFrom(0, 1, 0x7f, 0x80, width.max, width.max - 1, Math.floor(width.max / 2) + 1),
    );
    fc.assert(
      fc.property(value, fc.nat(9), (number, at) => {
        const ours = new Uint8Array(at + width.bytes + 1).fill(0xee);
        width.write(ours, at, number);
        const theirs = Buffer.alloc(ours.length, 0xee);
        if (width.bytes === 8) theirs.writeBigUInt64LE(BigInt(number), at);
        else theirs.writeUIntLE(number, at, width.bytes);
        assert.deepEqual(ours, Uint8Array.from(theirs));
        assert.equal(width.read(ours, at), number);
      }),
    );
  });

  test(`${String(width.bytes * 8)} bits: values and places out of range are refused`, () => {
    const bytes = new Uint8Array(width.bytes);
    for (const bad of [-1, width.max + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => {
        width.write(bytes, 0, bad);
      }, /bytes:/);
    }
    for (const at of [-1, 1, Number.NaN]) {
      assert.throws(() => width.read(bytes, at), /outside/);
      assert.throws(() => {
        width.write(bytes, at, 0);
      }, /outside/);
    }
  });
}

test('a 64-bit value beyond the safe integers is refused', () => {
  assert.throws(() => b.readU64(new Uint8Array(8).fill(0xff), 0), /safe integer/);
});

test('concat, equal and equalConstantTime', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.uint8Array(), (parts, other) => {
      const joined = b.concat(parts);
      assert.deepEqual(
        [...joined],
        parts.flatMap((part) => [...part]),
      );
      const same = Buffer.from(joined).equals(Buffer.from(other));
      assert.equal(b.equal(joined, other), same);
      assert.equal(b.equalConstantTime(joined, other), same);
      assert.ok(b.equal(other, Uint8Array.from(other)));
      assert.ok(b.equalConstantTime(other, Uint8Array.from(other)));
    }),
  );
});

test('utf8Length counts what the encoder writes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(b.utf8Length(text), new TextEncoder().encode(text).length);
    }),
  );
});
