/**
 * Bodies that no SDK sends, to a whole server, over every protocol and every way in: each has a
 * defined answer, the server goes on, and memory stays where it was.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeBody, encodeOutput } from '../api/codec.ts';
import type { Protocol } from '../api/operation.ts';
import { ways } from '../frontend/test-clients.suite.ts';
import type { Ask } from '../frontend/test-clients.suite.ts';
import { startServer } from './index.ts';
import type { TailraceServer } from './index.ts';

const signature = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/kinesis/aws4_request, ' +
    'SignedHeaders=host, Signature=abc',
  'x-amz-date': '20261122T000000Z',
};

/** `S`, `V`, `I` stand for the three kinds of refusal; `S` alone is one without any text. */
type Expected = 'ok' | 'S' | `S ${string}` | `V ${string}` | `I ${string}`;

type BadInput = readonly [
  name: string,
  operation: string,
  body: string | Uint8Array,
  expected: Expected,
];

const codes = {
  S: ['SerializationException', 'Message'],
  V: ['ValidationException', 'message'],
  I: ['InvalidArgumentException', 'message'],
} as const;

function put(members: object): string {
  return JSON.stringify({ StreamName: 's', PartitionKey: 'p', Data: 'aGk=', ...members });
}

const noString = 'can not be converted to an String';
const noBlob = 'can not be converted to a Blob';
const numberClass = 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber';
const limitAt = (value: string): string => `Value '${value}' at 'limit' failed to satisfy`;
const records = (value: string): string => `{"StreamName":"s","Records":${value}}`;
const withBytes = (before: string, bytes: number[], after: string): Uint8Array =>
  Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const many = JSON.stringify(
  Array.from({ length: 501 }, () => ({ Data: 'aGk=', PartitionKey: 'p' })),
);

const jsonCases: readonly BadInput[] = [
  ['an object cut off', 'PutRecord', put({}).slice(0, -1), 'S'],
  ['a string cut off', 'PutRecord', put({}).slice(0, 20), 'S'],
  ['something after the end', 'PutRecord', `${put({})}x`, 'S'],
  ['two objects', 'PutRecord', `${put({})}${put({})}`, 'S'],
  ['null', 'PutRecord', 'null', 'S'],
  ['a number', 'PutRecord', '1', 'S'],
  ['a list', 'PutRecord', '[]', 'S'],
  ['a string', 'PutRecord', '"x"', 'S'],
  ['a blank', 'PutRecord', ' ', 'S'],
  ['a byte order mark', 'PutRecord', `\ufeff${put({})}`, 'S'],
  ['ten thousand objects in each other', 'PutRecord', '{"a":'.repeat(10_000), 'S'],
  ['a million open lists', 'PutRecord', '['.repeat(1_000_000), 'S'],
  ['a million open lists of records', 'PutRecords', records('['.repeat(1_000_000)), 'S'],
  ['depth in an unknown member', 'PutRecord', `{"x":${nested(1_000)},${put({}).slice(1)}`, 'S'],
  ['little depth in an unknown member', 'PutRecord', `{"x":${nested(9)},${put({}).slice(1)}`, 'ok'],
  ['infinity by exponent', 'ListStreams', '{"Limit":1e400}', `V ${limitAt('2147483647')}`],
  ['minus infinity', 'ListStreams', '{"Limit":-1e400}', `V ${limitAt('-2147483648')}`],
  ['digits', 'ListStreams', `{"Limit":${'9'.repeat(5_000)}}`, `V ${limitAt('2147483647')}`],
  ['a negative number', 'ListStreams', '{"Limit":-1}', `V ${limitAt('-1')}`],
  ['a fraction', 'ListStreams', '{"Limit":2.9}', 'ok'],
  ['a hexadecimal number', 'ListStreams', '{"Limit":0x10}', 'S'],
  ['no number', 'ListStreams', '{"Limit":NaN}', 'S'],
  ['a member twice: the last counts', 'PutRecord', `{"StreamName":"x",${put({}).slice(1)}`, 'ok'],
  [
    'a prototype',
    'PutRecord',
    '{"__proto__":{"StreamName":"s"},"PartitionKey":"p","Data":""}',
    'I Either',
  ],
  [
    'a name of Object',
    'PutRecord',
    put({ constructor: 1, toString: {}, hasOwnProperty: [] }),
    'ok',
  ],
  ['bytes that are no text', 'PutRecord', withBytes('{"StreamName":"', [0xff], '"}'), 'S'],
  ['half a character', 'PutRecord', withBytes('{"StreamName":"', [0xc3], '"}'), 'S'],
  ['an overlong character', 'PutRecord', withBytes('{"StreamName":"', [0xc0, 0x80], '"}'), 'S'],
  [
    'bytes that are no text in records',
    'PutRecords',
    withBytes('{"StreamName":"s","Records":[{"PartitionKey":"', [0xff, 0xfe], '","Data":""}]}'),
    'S',
  ],
  ['a control character', 'PutRecord', put({}).replace('"p"', '"\u0001"'), 'S'],
  ['a bad escape', 'PutRecord', put({}).replace('"p"', '"\\x"'), 'S'],
  ['a number for a name', 'PutRecord', put({ StreamName: 1 }), `S ${numberClass} ${noString}`],
  [
    'a truth for a name',
    'PutRecord',
    put({ StreamName: true }),
    `S class java.lang.Boolean ${noString}`,
  ],
  [
    'an object for a name',
    'PutRecord',
    put({ StreamName: {} }),
    'S Start of structure or map found',
  ],
  ['a list for a name', 'PutRecord', put({ StreamName: [] }), 'S Start of list found'],
  ['a number for data', 'PutRecord', put({ Data: 1 }), `S ${numberClass} ${noBlob}`],
  ['data of a wrong length', 'PutRecord', put({ Data: '23456' }), `S '23456' ${noBlob}: Base64`],
  ['data of wrong characters', 'PutRecord', put({ Data: '=+/=' }), `S '=+/=' ${noBlob}: Invalid`],
  ['data wrongly ended', 'PutRecord', put({ Data: '+/+=' }), `S '+/+=' ${noBlob}: Invalid last`],
  ['no key', 'PutRecord', put({ PartitionKey: null }), "V Value null at 'partitionKey'"],
  ['an empty key', 'PutRecord', put({ PartitionKey: '' }), "V Value '' at 'partitionKey'"],
  ['a huge key', 'PutRecord', put({ PartitionKey: 'k'.repeat(1_000_000) }), 'V Value'],
  ['a string of records', 'PutRecords', records('"x"'), 'S Expected list or null'],
  ['an object of records', 'PutRecords', records('{}'), 'S Start of structure or map found'],
  ['a number as record', 'PutRecords', records('[1]'), 'S Expected null'],
  ['no records', 'PutRecords', records('[]'), "V Value '[]' at 'records'"],
  ['a null record', 'PutRecords', records('[null]'), "V Value null at 'records.1.member'"],
  ['a record too many', 'PutRecords', records(many), 'V Value at'],
  [
    'an iterator of nobody',
    'GetRecords',
    `{"ShardIterator":"${'A'.repeat(512)}"}`,
    'I Invalid Shard',
  ],
  ['a huge iterator', 'GetRecords', `{"ShardIterator":"${'A'.repeat(100_000)}"}`, 'V Value at'],
];

