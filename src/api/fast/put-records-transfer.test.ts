import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshBuffers } from '../../common/buffer-pool.ts';
import type { DecodeTarget } from '../../runtime/body-buffers.ts';
import { isPutRecordsJson, readPutRecords, writePutRecords } from './put-records-transfer.ts';
import { scanPutRecordsJson } from './scan-put-records-json.ts';

function target(bytes: number, words = 4096): DecodeTarget {
  const at = 8;
  return {
    bytes: new Uint8Array(new SharedArrayBuffer(bytes + 2 * at), at, bytes),
    words: new Uint32Array(new SharedArrayBuffer(4 * words)),
  };
}

function body(count: number, members: object): Uint8Array {
  const Records = Array.from({ length: count }, (_, i) => ({
    Data: Buffer.from(`data ${i}`.repeat(1 + (i % 7))).toString('base64'),
    PartitionKey: `key-${i}`,
    ...(i % 5 === 0 && { ExplicitHashKey: String(2n ** 100n + BigInt(i)) }),
  }));
  return Buffer.from(JSON.stringify({ ...members, Records }));
}

const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/s';

for (const [name, count, members] of [
  ['by name', 3, { StreamName: 'a-stream' }],
  ['by ARN', 500, { StreamARN: arn }],
  ['by both', 1, { StreamName: 's', StreamARN: arn }],
  ['by neither', 2, {}],
] as const) {
  test(`a batch ${name} is the same on the other side`, () => {
    const bytes = body(count, members);
    const into = target(200_000);
    assert.equal(writePutRecords(bytes, into), true);
    const { batch: read, ...selector } = readPutRecords(into, freshBuffers);
    const { batch, ...expected } = scanPutRecordsJson(bytes, freshBuffers)!;
    assert.deepEqual(selector, expected);
    assert.equal(read.count, batch.count);
    assert.deepEqual([...read.packed], [...batch.packed]);
    assert.deepEqual([...read.offsets], [...batch.offsets]);
    assert.deepEqual([...read.hashKeys], [...batch.hashKeys]);
  });
}

test('what is not plain, or has no room, is left to the other side', () => {
  assert.equal(writePutRecords(Buffer.from('{"Records":'), target(1000)), false);
  assert.equal(writePutRecords(body(10, { StreamName: 'a\\b' }), target(10_000)), false);
  const bytes = body(100, { StreamARN: arn });
  assert.equal(writePutRecords(bytes, target(2000)), false);
  assert.equal(writePutRecords(bytes, target(100_000, 500)), false);
  const { packed } = scanPutRecordsJson(bytes, freshBuffers)!.batch;
  const room = Math.ceil(bytes.length * 0.75) + 1024;
  assert.ok(packed.length < room);
  assert.equal(writePutRecords(bytes, target(room)), true);
});

test('only PutRecords in JSON is meant', () => {
  const headers = {
    'x-amz-target': 'Kinesis_20131202.PutRecords',
    'content-type': 'application/x-amz-json-1.1',
  };
  assert.equal(isPutRecordsJson(headers), true);
  assert.equal(
    isPutRecordsJson({ ...headers, 'x-amz-target': 'Kinesis_20131202.PutRecord' }),
    false,
  );
  assert.equal(
    isPutRecordsJson({ ...headers, 'content-type': 'application/x-amz-cbor-1.1' }),
    false,
  );
});
