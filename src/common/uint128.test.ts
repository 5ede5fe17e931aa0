import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare, compareAt, format, fromBigInt, parseDecimal, toBigInt } from './uint128.ts';

const MAX = 2n ** 128n - 1n;
/** Any value, with the borders of words and of decimal chunks more often than chance gives them. */
const value: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX }),
  fc
    .tuple(fc.nat(127), fc.integer({ min: -2, max: 2 }))
    .map(([bits, delta]) => BigInt.asUintN(128, (1n << BigInt(bits)) + BigInt(delta))),
  fc
    .tuple(fc.nat(38), fc.integer({ min: -1, max: 1 }))
    .map(([digits, delta]) => BigInt.asUintN(128, 10n ** BigInt(digits) + BigInt(delta))),
);

test('the borders', () => {
  assert.equal(format(fromBigInt(MAX)), '340282366920938463463374607431768211455');
  assert.deepEqual(parseDecimal('0'), new Uint32Array(4));
  assert.equal(toBigInt(parseDecimal('340282366920938463463374607431768211455')!), MAX);
  assert.equal(parseDecimal('340282366920938463463374607431768211456'), null);
});

test('texts that are not a canonical number', () => {
  const bad = [
    '',
    '00',
    '01',
    '-1',
    '+1',
    ' 1',
    '1 ',
    '1.0',
    '1e3',
    '0x1',
    '١',
    '12a',
    'NaN',
    '1/2',
  ];
  for (const text of [...bad, '9'.repeat(39), '1'.repeat(40)]) {
    assert.equal(parseDecimal(text), null, JSON.stringify(text));
  }
});

test('decimal and bigint round trips', () => {
  fc.assert(
    fc.property(value, (number) => {
      const words = fromBigInt(number);
      assert.equal(toBigInt(words), number);
      assert.equal(format(words), number.toString());
      assert.deepEqual(parseDecimal(number.toString()), words);
    }),
  );
});

test('values above the largest do not parse', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: MAX + 1n, max: 10n ** 39n - 1n }), (number) => {
      assert.equal(parseDecimal(number.toString()), null);
    }),
  );
});

test('comparing agrees with bigint, also inside tables', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), value, (numbers, probe) => {
      const table = Uint32Array.from(numbers.flatMap((number) => [...fromBigInt(number)]));
      const words = fromBigInt(probe);
      numbers.forEach((number, i) => {
        const expected = probe < number ? -1 : Number(probe > number);
        assert.equal(Math.sign(compareAt(words, 0, table, i)), expected);
        assert.equal(Math.sign(compareAt(table, i, words, 0)), -expected + 0);
        assert.equal(Math.sign(compare(words, fromBigInt(number))), expected);
        assert.equal(format(table, i), number.toString());
        assert.equal(toBigInt(table, i), number);
      });
    }),
  );
});

test('out of range values and indexes are refused', () => {
  assert.throws(() => fromBigInt(-1n), /out of range/);
  assert.throws(() => fromBigInt(MAX + 1n), /out of range/);
  assert.throws(() => compareAt(new Uint32Array(4), 0, new Uint32Array(4), 1), /outside/);
});
