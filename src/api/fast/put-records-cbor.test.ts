import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../../model/service-error.ts';
import { check } from '../check.ts';
import { decodeBody, encodeOutput } from '../codec.ts';
import { coerce } from '../coerce.ts';
import type { PutInput } from '../put-rules.ts';
import { operations } from '../registry.ts';
import { BufferPool } from '../../common/buffer-pool.ts';
import { putRecordsKernels, PutRecordsScanner } from './put-records-kernel.ts';

interface Entry {
  readonly Data: Uint8Array;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}
interface Request {
  readonly Records: readonly Entry[];
  readonly StreamName?: string;
  readonly StreamARN?: string;
}

/** What the general way makes of a body; null when it refuses it. */
function general(body: Uint8Array): PutInput | null {
  const operation = operations.get('PutRecords')!;
  try {
    const members = coerce(operation.input, decodeBody('cbor', body));
    check(operation.input, members);
    return operation.prepare!(members) as PutInput;
  } catch (error) {
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

function encoded(request: object): Uint8Array {
  return encodeOutput('cbor', request)[0]!;
}

/** As encoded, but with lists and maps of indefinite length, the way Java clients write. */
function indefinite(request: Request): Uint8Array {
  const text = (value: string): Uint8Array => encoded({ [value]: 0 }).subarray(1, -1);
  const map = (members: readonly Uint8Array[]): Uint8Array =>
    Buffer.concat([Uint8Array.of(0xbf), ...members, Uint8Array.of(0xff)]);
  const parts = Object.entries(request).flatMap(([name, value]) =>
    name === 'Records' ? [] : [text(name), text(value as string)],
  );
  const records = request.Records.map((entry) => {
    const { length } = entry.Data;
    const head = encoded({ D: new Uint8Array(length) }).subarray(3, -length || undefined);
    return map([
      ...[text('PartitionKey'), text(entry.PartitionKey), text('Data'), head, entry.Data],
      ...(entry.ExplicitHashKey === undefined
        ? []
        : [text('ExplicitHashKey'), text(entry.ExplicitHashKey)]),
    ]);
  });
  const list = [Uint8Array.of(0x9f), ...records, Uint8Array.of(0xff)];
  return map([...parts, text('Records'), ...list]);
}

const scanner = new PutRecordsScanner(putRecordsKernels);
const scanCbor = (body: Uint8Array) => scanner.scan('cbor', body, buffers);
const buffers = new BufferPool({ idleBytesMax: 0, bufferBytesMax: 0 });

function same(body: Uint8Array): void {
  const scanned = scanCbor(body);
  const slow = general(body);
  assert.ok(scanned !== null && slow !== null);
  assert.equal(scanned.batch.count, slow.batch.count);
  assert.deepEqual(new Uint8Array(scanned.batch.packed), new Uint8Array(slow.batch.packed));
  assert.deepEqual([...scanned.batch.offsets], [...slow.batch.offsets]);
  assert.deepEqual([...scanned.batch.hashKeys], [...slow.batch.hashKeys]);
}

const entry = fc.record(
  {
    Data: fc.uint8Array({ maxLength: 400 }),
    PartitionKey: fc.stringMatching(/^[ -~]{1,256}$/),
    ExplicitHashKey: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map(String),
  },
  { requiredKeys: ['Data', 'PartitionKey'], noNullPrototype: true },
);
const request = fc.record(
  {
    StreamName: fc.stringMatching(/^[a-zA-Z0-9_.-]{1,128}$/),
    StreamARN: fc.constant('arn:aws:kinesis:us-east-1:123456789012:stream/s'),
    Records: fc.array(entry, { minLength: 1, maxLength: 12 }),
  },
  { requiredKeys: ['Records'], noNullPrototype: true },
);

test('what both ways accept is the same batch, in either form', () => {
  fc.assert(
    fc.property(request, (given) => {
      same(encoded(given));
      same(indefinite(given));
    }),
  );
});

test('a damaged body is never taken for another one', () => {
  fc.assert(
    fc.property(request, fc.boolean(), fc.nat(), fc.nat(255), (given, form, at, byte) => {
      const body = Uint8Array.from(form ? encoded(given) : indefinite(given));
      body[at % body.length] = byte;
      if (scanCbor(body) !== null) same(body);
      const cut = body.subarray(0, at % body.length);
      assert.equal(scanCbor(cut), null);
    }),
    { numRuns: 1000 },
  );
});

test('what needs thought is left to the general way', () => {
  const Data = Uint8Array.of(1);
  const fine = { Data, PartitionKey: 'k' };
  assert.ok(scanCbor(encoded({ StreamName: 's', Records: [fine] })));
  const cases: Record<string, object> = {
    'no records': { StreamName: 's', Records: [] },
    'unknown member': { StreamName: 's', Records: [fine], Other: 1 },
    'dry run': { StreamName: 's', Records: [fine], DryRun: true },
    'unknown member of a record': { Records: [{ ...fine, Other: 1 }] },
    'no key': { Records: [{ Data }] },
    'empty key': { Records: [{ Data, PartitionKey: '' }] },
    'key not ASCII': { Records: [{ Data, PartitionKey: 'é' }] },
    'long key': { Records: [{ Data, PartitionKey: 'k'.repeat(257) }] },
    'no data': { Records: [{ PartitionKey: 'k' }] },
    'text for data': { Records: [{ Data: 'AAAA', PartitionKey: 'k' }] },
    'hash key beyond the ring': { Records: [{ ...fine, ExplicitHashKey: String(2n ** 128n) }] },
    'hash key with a zero before': { Records: [{ ...fine, ExplicitHashKey: '01' }] },
    'bad name': { StreamName: 's s', Records: [fine] },
    'long name': { StreamName: 's'.repeat(129), Records: [fine] },
    'bad ARN': { StreamARN: 'arn', Records: [fine] },
    'too many': { Records: Array.from({ length: 501 }, () => fine) },
  };
  for (const [what, input] of Object.entries(cases)) {
    assert.equal(scanCbor(encoded(input)), null, what);
  }
  const one = encoded({ Records: [fine] });
  assert.equal(scanCbor(Buffer.concat([one, Uint8Array.of(0)])), null, 'trailing');
});
