import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PUT_RECORDS_COUNT_MAX } from '../../model/limits.ts';
import { sequenceNumber } from '../../model/sequence-number.ts';
import { shardId } from '../../model/shard-id.ts';
import type { AppendResult } from '../ports.ts';
import { openAnswerKernel } from './answer-kernel.ts';
import { ENTRIES_MEMORY_BYTES, entryWriter, storedEntries } from './stored-entries.ts';
import type { EntryTemplate, WriteEntries } from './stored-entries.ts';

const TEMPLATE: EntryTemplate = {
  bytes: Buffer.from(`<${'0'.repeat(56)}|${shardId(0)}>\n`),
  numberAt: 1,
  shardEnd: 58 + shardId(0).length,
};
const ENTRY_BYTES = TEMPLATE.bytes.length;

interface Stored {
  readonly created: number;
  readonly index: number;
  readonly ordinal: number;
  readonly ms: number;
}

const WRITERS: readonly (readonly [string, WriteEntries])[] = [
  ['by a kernel', entryWriter(openAnswerKernel(ENTRIES_MEMORY_BYTES))],
  ['without one', entryWriter(null)],
];

function resultOf(records: readonly Stored[]): AppendResult {
  return {
    count: records.length,
    shardIndexes: Uint32Array.from(records, ({ index }) => index),
    createdSeconds: Float64Array.from(records, ({ created }) => created),
    ordinals: Float64Array.from(records, ({ ordinal }) => ordinal),
    arrivalMs: Float64Array.from(records, ({ ms }) => ms),
    status: new Uint8Array(records.length),
    failedCount: 0,
    encrypted: false,
  };
}

/** What is written for records `[first, end)`, with what lies before and behind it. */
function written(write: WriteEntries, records: readonly Stored[], first: number, end: number) {
  const out = Buffer.alloc((end - first) * ENTRY_BYTES + 40, '~');
  write(TEMPLATE, resultOf(records), first, end, out, 20);
  return out.toString('latin1');
}

function wanted(records: readonly Stored[]): string {
  const entries = records.map(({ created, index, ordinal, ms }) => {
    const number = sequenceNumber(created, index, ordinal, Math.floor(ms / 1000));
    return `<${number}|${shardId(index)}>\n`;
  });
  const around = '~'.repeat(20);
  return around + entries.join('') + around;
}

const created = fc.integer({ min: 0, max: 16_025_174_999 });
const stored: fc.Arbitrary<Stored> = fc.record({
  created: fc.oneof(fc.constantFrom(1_700_000_000, 1_700_000_001), created),
  index: fc.oneof(fc.nat(20_000), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
  ordinal: fc.oneof(fc.nat(50_000_000), fc.integer({ min: 1, max: 2 ** 53 - 2 })),
  ms: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_003_000 }),
    fc.integer({ min: 0, max: 2 ** 36 * 1000 - 1 }),
  ),
});

/**
 * An ordinal whose number's lowest 24 digits are `low`, a random number well below 10^16, but for
 * what makes it possible; null where it is none of ours. So eight zeros stand before its lowest
 * sixteen digits: in half of the cases it is a carry that made them.
 */
function ordinalOfZeros({ created: c, index, ms }: Stored, low: bigint): number | null {
  const base = BigInt(sequenceNumber(c, index, 0, Math.floor(ms / 1000)));
  const [twos, fives] = [2n ** 24n, 5n ** 24n];
  const target = low - (low % twos) + (base % twos);
  let [inverse, square, exponent] = [1n, 2n ** 80n % fives, (fives / 5n) * 4n - 1n];
  for (; exponent > 0n; exponent >>= 1n, square = (square * square) % fives) {
    if (exponent & 1n) inverse = (inverse * square) % fives;
  }
  const ordinal = ((((target - base) % fives) + fives) * inverse) % fives;
  return ordinal < 2n ** 53n - 1n ? Number(ordinal) : null;
}

for (const [name, write] of WRITERS) {
  test(`entries ${name} are those of their records`, () => {
    fc.assert(
      fc.property(fc.array(stored, { minLength: 1, maxLength: 40 }), fc.nat(39), (records, cut) => {
        const first = Math.min(cut, records.length - 1);
        const all = written(write, records, 0, records.length);
        assert.equal(all, wanted(records));
        const some = written(write, records, first, records.length);
        assert.equal(some, wanted(records.slice(first)));
      }),
      { numRuns: 300 },
    );
  });

  test(`entries ${name} where a carry goes through a limb`, () => {
    let tried = 0;
    fc.assert(
      fc.property(stored, fc.bigInt({ min: 0n, max: 10n ** 16n - 2n ** 25n }), (record, low) => {
        const ordinal = ordinalOfZeros(record, low);
        if (ordinal === null) return;
        const records = [{ ...record, ordinal }];
        const text = written(write, records, 0, 1);
        assert.equal(text, wanted(records));
        assert.equal(text.slice(21 + 32, 21 + 40), '00000000');
        tried += 1;
      }),
      { numRuns: 2000 },
    );
    assert.ok(tried > 50, `${tried} ordinals`);
  });

  test(`as many entries ${name} as a call may have`, () => {
    const records = Array.from({ length: PUT_RECORDS_COUNT_MAX }, (_, at) => ({
      created: 1_700_000_000,
      index: at % 7,
      ordinal: 99_999_000 + at,
      ms: 1_800_000_000_000 + at,
    }));
    assert.equal(written(write, records, 0, records.length), wanted(records));
  });
}

test('another template is taken for what follows', () => {
  const record = { created: 1_700_000_000, index: 3, ordinal: 7, ms: 1_800_000_000_000 };
  const { write } = storedEntries;
  const first = written(write, [record], 0, 1);
  const other = { bytes: Buffer.from(`${'0'.repeat(56)}+${shardId(0)}`), numberAt: 0 };
  const shardEnd = other.bytes.length;
  const out = Buffer.alloc(shardEnd);
  write({ ...other, shardEnd }, resultOf([record]), 0, 1, out, 0);
  assert.equal(
    out.toString('latin1'),
    `${sequenceNumber(1_700_000_000, 3, 7, 1_800_000_000)}+${shardId(3)}`,
  );
  assert.equal(written(write, [record], 0, 1), first);
});
