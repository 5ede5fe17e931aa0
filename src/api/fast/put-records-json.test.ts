import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BufferPool } from '../../common/buffer-pool.ts';
import { RecordBatchBuilder } from '../../model/record-batch-builder.ts';
import { putRecordsKernels, PutRecordsScanner } from './put-records-kernel.ts';

interface Entry {
  Data: string;
  PartitionKey?: string;
  ExplicitHashKey?: string;
}

const buffers = new BufferPool({ idleBytesMax: 0, bufferBytesMax: 0 });
const scanner = new PutRecordsScanner(putRecordsKernels);
const scan = (text: string) => scanner.scan('json', Buffer.from(text), buffers);

/** What the general way makes of the same entries. */
function reference(entries: readonly Entry[]) {
  const builder = new RecordBatchBuilder(entries.length, 0);
  for (const entry of entries) {
    builder.add(entry.PartitionKey, Buffer.from(entry.Data, 'base64'), entry.ExplicitHashKey);
  }
  return builder.build();
}

function assertSame(text: string, entries: readonly Entry[]): void {
  const scanned = scan(text);
  assert.ok(scanned, text);
  const expected = reference(entries);
  assert.equal(scanned.batch.count, expected.count);
  assert.deepEqual(Buffer.from(scanned.batch.packed), Buffer.from(expected.packed));
  assert.deepEqual([...scanned.batch.offsets], [...expected.offsets]);
  assert.deepEqual([...scanned.batch.hashKeys], [...expected.hashKeys]);
}

const asciiKey = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 256 })
  .filter((key) => !/["\\]/.test(key));
const entry = fc.record(
  {
    Data: fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    PartitionKey: asciiKey,
    ExplicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
  },
  { requiredKeys: ['Data', 'PartitionKey'], noNullPrototype: true },
);
const entries = fc.array(entry, { minLength: 1, maxLength: 40 });

describe('scanning PutRecords', () => {
  test('gives the batch the general decoder gives, whatever the order and the blanks', () => {
    fc.assert(
      fc.property(
        entries,
        fc.constantFrom(undefined, 1, '\t'),
        fc.boolean(),
        (list, indent, last) => {
          const body = last
            ? { StreamName: 'a.b_c-1', Records: list }
            : { Records: list, StreamName: 'a.b_c-1' };
          const text = JSON.stringify(body, null, indent);
          assertSame(text, list);
          assert.equal(scan(text)?.StreamName, 'a.b_c-1');
        },
      ),
      { numRuns: 200 },
    );
  });

  test('takes a stream by ARN and as many records as allowed', () => {
    const StreamARN = 'arn:aws:kinesis:us-east-1:123456789012:stream/s';
    const list = Array.from({ length: 500 }, (_, i) => ({ Data: '', PartitionKey: `${i}` }));
    assertSame(JSON.stringify({ StreamARN, Records: list }), list);
    assert.equal(scan(JSON.stringify({ StreamARN, Records: list }))?.StreamARN, StreamARN);
    assert.equal(scan(JSON.stringify({ StreamARN, Records: [...list, ...list] })), null);
  });

  const record = '{"Data":"AAAA","PartitionKey":"k"}';
  const declined: Record<string, string> = {
    'an escape': '{"Records":[{"Data":"AAAA","PartitionKey":"\\u0041"}],"StreamName":"s"}',
    'a key outside ASCII': '{"Records":[{"Data":"AAAA","PartitionKey":"ü"}]}',
    'a control character': '{"Records":[{"Data":"AAAA","PartitionKey":"a\nb"}]}',
    'an empty key': '{"Records":[{"Data":"AAAA","PartitionKey":""}]}',
    'a key too long': `{"Records":[{"Data":"AAAA","PartitionKey":"${'k'.repeat(257)}"}]}`,
    'no key': '{"Records":[{"Data":"AAAA"}]}',
    'no data': '{"Records":[{"PartitionKey":"k"}]}',
    'an unknown member': `{"Records":[${record}],"DryRun":false}`,
    'an unknown member of a record': '{"Records":[{"Data":"","PartitionKey":"k","X":1}]}',
    'a duplicate member': `{"Records":[${record}],"Records":[${record}]}`,
    'a duplicate in a record': '{"Records":[{"Data":"","Data":"","PartitionKey":"k"}]}',
    'a null': '{"Records":[{"Data":null,"PartitionKey":"k"}]}',
    'an empty list': '{"Records":[],"StreamName":"s"}',
    'no list': '{"StreamName":"s"}',
    'base64 of the wrong length': '{"Records":[{"Data":"AAA","PartitionKey":"k"}]}',
    'a foreign character': '{"Records":[{"Data":"AA-A","PartitionKey":"k"}]}',
    'unused bits': '{"Records":[{"Data":"AB==","PartitionKey":"k"}]}',
    'an ARN that is not ASCII':
      '{"Records":[{"Data":"","PartitionKey":"k"}],' +
      '"StreamARN":"arn:aws:kinesis:us-east-1:123456789012:stream/é"}',
    'a hash key too large':
      `{"Records":[{"Data":"","PartitionKey":"k",` + `"ExplicitHashKey":"${2n ** 128n}"}]}`,
    'a hash key with a zero': '{"Records":[{"Data":"","PartitionKey":"k","ExplicitHashKey":"01"}]}',
    'a bad stream name': `{"Records":[${record}],"StreamName":"a b"}`,
    'an empty stream name': `{"Records":[${record}],"StreamName":""}`,
    'a bad ARN': `{"Records":[${record}],"StreamARN":"arn"}`,
    'something behind': `{"Records":[${record}]} x`,
    'a trailing comma': `{"Records":[${record},]}`,
    'an open string': '{"Records":[{"Data":"AAAA',
    nothing: '',
    'another value': '[1]',
  };
  for (const [what, text] of Object.entries(declined)) {
    test(`leaves ${what} to the general decoder`, () => {
      assert.equal(scan(text), null);
    });
  }

  test('declines every truncation of a good body', () => {
    const text = JSON.stringify({
      Records: [{ Data: 'AAAA', PartitionKey: 'k' }],
      StreamName: 's',
    });
    for (let end = 0; end < text.length; end++) assert.equal(scan(text.slice(0, end)), null);
  });
});