function cbor(members: object): Uint8Array {
  const [bytes] = encodeOutput('cbor', members);
  return bytes as Uint8Array;
}

const one = { StreamName: 's', PartitionKey: 'p', Data: Uint8Array.of(1) };
const hex = (text: string): Uint8Array => Buffer.from(text, 'hex');
const limit = (item: string): Uint8Array => hex(`a1654c696d6974${item}`);

const cborCases: readonly BadInput[] = [
  ['a map cut off', 'PutRecord', cbor(one).subarray(0, -1), 'S'],
  ['something after the end', 'PutRecord', Buffer.concat([cbor(one), Uint8Array.of(0)]), 'S'],
  ['JSON', 'PutRecord', put({}), 'S'],
  ['null', 'ListStreams', hex('f6'), 'S'],
  ['a number', 'ListStreams', hex('01'), 'S'],
  ['a list', 'ListStreams', hex('80'), 'S'],
  ['a break', 'ListStreams', hex('ff'), 'S'],
  ['a reserved length', 'ListStreams', hex('1c'), 'S'],
  ['a list of 2^63 items', 'ListStreams', hex('9b7fffffffffffffff'), 'S'],
  ['a map of 2^63 members', 'ListStreams', hex('bb7fffffffffffffff'), 'S'],
  ['a text of 2^63 bytes', 'ListStreams', hex('7b7fffffffffffffff'), 'S'],
  ['4 GiB of bytes', 'ListStreams', hex('5b00000000ffffffff'), 'S'],
  ['ten thousand tags', 'ListStreams', hex(`${'c1'.repeat(10_000)}00`), 'S'],
  ['lists in each other', 'ListStreams', hex(`${'81'.repeat(100_000)}00`), 'S'],
  ['maps in each other', 'ListStreams', hex(`${'a16161'.repeat(100_000)}00`), 'S'],
  ['open lists', 'ListStreams', hex('9f'.repeat(100_000)), 'S'],
  ['a number as name of a member', 'ListStreams', hex('a10102'), 'S'],
  ['a chunk of another type', 'ListStreams', hex('a161617f01ff'), 'S'],
  [
    'no number',
    'ListStreams',
    limit('f97e00'),
    `S ${numberClass} can not be converted to an Integer`,
  ],
  ['2^64 - 1', 'ListStreams', limit('1bffffffffffffffff'), `V ${limitAt('2147483647')}`],
  ['-2^64', 'ListStreams', limit('3bffffffffffffffff'), `V ${limitAt('-2147483648')}`],
  ['infinity', 'ListStreams', limit('f97c00'), `V ${limitAt('2147483647')}`],
  ['a fraction', 'ListStreams', limit('fb4004cccccccccccd'), 'ok'],
  ['undefined is absent', 'ListStreams', limit('f7'), 'ok'],
  ['an unknown simple value', 'ListStreams', limit('f8ff'), 'S'],
  ['bytes that are no text', 'ListStreams', hex('a162fffe01'), 'S'],
  ['a member twice: the last counts', 'PutRecord', twice(), 'ok'],
  [
    'a number for a name',
    'PutRecord',
    cbor({ ...one, StreamName: 1 }),
    `S ${numberClass} ${noString}`,
  ],
  [
    'bytes for a name',
    'PutRecord',
    cbor({ ...one, StreamName: Uint8Array.of(1) }),
    'S class java.nio',
  ],
  ['a number for data', 'PutRecord', cbor({ ...one, Data: 1 }), `S ${numberClass} ${noBlob}`],
  ['a list for data', 'PutRecord', cbor({ ...one, Data: [] }), 'S Start of list found'],
];

