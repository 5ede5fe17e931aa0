import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeSequenceNumber,
  endingSequenceNumber,
  sequenceNumber,
  SequenceNumberTexts,
  SequenceNumberWriter,
  sequenceNumberWeights,
  startingSequenceNumber,
} from './sequence-number.ts';

/** The layout, read off the table of digits. */
function reference(created: number, index: number, ordinal: bigint, seconds: number): string {
  const hex = (value: number | bigint, digits: number): string =>
    value.toString(16).padStart(digits, '0');
  const low = hex(index & 15, 1);
  return BigInt(
    `0x2${hex(created, 9)}${low}${hex(ordinal, 16)}00${hex(seconds, 9)}${hex(index, 8)}2`,
  ).toString();
}

const created = fc.integer({ min: 0, max: 16_025_174_999 });
const seconds = fc.integer({ min: 0, max: 2 ** 36 - 1 });
const shardIndex = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const ordinal = fc.oneof(
  fc.integer({ min: 0, max: 1_000_000 }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }),
);

test('a number is the decimal form of the 47 hexadecimal digits', () => {
  fc.assert(
    fc.property(created, shardIndex, ordinal, seconds, (c, i, o, s) => {
      const text = sequenceNumber(c, i, o, s);
      assert.equal(text, reference(c, i, BigInt(o), s));
      assert.equal(text.length, 56);
    }),
  );
});

test('a writer gives the same as one by one, whatever the order of ordinals and seconds', () => {
  const step = fc.record({
    jump: fc.constantFrom(1, 1, 1, 1, 2, 5, 9_999_999, 10_000_000, -3),
    tick: fc.constantFrom(0, 0, 0, 0, 1, 3600),
  });
  fc.assert(
    fc.property(
      created,
      shardIndex,
      ordinal,
      fc.array(step, { maxLength: 60 }),
      (c, i, o, steps) => {
        const writer = new SequenceNumberWriter(c, i);
        const bytes = new Uint8Array(60);
        let at = Math.min(o, Number.MAX_SAFE_INTEGER - 2 ** 33);
        let time = c;
        for (const { jump, tick } of steps) {
          assert.equal(writer.writeInto(bytes, 2, at, time), 58);
          const text = Buffer.from(bytes.subarray(2, 58)).toString('latin1');
          assert.equal(text, reference(c, i, BigInt(at), time));
          at = Math.max(0, at + jump);
          time += tick;
        }
      },
    ),
  );
});

test('texts are the same as one by one, whatever shards take turns', () => {
  const near = fc.constantFrom(0, 1, 63, 64, 65, 128);
  const record = fc.tuple(near, near, fc.nat(3));
  fc.assert(
    fc.property(fc.nat(16_000_000_000), fc.array(record, { maxLength: 60 }), (c, records) => {
      const numbers = new SequenceNumberTexts();
      records.forEach(([later, index, tick], at) => {
        const seconds = c + later + tick;
        const text = numbers.text(c + later, index, at, seconds);
        assert.equal(text, reference(c + later, index, BigInt(at), seconds));
      });
    }),
  );
});

test('a number is the sum of its fields and their weights', () => {
  const [constant, ...weights] = sequenceNumberWeights().map((limbs) =>
    limbs.reduceRight((sum, limb) => sum * 10n ** 8n + BigInt(limb), 0n),
  );
  const parts = (value: number): bigint[] =>
    [0n, 24n, 48n].map((from) => (BigInt(value) >> from) & 0xffffffn);
  fc.assert(
    fc.property(created, shardIndex, ordinal, seconds, (c, i, o, s) => {
      const times = [...parts(c).slice(0, 2), ...parts(s).slice(0, 2)];
      const fields = [...times, BigInt(i & 15), ...parts(o)];
      const sum = fields.reduce((n, field, at) => n + field * weights[at]!, constant!);
      assert.equal(String(sum + 16n * BigInt(i)), sequenceNumber(c, i, o, s));
    }),
  );
});

test('decoding gives the parts back', () => {
  fc.assert(
    fc.property(created, shardIndex, ordinal, seconds, (c, i, o, s) => {
      assert.deepEqual(decodeSequenceNumber(sequenceNumber(c, i, o, s)), {
        version: 2,
        createdSeconds: c,
        shardIndex: i,
        ordinal: o,
        recordSeconds: s,
      });
    }),
  );
});

test('numbers of the real service decode to what is known of them', () => {
  const start = '49600871682979337187563555549332609155523708941634633746';
  const createdSeconds = Date.parse('2019-10-28T21:12:45Z') / 1000;
  assert.deepEqual(decodeSequenceNumber(start), {
    version: 2,
    createdSeconds,
    shardIndex: 1,
    ordinal: 0,
    recordSeconds: createdSeconds,
  });
  assert.equal(startingSequenceNumber(createdSeconds, 1), start);
  assert.deepEqual(
    decodeSequenceNumber('49674026002850188218576229259473476449429298564223254594'),
    {
      version: 2,
      createdSeconds: Date.parse('2026-04-27T19:47:17Z') / 1000,
      shardIndex: 3076,
      ordinal: 21689507110,
      recordSeconds: Date.parse('2026-04-27T20:00:18Z') / 1000,
    },
  );
});

test('initial shards of a stream lie a constant apart', () => {
  const starts = [0, 1, 2, 3].map((i) => BigInt(startingSequenceNumber(1_572_297_165, i)));
  for (let i = 1; i < 4; i++) {
    assert.equal(starts[i]! - starts[i - 1]!, 22300745198530623141535718272648361505980432n);
  }
});

test('the end of a shard lies above its last possible record and saturates when decoded', () => {
  const end = endingSequenceNumber(1_572_297_165, 7, 1_572_297_999);
  assert.equal(end, reference(1_572_297_165, 7, 0x7fffffffffffffffn, 1_572_297_999));
  const last = sequenceNumber(1_572_297_165, 7, Number.MAX_SAFE_INTEGER - 1, 2 ** 36 - 1);
  assert.ok(BigInt(end) > BigInt(last));
  assert.equal(decodeSequenceNumber(end)?.ordinal, Number.MAX_SAFE_INTEGER);
});

test('texts that are no sequence number, and those of other versions', () => {
  const of = (hex: string): string => BigInt(`0x${hex}`).toString();
  assert.equal(decodeSequenceNumber('0')?.version, 0);
  assert.equal(decodeSequenceNumber(String(2n ** 124n - 1n))?.version, 0);
  assert.equal(decodeSequenceNumber(String(2n ** 124n)), null);
  assert.equal(decodeSequenceNumber(String(2n ** 185n - 1n)), null);
  assert.equal(decodeSequenceNumber(String(3n * 2n ** 184n)), null);
  assert.equal(decodeSequenceNumber(String(3n * 2n ** 184n - 1n)), null, 'last digit f');
  const body = `2${'0'.repeat(45)}`;
  assert.equal(decodeSequenceNumber(of(`${body}1`))?.version, 1);
  assert.equal(decodeSequenceNumber(of(`${body}3`)), null);
  assert.equal(decodeSequenceNumber(of(`2${'0'.repeat(10)}8${'0'.repeat(34)}2`)), null, 'index');
  const late = (16_025_175_000).toString(16).padStart(9, '0');
  assert.equal(decodeSequenceNumber(of(`2${late}${'0'.repeat(36)}2`)), null, 'creation time');
  const negative = decodeSequenceNumber(of(`2${'0'.repeat(37)}ffffffff2`));
  assert.equal(negative?.shardIndex, -1);
});
