import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelFormat } from '../model/channel.ts';
import type { ShardDocument } from '../model/stream.ts';
import { NodeCompressor } from '../runtime/node/compressor.ts';
import { compressed, ObjectBody, objectForm } from './object-body.ts';
import { packed } from './test-world.suite.ts';

const shard = { key: 1, index: 1, createdSeconds: 1_800_000_000 } as ShardDocument;

function bodyOf(format: ChannelFormat, ...data: (string | Uint8Array)[]): ObjectBody {
  const body = new ObjectBody(format, shard);
  const payload = Buffer.concat(data.map((one) => packed('k', Buffer.from(one as string))));
  const section = {
    shard: 1,
    baseOrdinal: 5,
    count: data.length,
    arrivalMs: 1e12,
    keyId: 0,
    payload,
  };
  body.add(section, Infinity);
  return body;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('JSON: one document a line, as it was given', () => {
  const body = bodyOf('JSON', '{"n":1.50, "b": "\\n"}', '[1,\r\n2]', '12345678901234567890');
  assert.equal(text(body.body()), '{"n":1.50, "b": "\\n"}\n[1,  2]\n12345678901234567890\n');
  const bad = bodyOf('JSON', '', '{', '\ufeff{}', Uint8Array.of(0x22, 0xff, 0x22), '{} {}');
  assert.deepEqual([bad.records, bad.deadRecords, bad.body().length], [0, 5, 0]);
  assert.equal(text(bad.deadBody()).split('\n').length, 6);
});

test('STRING: any UTF-8 text; BYTE_ARRAY: anything, framed by its length', () => {
  const strings = bodyOf('STRING', 'a b', 'ü', Uint8Array.of(0xff));
  assert.equal(text(strings.body()), 'a b\nü\n');
  assert.equal(strings.deadRecords, 1);
  const bytes = bodyOf('BYTE_ARRAY', Uint8Array.of(1, 2), '', Uint8Array.of(255));
  assert.deepEqual([...bytes.body()], [0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 255]);
  assert.equal(bytes.deadRecords, 0);
});

test('records beyond the batch are left out', () => {
  const body = new ObjectBody('STRING', shard);
  const payload = Buffer.concat(['a', 'b', 'c'].map((one) => packed('k', Buffer.from(one))));
  body.add({ shard: 1, baseOrdinal: 5, count: 3, arrivalMs: 1e12, keyId: 0, payload }, 7);
  assert.equal(text(body.body()), 'a\nb\n');
});

test('names and types tell format and compression', async () => {
  assert.deepEqual(objectForm('BYTE_ARRAY', 'ZSTD'), {
    suffix: '.bin.zst',
    contentType: 'application/zstd',
  });
  assert.equal(objectForm('STRING', 'GZIP').suffix, '.txt.gz');
  const compressor = new NodeCompressor();
  const body = bodyOf('STRING', 'a').body();
  assert.deepEqual(await compressed(compressor, 'NONE', body), body);
  assert.equal((await compressed(compressor, 'GZIP', body))[0], 0x1f);
  assert.equal((await compressed(compressor, 'ZSTD', body))[0], 0x28);
});