/** A stream name that does not exist, then the one that does. */
function twice(): Uint8Array {
  const name = Buffer.from('\x6aStreamName\x61x', 'latin1');
  return Buffer.concat([hex('a4'), name, cbor(one).subarray(1)]);
}

for (const workers of [1, 2]) {
  describe(`bodies that no SDK sends, ${workers} worker(s)`, () => badInput(workers));
}

function badInput(workers: number): void {
  let server: TailraceServer;
  before(async () => {
    server = await startServer({ workers, tls: 'auto', limits: 'off' });
    const stream = ['', 'CreateStream', '{"StreamName":"s","ShardCount":1}', 'ok'] as const;
    assert.equal((await send(ways['HTTP/1.1'] as Ask, 'json', stream)).status, 200);
  });
  after(() => server.close());

  async function send(
    ask: Ask,
    protocol: Protocol,
    [, operation, body]: BadInput,
  ): Promise<{ status: number; error: Record<string, unknown> }> {
    const type = `application/x-amz-${protocol}-1.1`;
    const headers = {
      ...signature,
      'content-type': type,
      'x-amz-target': `Kinesis_20131202.${operation}`,
    };
    const { status, headers: given, body: bytes } = await ask(server.port, { headers, body });
    assert.equal(given['content-type'], type);
    const error = bytes.length === 0 ? {} : decodeBody(protocol, bytes);
    return { status, error: error as Record<string, unknown> };
  }

  async function examine(ask: Ask, protocol: Protocol, input: BadInput): Promise<void> {
    const [name, , , expected] = input;
    const { status, error } = await send(ask, protocol, input);
    if (expected === 'ok') {
      assert.equal(status, 200, name);
      return;
    }
    const [code, key] = codes[expected[0] as keyof typeof codes];
    assert.equal(status, 400, name);
    assert.equal(error['__type'], code, name);
    const text = error[key];
    if (expected === 'S') {
      assert.equal(text, undefined, name);
    } else {
      assert.ok(String(text).includes(expected.slice(2)), `${name}: ${String(text)}`);
    }
  }

  for (const [way, ask] of Object.entries(ways)) {
    it(`have their answers in JSON over ${way}`, async () => {
      for (const input of jsonCases) await examine(ask, 'json', input);
    });
    it(`have their answers in CBOR over ${way}`, async () => {
      for (const input of cborCases) await examine(ask, 'cbor', input);
    });
  }

  it('leave memory where it was', async () => {
    const ask = ways['HTTP/1.1'] as Ask;
    const round = async (): Promise<void> => {
      for (const input of jsonCases) await send(ask, 'json', input);
      for (const input of cborCases) await send(ask, 'cbor', input);
    };
    await round();
    const { rss } = process.memoryUsage();
    for (let i = 0; i < 10; i++) await round();
    const grownMiB = (process.memoryUsage().rss - rss) / 1024 ** 2;
    assert.ok(grownMiB < 100, `${grownMiB} MiB more`);
  });
}
