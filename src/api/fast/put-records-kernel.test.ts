import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../../common/buffer-pool.ts';
import { crc32 } from '../../common/crc32.ts';
import { gatherFrom } from '../../common/pieces.ts';
import { hashPartitionKeyInto } from '../../model/hash-key.ts';
import { DECODE_SLACK_BYTES, DECODE_WORDS, KERNEL_BYTES } from '../../runtime/body-buffers.ts';
import type { BodyKernels } from '../../runtime/body-buffers.ts';
import { encodeOutput } from '../codec.ts';
import {
  putRecordsKernels,
  PutRecordsScanner,
  readPutRecords,
  wayOfPutRecords,
} from './put-records-kernel.ts';
import type { ScannedPutRecords } from './put-records-kernel.ts';

const buffers = new BufferPool({ idleBytesMax: 0, bufferBytesMax: 0 });
const scanner = new PutRecordsScanner(putRecordsKernels);
const MIB = 1024 * 1024;

function request(count: number, members: object, dataBytes = 30): object {
  const Records = Array.from({ length: count }, (_, i) => ({
    Data: Buffer.alloc(dataBytes + (i % 7), `data ${i}`).toString('base64'),
    PartitionKey: `key-${i}`.padEnd(1 + (i % 256), '.'),
    ...(i % 5 === 0 && { ExplicitHashKey: String(2n ** 100n + BigInt(i)) }),
  }));
  return { ...members, Records };
}

const json = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));
const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/s';

/** What the kernel makes of a body, in memory that something else was in before. */
function decodedInPlace(body: Uint8Array, wantsSums: boolean): ScannedPutRecords {
  const wordsAt = KERNEL_BYTES + 8 * MIB;
  const memory = putRecordsKernels.memory(wordsAt + 4 * DECODE_WORDS)!;
  const place = new Uint8Array(memory.buffer, KERNEL_BYTES, body.length);
  place.set(body);
  const target = {
    bytes: new Uint8Array(memory.buffer, KERNEL_BYTES + 4 * MIB, body.length + DECODE_SLACK_BYTES),
    words: new Uint32Array(memory.buffer, wordsAt, DECODE_WORDS).fill(0xffffffff),
  };
  const headers = {
    'x-amz-target': 'Kinesis_20131202.PutRecords',
    'content-type': 'application/x-amz-json-1.1',
  };
  const way = wayOfPutRecords(headers, wantsSums);
  assert.ok(putRecordsKernels.open(memory).decode(way, place, target));
  // What the kernel may not write is as it was.
  assert.ok(new Uint8Array(memory.buffer, KERNEL_BYTES + body.length, 64).every((x) => x === 0));
  return readPutRecords({ ...target, gather: gatherFrom(target.bytes) })!;
}

for (const [name, count, members] of [
  ['by name', 3, { StreamName: 'a-stream' }],
  ['by ARN', 500, { StreamARN: arn }],
  ['by both', 1, { StreamName: 's', StreamARN: arn }],
  ['by neither', 2, {}],
] as const) {
  test(`a batch ${name} is the same where it was decoded and in memory of its own`, () => {
    const body = json(request(count, members));
    const { batch: same, ...sameSelector } = decodedInPlace(body, false);
    const { batch, ...selector } = scanner.scan('json', body, buffers)!;
    assert.deepEqual({ ...sameSelector }, { ...selector });
    assert.deepEqual(selector, members);
    assert.equal(same.count, count);
    assert.deepEqual(same.packed.slice(), batch.packed.slice());
    assert.deepEqual(same.offsets.slice(), batch.offsets);
    assert.deepEqual(same.hashKeys.slice(), batch.hashKeys);
    assert.equal(same.sums, undefined);
  });
}

