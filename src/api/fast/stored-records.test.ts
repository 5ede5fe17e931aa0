import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeU16, writeU32 } from '../../common/bytes.ts';
import { flagNoPartitionKey, packedHeaderBytes } from '../../model/record-batch.ts';
import { sequenceNumber } from '../../model/sequence-number.ts';
import { openAnswerKernel } from './answer-kernel.ts';
import { RECORDS_MEMORY_BYTES, recordWriter } from './stored-records.ts';
import type { RecordRun } from './stored-records.ts';

interface Given {
  readonly key: string | null;
  readonly data: Uint8Array;
}

const CREATED = 1_700_000_000;
const SECONDS = 1_800_000_000;
const INDEX = 5;
const ORDINAL = 99_999_990;

const write = recordWriter(openAnswerKernel(RECORDS_MEMORY_BYTES));
const template = {
  head: Buffer.from(`<${'0'.repeat(56)}|`),
  numberAt: 1,
  key: Buffer.from('|'),
  last: Buffer.from('>'),
};

function pack(records: readonly Given[]): Buffer {
  return Buffer.concat(
    records.map(({ key, data }) => {
      const keyBytes = Buffer.from(key ?? '');
      const header = Buffer.alloc(packedHeaderBytes);
      writeU32(header, 0, data.length);
      writeU16(header, 4, keyBytes.length);
      header[6] = key === null ? flagNoPartitionKey : 0;
      return Buffer.concat([header, keyBytes, data]);
    }),
  );
}

function runOf(records: readonly Given[]): RecordRun {
  return {
    payload: pack(records),
    at: 0,
    count: records.length,
    ordinal: ORDINAL,
    createdSeconds: CREATED,
    shardIndex: INDEX,
    recordSeconds: SECONDS,
  };
}

function wanted(records: readonly Given[]): string {
  const texts = records.map(({ key, data }, at) => {
    const number = sequenceNumber(CREATED, INDEX, ORDINAL + at, SECONDS);
    const text = `${number}|${Buffer.from(data).toString('base64')}`;
    return `<${text}${key === null ? '' : `|${key}`}>`;
  });
  return texts.join('');
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 167 + length * 31 + (at >> 3)) & 255);
}

test('records of every length, with keys of every length and without', () => {
  const records = Array.from({ length: 200 }, (_, at) => ({
    key: at % 7 === 0 ? null : 'kä'.repeat(1 + (at % 40)),
    data: bytesOf(at),
  }));
  const out = Buffer.alloc(120_000, '~');
  const progress = write(template, runOf(records), out, 3);
  assert.equal(progress.count, records.length);
  assert.equal(progress.isStopped, false);
  assert.equal(progress.payloadBytes, pack(records).length);
  assert.equal(out.toString('utf8', 3, 3 + progress.bytes), wanted(records));
  assert.equal(out.toString('utf8', 0, 3), '~~~');
  assert.equal(
    out.subarray(3 + progress.bytes).some((byte) => byte !== 0x7e),
    false,
  );
});

test('every byte is encoded', () => {
  const all = [bytesOf(0), Uint8Array.from({ length: 256 }, (_, at) => at)];
  for (let shift = 1; shift < 3; shift += 1) all.push(all[1]!.subarray(shift));
  const records = all.map((data) => ({ key: 'k', data }));
  const out = Buffer.alloc(4000);
  const { bytes } = write(template, runOf(records), out, 0);
  assert.equal(out.toString('utf8', 0, bytes), wanted(records));
});

test('no byte more than there is room for is written', () => {
  const records = Array.from({ length: 4 }, (_, at) => ({ key: 'key', data: bytesOf(at + 20) }));
  const whole = Buffer.from(wanted(records));
  const ends = records.map((_, at) => wanted(records.slice(0, at + 1)).length);
  for (let room = 0; room <= whole.length + 2; room += 1) {
    const out = Buffer.alloc(room + 4, '~');
    const { count, bytes, isStopped } = write(template, runOf(records), out.subarray(0, room), 0);
    assert.equal(count, ends.filter((end) => end <= room).length, `room for ${room}`);
    assert.equal(isStopped, false);
    assert.ok(out.subarray(0, bytes).equals(whole.subarray(0, bytes)));
    assert.equal(out.toString('utf8', bytes), '~'.repeat(room + 4 - bytes));
  }
});

for (const [name, key] of [
  ['a quote', 'a"b'],
  ['a backslash', 'a\\b'],
  ['a control character', 'a\u001f'],
] as const) {
  test(`it stops before a key with ${name}`, () => {
    const plain = { key: 'plain \u007f é', data: bytesOf(9) };
    const records = [plain, plain, { key, data: bytesOf(5) }, plain];
    const out = Buffer.alloc(1000);
    const progress = write(template, runOf(records), out, 0);
    assert.deepEqual(
      { ...progress, text: out.toString('utf8', 0, progress.bytes) },
      {
        count: 2,
        payloadBytes: pack([plain, plain]).length,
        bytes: progress.bytes,
        isStopped: true,
        text: wanted([plain, plain]),
      },
    );
  });
}

test('a record that is larger than what it takes at once is left', () => {
  const records = [
    { key: 'k', data: bytesOf(3) },
    { key: 'k', data: bytesOf(200_000) },
  ];
  const { count, isStopped } = write(template, runOf(records), Buffer.alloc(400_000), 0);
  assert.deepEqual({ count, isStopped }, { count: 1, isStopped: false });
});

test('without a kernel it writes none', () => {
  const records = [{ key: 'k', data: bytesOf(3) }];
  const none = recordWriter(null)(template, runOf(records), Buffer.alloc(400), 0);
  assert.deepEqual([none.count, none.isStopped], [0, true]);
});
