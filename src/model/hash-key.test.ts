import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { format } from '../common/uint128.ts';
import {
  HASH_KEY_MAX,
  hashKeyOfPartitionKey,
  hashPartitionKeyInto,
  initialHashKeyRanges,
  parseHashKey,
  parseHashKeyInto,
} from './hash-key.ts';

const known: readonly (readonly [string, string, number, number])[] = [
  ['a', '16955237001963240173058271559858726497', 0, 0],
  ['b', '195289424170611159128911017612795795343', 1, 2],
  ['e', '299611584147932843547128611849858313266', 2, 3],
  ['f', '190917122200326810055233066464581373159', 1, 2],
];

function shardOf(key: string, count: number): number {
  return initialHashKeyRanges(count).findIndex(
    (range) =>
      BigInt(range.startingHashKey) <= BigInt(key) && BigInt(key) <= BigInt(range.endingHashKey),
  );
}

test('known partition keys fall where the service puts them', () => {
  for (const [partitionKey, hashKey, ofThree, ofFour] of known) {
    assert.equal(hashKeyOfPartitionKey(partitionKey), hashKey);
    assert.equal(shardOf(hashKey, 3), ofThree);
    assert.equal(shardOf(hashKey, 4), ofFour);
  }
});

test('a hash key is the MD5 of the UTF-8 text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 256 }), (text) => {
      const hex = createHash('md5').update(text, 'utf8').digest('hex');
      assert.equal(hashKeyOfPartitionKey(text), BigInt(`0x${hex}`).toString());
      const bytes = new TextEncoder().encode(`..${text}.`);
      const words = new Uint32Array(6);
      hashPartitionKeyInto(bytes, 2, bytes.length - 1, words, 2);
      assert.equal(format(words.subarray(2)), hashKeyOfPartitionKey(text));
    }),
  );
});

test('explicit hash keys below 2^128 are read, others are not', () => {
  assert.equal(format(parseHashKey(HASH_KEY_MAX)!), HASH_KEY_MAX);
  assert.equal(format(parseHashKey('0')!), '0');
  assert.equal(parseHashKey('340282366920938463463374607431768211456'), null);
  assert.equal(parseHashKey('9'.repeat(39)), null);
  const digits = new TextEncoder().encode('x18446744073709551616x');
  const words = new Uint32Array(5);
  assert.equal(parseHashKeyInto(digits, 1, digits.length - 1, words, 1), true);
  assert.deepEqual([...words], [0, 0, 1, 0, 0]);
});

test('initial ranges are those of the service', () => {
  assert.deepEqual(
    initialHashKeyRanges(3).map((range) => range.startingHashKey),
    ['0', '113427455640312821154458202477256070485', '226854911280625642308916404954512140970'],
  );
});

test('initial ranges tile the ring', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), (count) => {
      let next = 0n;
      for (const range of initialHashKeyRanges(count)) {
        assert.equal(BigInt(range.startingHashKey), next);
        next = BigInt(range.endingHashKey) + 1n;
      }
      assert.equal(next, 1n << 128n);
    }),
    { numRuns: 20 },
  );
});
