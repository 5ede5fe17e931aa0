import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PoisoningPool } from '../../common/poisoning-pool.suite.ts';
import { ServiceError } from '../../model/service-error.ts';
import { check } from '../check.ts';
import { decodeBody } from '../codec.ts';
import { coerce } from '../coerce.ts';
import type { PutInput } from '../put-rules.ts';
import type { StreamSelector } from '../stream-selector.ts';
import { operations } from '../registry.ts';
import { scanPutRecordJson } from './scan-put-record-json.ts';

const buffers = new PoisoningPool();
const scan = (body: Uint8Array): ReturnType<typeof scanPutRecordJson> =>
  scanPutRecordJson(body, buffers);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the general way makes of a body; null when it refuses it. */
function general(body: Uint8Array): (PutInput & StreamSelector) | null {
  const operation = operations.get('PutRecord')!;
  try {
    const members = coerce(operation.input, decodeBody('json', body));
    check(operation.input, members);
    return operation.prepare!(members) as PutInput & StreamSelector;
  } catch (error) {
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

function same(body: Uint8Array): void {
  const scanned = scan(body);
  const slow = general(body);
  assert.ok(scanned !== null && slow !== null);
  assert.equal(scanned.StreamName, slow.StreamName);
  assert.equal(scanned.StreamARN, slow.StreamARN);
  assert.equal(scanned.batch.count, 1);
  assert.deepEqual(new Uint8Array(scanned.batch.packed), new Uint8Array(slow.batch.packed));
  assert.deepEqual([...scanned.batch.offsets], [...slow.batch.offsets]);
  assert.deepEqual([...scanned.batch.hashKeys], [...slow.batch.hashKeys]);
}

const request = fc
  .record(
    {
      StreamName: fc.stringMatching(/^[a-zA-Z0-9_.-]{1,128}$/),
      StreamARN: fc.constant('arn:aws:kinesis:us-east-1:123456789012:stream/s'),
      Data: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      PartitionKey: fc.stringMatching(/^[ !#-[\]-~]{1,256}$/),
      ExplicitHashKey: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(String),
    },
    { requiredKeys: ['Data', 'PartitionKey'], noNullPrototype: true },
  )
  .chain((members) =>
    fc.shuffledSubarray(Object.entries(members), { minLength: Object.keys(members).length }),
  )
  .map((entries) => Object.fromEntries(entries));

test('what both ways accept is the same batch', () => {
  fc.assert(
    fc.property(request, fc.constantFrom(undefined, 1, '\t'), (given, indent) => {
      same(utf8(JSON.stringify(given, null, indent)));
    }),
  );
});

test('a damaged body is never taken for another one', () => {
  fc.assert(
    fc.property(request, fc.nat(), fc.nat(255), (given, at, byte) => {
      const body = utf8(JSON.stringify(given));
      body[at % body.length] = byte;
      if (scan(body) !== null) same(body);
      assert.equal(scan(body.subarray(0, at % body.length)), null);
    }),
    { numRuns: 1000 },
  );
});

test('what needs thought is left to the general way', () => {
  const fine = { StreamName: 's', Data: 'aGk=', PartitionKey: 'k' };
  assert.ok(scan(utf8(JSON.stringify(fine))));
  for (const change of [
    { Data: undefined },
    { Data: 'aGk' },
    { Data: 1 },
    { PartitionKey: undefined },
    { PartitionKey: '' },
    { PartitionKey: 'é' },
    { PartitionKey: 'a"b' },
    { PartitionKey: 'k'.repeat(257) },
    { StreamName: 's s' },
    { StreamARN: 'arn' },
    { StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/é' },
    { ExplicitHashKey: '01' },
    { ExplicitHashKey: String(2n ** 128n) },
    { SequenceNumberForOrdering: '1' },
    { DryRun: true },
    { Other: 'x' },
  ]) {
    const body = JSON.stringify({ ...fine, ...change });
    assert.equal(scan(utf8(body)), null, body);
  }
  for (const body of ['', '{', '{}', '{"Data":"","Data":"","PartitionKey":"a"}', '[]']) {
    assert.equal(scan(utf8(body)), null, body);
  }
});

test('large records lie in a lent buffer, which is used again', () => {
  const sizes = [4_000, 4_096, 5_000, 50_000, 1_000_000];
  for (const round of [1, 2]) {
    const { taken, given } = buffers;
    for (const size of sizes) {
      const Data = Buffer.alloc(size, round).toString('base64');
      const body = utf8(JSON.stringify({ StreamName: 's', Data, PartitionKey: 'k' }));
      same(body);
      const scanned = scan(body)!.batch;
      assert.equal(scanned.packed.length, size + 9);
      scanned.release?.();
    }
    // Each was scanned twice, and given back once.
    assert.deepEqual([buffers.taken - taken, buffers.given - given], [8, 4]);
  }
});
