import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sequenceNumber } from '../../model/sequence-number.ts';
import { shardId } from '../../model/shard-id.ts';
import { decodeBody } from '../codec.ts';
import { inPieces } from '../paced-body.suite.ts';
import { PIECE_BYTES_MIN, wholeBody } from '../paced-body.ts';
import { encodePutRecordsCbor, encodePutRecordsJson } from './put-records-answer.ts';

const stream = { name: 'orders', account: '000000000000' };

interface Given {
  readonly status: number;
  readonly index: number;
  readonly created: number;
  readonly ordinal: number;
  readonly arrivalMs: number;
}

const given: fc.Arbitrary<Given> = fc.record({
  status: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
  index: fc.oneof(fc.nat(20), fc.nat(2 ** 31 - 1)),
  created: fc.constantFrom(1_700_000_000, 1_700_000_001),
  ordinal: fc.oneof(fc.nat(50_000_000), fc.integer({ min: 1, max: 2 ** 53 - 2 })),
  arrivalMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_003_000 }),
});

/** The members a client is to see. */
function shown({ status, index, created, ordinal, arrivalMs }: Given): object {
  if (status === 2) {
    return { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure' };
  }
  const of = `${shardId(index)} in stream orders under account 000000000000`;
  if (status === 1) {
    const ErrorMessage = `Rate exceeded for shard ${of}.`;
    return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage };
  }
  const SequenceNumber = sequenceNumber(created, index, ordinal, Math.floor(arrivalMs / 1000));
  return { SequenceNumber, ShardId: shardId(index) };
}

for (const protocol of ['json', 'cbor'] as const) {
  const encode = protocol === 'json' ? encodePutRecordsJson : encodePutRecordsCbor;
  test(`${protocol}: whatever the pieces, together they are the answer`, () => {
    const records = fc.array(given, { minLength: 1, maxLength: 500, size: 'max' });
    const room = fc.integer({ min: PIECE_BYTES_MIN, max: 60_000 });
    fc.assert(
      fc.property(records, room, fc.boolean(), (all, bytes, encrypted) => {
        const failedCount = all.filter(({ status }) => status !== 0).length;
        let released = 0;
        const result = {
          count: all.length,
          shardIndexes: Uint32Array.from(all, ({ index }) => index),
          createdSeconds: Float64Array.from(all, ({ created }) => created),
          ordinals: Float64Array.from(all, ({ ordinal }) => ordinal),
          arrivalMs: Float64Array.from(all, ({ arrivalMs }) => arrivalMs),
          // Of memory that serves calls of any size, as the others may be.
          status: Uint8Array.from([...all.map(({ status }) => status), 0, 1, 2]),
          failedCount,
          encrypted,
          release: () => {
            released++;
          },
        };
        const whole = wholeBody(encode({ stream, result }));
        assert.equal(released, 1);
        const body = encode({ stream, result });
        assert.deepEqual(inPieces(body, bytes), whole);
        body.release();
        body.release();
        assert.equal(released, 2);
        assert.deepEqual(structuredClone(decodeBody(protocol, whole)), {
          FailedRecordCount: failedCount,
          Records: all.map(shown),
          ...(encrypted ? { EncryptionType: 'KMS' } : {}),
        });
      }),
      { numRuns: 60 },
    );
  });
}
