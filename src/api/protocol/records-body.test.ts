import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeU16, writeU32 } from '../../common/bytes.ts';
import { flagNoPartitionKey, packedHeaderBytes } from '../../model/record-batch.ts';
import type { Section } from '../../model/section.ts';
import { sequenceNumber } from '../../model/sequence-number.ts';
import type { ShardDocument } from '../../model/stream.ts';
import { decodeBody } from '../codec.ts';
import { Timestamp } from '../operation.ts';
import { PIECE_BYTES_MIN, wholeBody } from '../paced-body.ts';
import { inPieces } from '../paced-body.suite.ts';
import { encodeRecordsCbor, encodeRecordsJson } from './get-records-answer.ts';

interface Given {
  readonly key: string | undefined;
  readonly data: Uint8Array;
}

const shard = { createdSeconds: 1_700_000_000, index: 3 } as ShardDocument;
const rest = { NextShardIterator: 'n', MillisBehindLatest: 0, ChildShards: undefined };
const utf8 = new TextEncoder();

function pack(records: readonly Given[], baseOrdinal: number, encrypted: boolean): Section {
  const parts = records.map(({ key, data }) => {
    const keyBytes = utf8.encode(key ?? '');
    const packed = new Uint8Array(packedHeaderBytes + keyBytes.length + data.length);
    writeU32(packed, 0, data.length);
    writeU16(packed, 4, keyBytes.length);
    packed[6] = key === undefined ? flagNoPartitionKey : 0;
    packed.set(keyBytes, packedHeaderBytes);
    packed.set(data, packedHeaderBytes + keyBytes.length);
    return packed;
  });
  const arrivalMs = 1_700_000_000_000 + 7 * baseOrdinal;
  const keyId = encrypted ? 9 : 0;
  const payload = Buffer.concat(parts);
  return { shard: 1, baseOrdinal, count: records.length, arrivalMs, keyId, payload };
}

/** The members a client is to see. */
function shown(given: readonly Given[], section: Section, protocol: 'json' | 'cbor'): object[] {
  const { arrivalMs, baseOrdinal, keyId } = section;
  const seconds = Math.floor(arrivalMs / 1000);
  return given.map(({ key, data }, i) => ({
    SequenceNumber: sequenceNumber(1_700_000_000, 3, baseOrdinal + i, seconds),
    ApproximateArrivalTimestamp: protocol === 'json' ? arrivalMs / 1000 : new Timestamp(arrivalMs),
    Data: protocol === 'json' ? Buffer.from(data).toString('base64') : Buffer.from(data),
    ...(key === undefined ? {} : { PartitionKey: key }),
    ...(keyId === 0 ? {} : { EncryptionType: 'KMS' }),
  }));
}

const data = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  fc.integer({ min: 10_000, max: 90_000 }).map((size) => new Uint8Array(size).fill(size)),
);
const key = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), {
  nil: undefined,
});
const sections = fc.array(
  fc.record({
    records: fc.array(fc.record({ key, data }), { maxLength: 12 }),
    encrypted: fc.boolean(),
  }),
  { maxLength: 5 },
);

for (const protocol of ['json', 'cbor'] as const) {
  test(`${protocol}: whatever the pieces, together they are the answer`, () => {
    fc.assert(
      fc.property(sections, fc.integer({ min: 0, max: 60_000 }), (given, more) => {
        let ordinal = 1;
        const packed = given.map(({ records, encrypted }) => {
          const section = pack(records, ordinal, encrypted);
          ordinal += records.length;
          return section;
        });
        const encode = protocol === 'json' ? encodeRecordsJson : encodeRecordsCbor;
        const answer = { shard, sections: packed, rest };
        const whole = wholeBody(encode(answer));
        assert.deepEqual(inPieces(encode(answer), PIECE_BYTES_MIN + more), whole);
        const { Records } = decodeBody(protocol, whole) as { Records: object[] };
        const wanted = packed.flatMap((section, i) => shown(given[i]!.records, section, protocol));
        assert.deepEqual(
          Records.map((record) => ({ ...record })),
          wanted,
        );
      }),
      { numRuns: 60 },
    );
  });
}

test('what a body is made from is given back once, and nothing is written afterwards', () => {
  let released = 0;
  const release = (): void => {
    released++;
  };
  const body = encodeRecordsJson({ shard, sections: [], rest, release });
  body.release();
  body.release();
  assert.equal(released, 1);
  assert.throws(() => body.fill(new Uint8Array(PIECE_BYTES_MIN)), /after it was released/);
});

test('json: many records with plain keys and a few others, over many pieces', () => {
  const given = Array.from({ length: 700 }, (_, at) => ({
    key: at % 97 === 96 ? `k"${at}` : `key-${at}`,
    data: new Uint8Array((at * 37) % 1500).fill(at),
  }));
  const halves = [given.slice(0, 300), given.slice(300)];
  const packed = halves.map((half, at) => pack(half, 1 + at * 300, at === 1));
  const answer = { shard, sections: packed, rest };
  const whole = wholeBody(encodeRecordsJson(answer));
  assert.deepEqual(inPieces(encodeRecordsJson(answer), 20_000), whole);
  const { Records } = JSON.parse(Buffer.from(whole).toString()) as { Records: object[] };
  const wanted = packed.flatMap((section, at) => shown(halves[at]!, section, 'json'));
  assert.deepEqual(Records, wanted);
});