test('checksums of records of every length are those of zlib', () => {
  const longest = 5600;
  const noise = Buffer.from(Array.from({ length: longest }, (_, i) => (i * i * 89) >> 7));
  for (let first = 0; first < 1400; first += 350) {
    // Every length up to some that are folded in one go, and some up to many that are not.
    const lengths = Array.from({ length: 350 }, (_, i) => first + i);
    if (first === 0) lengths.push(2900, 3100, longest - 1, longest);
    const Records = lengths.map((length) => ({
      Data: noise.subarray(longest - length).toString('base64'),
      PartitionKey: 'k'.repeat(1 + (length % 9)),
    }));
    const { batch } = decodedInPlace(json({ Records }), true);
    const { packed, offsets } = batch;
    const expected = lengths.map((_, i) => crc32(packed.slice(offsets[i], offsets[i + 1])));
    assert.deepEqual(batch.sums?.slice(), Uint32Array.from(expected));
  }
  const large = Buffer.alloc(1_000_000, noise);
  const Records = [{ Data: large.toString('base64'), PartitionKey: 'k' }];
  const { batch } = decodedInPlace(json({ Records }), true);
  assert.deepEqual(batch.sums?.slice(), Uint32Array.of(crc32(batch.packed.slice())));
});

test('keys of every length are hashed alike, wherever they stand', () => {
  for (const shift of [0, 1, 2, 3]) {
    const lengths = Array.from({ length: 256 + shift }, (_, i) => Math.max(1, i + 1 - shift));
    const keys = lengths.map((length) => 'kK09-'.repeat(52).slice(0, length));
    const Records = keys.map((PartitionKey) => ({ PartitionKey, Data: 'AAAA' }));
    const { batch } = scanner.scan('json', json({ Records }), buffers)!;
    keys.forEach((key, i) => {
      const expected = new Uint32Array(4);
      hashPartitionKeyInto(Buffer.from(key), 0, key.length, expected, 0);
      assert.deepEqual(batch.hashKeys.subarray(4 * i, 4 * i + 4), expected, key);
    });
  }
});

test('data of every length up to some blocks is decoded, and none with a fault', () => {
  for (let bytes = 0; bytes < 130; bytes++) {
    const Data = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 89 + bytes) & 255));
    const text = Data.toString('base64');
    const body = json({ Records: [{ Data: text, PartitionKey: 'k' }] });
    const { batch } = scanner.scan('json', body, buffers)!;
    assert.deepEqual(Buffer.from(batch.packed.subarray(9)), Data);
    const at = Buffer.from(body).indexOf(text);
    for (const bad of '-_~ {\x7f\xc3,:`@[') {
      for (let i = 0; i < text.length; i++) {
        const broken = Uint8Array.from(body);
        broken[at + i] = bad.charCodeAt(0);
        assert.equal(scanner.scan('json', broken, buffers), null, `${bad} in place of ${i}`);
      }
    }
  }
});

test('large bodies are taken, and their memory is not kept', () => {
  let granted = 0;
  const counted: BodyKernels = {
    memory: (bytes) => {
      granted++;
      return putRecordsKernels.memory(bytes);
    },
    open: (memory) => putRecordsKernels.open(memory),
  };
  const own = new PutRecordsScanner(counted);
  const large = json(request(400, {}, 9000));
  const small = json(request(2, {}));
  for (const [body, count, memories] of [
    [small, 2, 1],
    [large, 400, 2],
    [small, 2, 3],
    [small, 2, 3],
  ] as const) {
    assert.equal(own.scan('json', body, buffers)?.batch.count, count);
    assert.equal(granted, memories);
  }
});

test('without memory all is left to the general decoder', () => {
  const none = new PutRecordsScanner({
    memory: () => null,
    open: (memory) => putRecordsKernels.open(memory),
  });
  assert.equal(none.scan('json', json(request(2, {})), buffers), null);
  assert.equal(none.scan('cbor', encodeOutput('cbor', request(2, {}))[0]!, buffers), null);
});

test('only PutRecords is meant, in either protocol', () => {
  const target = 'Kinesis_20131202.PutRecords';
  const ways = ['json', 'cbor'].map((protocol) =>
    [false, true].map((wantsSums) =>
      wayOfPutRecords(
        { 'x-amz-target': target, 'content-type': `application/x-amz-${protocol}-1.1` },
        wantsSums,
      ),
    ),
  );
  assert.deepEqual(ways, [
    [0, 2],
    [1, 3],
  ]);
  const type = { 'content-type': 'application/x-amz-json-1.1' };
  for (const wantsSums of [false, true]) {
    const other = { ...type, 'x-amz-target': target.slice(0, -1) };
    assert.equal(wayOfPutRecords(other, wantsSums), -1);
    assert.equal(wayOfPutRecords({ 'x-amz-target': target }, wantsSums), -1);
  }
});
