import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { base64DecodedLength, base64Length, decodeBase64Into, encodeBase64Into } from './base64.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Decodes with room to spare on both sides and checks that nothing outside was touched. */
function decode(text: Uint8Array, offset = 0): Uint8Array | null {
  const src = new Uint8Array(text.length + offset + 3).fill(0x41);
  src.set(text, offset);
  const room = Math.max(0, base64DecodedLength(src, offset, offset + text.length));
  const out = new Uint8Array(offset + room + 4).fill(0xee);
  const written = decodeBase64Into(src, offset, offset + text.length, out, offset);
  assert.ok(out.subarray(0, offset).every((byte) => byte === 0xee));
  assert.ok(out.subarray(offset + room).every((byte) => byte === 0xee));
  return written < 0 ? null : out.slice(offset, offset + written);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function encode(bytes: Uint8Array, offset = 0): string {
  const src = new Uint8Array(bytes.length + offset + 2).fill(0x77);
  src.set(bytes, offset);
  const out = new Uint8Array(base64Length(bytes.length) + 5).fill(0xee);
  const written = encodeBase64Into(src, offset, offset + bytes.length, out, 2);
  assert.equal(written, base64Length(bytes.length));
  assert.deepEqual([...out.subarray(0, 2)], [0xee, 0xee]);
  assert.deepEqual([...out.subarray(written + 2)], [0xee, 0xee, 0xee]);
  return Buffer.from(out.subarray(2, written + 2)).toString('latin1');
}

test('agrees with the platform at every length, over both ways inside', () => {
  for (let length = 0; length <= 700; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 197 + length * 31) & 255);
    const text = Buffer.from(bytes).toString('base64');
    assert.equal(encode(bytes, length % 5), text);
    assert.deepEqual(decode(ascii(text), length % 5), bytes);
  }
});

test('round trips', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000, size: 'max' }), (bytes) => {
      assert.deepEqual(decode(ascii(encode(bytes))), bytes);
    }),
  );
});

test('any foreign character, in any place, on either way, is refused', () => {
  const code = fc.nat(255).filter((n) => !ALPHABET.includes(String.fromCharCode(n)));
  const size = fc.constantFrom(3, 6, 30, 141, 144, 147, 300, 900);
  fc.assert(
    fc.property(size, fc.nat(), code, (length, place, foreign) => {
      const text = ascii(Buffer.alloc(length, 0xa7).toString('base64'));
      const at = place % text.length;
      text[at] = foreign;
      const padded = foreign === 0x3d && at === text.length - 1;
      // One '=' at the very end is padding: then only the unused bits decide.
      if (padded) assert.equal(decode(text) === null, (length * 8) % 6 === 0 && !unusedZero(text));
      else assert.equal(decode(text), null);
    }),
    { numRuns: 500 },
  );
});

function unusedZero(text: Uint8Array): boolean {
  return (ALPHABET.indexOf(String.fromCharCode(text[text.length - 2]!)) & 3) === 0;
}

test('shapes that are not strict base64', () => {
  const long = 'QUJD'.repeat(100);
  for (const bad of [
    'Q',
    'QQ',
    'QQ=',
    'Q===',
    '====',
    'QR==',
    'QUJ=QUJD',
    'QUK=',
    'QQ=A',
    '=QUJ',
  ]) {
    assert.equal(decode(ascii(bad)), null, bad);
    assert.equal(decode(ascii(long + bad)), null, `long ${bad}`);
  }
  for (const infix of ['QU=D', 'Q-JD', 'Q_JD', 'Q JD', 'Q\nJD', 'QQ==', '\u00c1UJD', '\0UJD']) {
    assert.equal(decode(ascii(long + infix + long)), null, infix);
    assert.equal(decode(ascii(infix + 'QUJD')), null, infix);
  }
  assert.deepEqual(decode(ascii('')), new Uint8Array(0));
  assert.deepEqual(decode(ascii('QQ==')), ascii('A'));
  assert.deepEqual(decode(ascii('QUI=')), ascii('AB'));
});

test('decodes in place', () => {
  for (const length of [0, 1, 2, 3, 50, 500, 501, 502]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
    const text = ascii('xyz' + Buffer.from(bytes).toString('base64'));
    assert.equal(decodeBase64Into(text, 3, text.length, text, 3), length);
    assert.deepEqual(text.slice(3, 3 + length), bytes);
  }
});

test('refuses to write past the end', () => {
  assert.throws(() => decodeBase64Into(ascii('QUJD'), 0, 4, new Uint8Array(2), 0), /room/);
  assert.throws(() => encodeBase64Into(ascii('AB'), 0, 2, new Uint8Array(4), 1), /room/);
  assert.throws(() => decodeBase64Into(ascii('QUJD'), 0, 8, new Uint8Array(8), 0), /range/);
});
