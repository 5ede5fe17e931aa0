import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as cborg from 'cborg';
import fc from 'fast-check';
import { ServiceError } from '../model/service-error.ts';
import { BODY_DEPTH_MAX, decodeBody, encodeError, encodeOutput, errorStatus } from './codec.ts';
import { Timestamp, type Protocol } from './operation.ts';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? new Uint8Array(value)
    : Array.isArray(value)
      ? value.map(plain)
      : typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
        ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
        : value;
const decode = (protocol: Protocol, body: Uint8Array): unknown => plain(decodeBody(protocol, body));
const encoded = (protocol: Protocol, output: object): Uint8Array =>
  Buffer.concat([...encodeOutput(protocol, output)]);

function refused(protocol: Protocol, body: Uint8Array): void {
  assert.throws(
    () => decodeBody(protocol, body),
    (error) =>
      error instanceof ServiceError &&
      error.code === 'SerializationException' &&
      error.text === null,
    Buffer.from(body.subarray(0, 60)).toString(),
  );
}

test('JSON bodies must be one object in UTF-8', () => {
  assert.deepEqual(decode('json', utf8('{"a":1.5,"a":[null,"\\u00e9é"],"b":{}}')), {
    a: [null, 'éé'],
    b: {},
  });
  for (const text of [
    '',
    ' ',
    '[]',
    '1',
    '"a"',
    'null',
    'true',
    '{',
    '{"a":',
    '{"a":1}}',
    '\ufeff{}',
  ]) {
    refused('json', utf8(text));
  }
  refused('json', Buffer.concat([utf8('{"a":"'), Uint8Array.of(0xc3, 0x28), utf8('"}')]));
});

test('JSON nesting is bounded, brackets in strings do not count', () => {
  const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  assert.ok(decodeBody('json', utf8(nested(BODY_DEPTH_MAX))));
  refused('json', utf8(nested(BODY_DEPTH_MAX + 1)));
  refused('json', utf8('['.repeat(1_000_000)));
  const text = `\\"${'[{'.repeat(100)}\\\\`;
  const body = utf8(`{"a":"${text}","b":[${'[1],'.repeat(200)}[]]}`);
  assert.deepEqual(decode('json', body), JSON.parse(new TextDecoder().decode(body)));
  assert.ok(decodeBody('json', utf8('{"a":"[[","b":"\\\\"}')));
});

test('JSON outputs: blobs, instants, absent members', () => {
  const output = {
    Text: 'é"\n',
    Whole: new Timestamp(1572297168000),
    Fraction: new Timestamp(1459799926480),
    Blob: utf8('hi'),
    List: [1, true, { A: undefined, B: 2 }],
    Absent: undefined,
  };
  assert.equal(
    Buffer.from(encoded('json', output)).toString(),
    '{"Text":"é\\"\\n","Whole":1572297168.0,"Fraction":1459799926.48,"Blob":"aGk=",' +
      '"List":[1,true,{"B":2}]}',
  );
  assert.deepEqual(encodeOutput('json', null), []);
  assert.deepEqual(encodeOutput('cbor', null), []);
});

test('CBOR vectors of the Java SDK', () => {
  const timestamp = hex('a1 69 54696d657374616d70 c1 1b 00000153e2db26d0');
  assert.deepEqual(decode('cbor', timestamp), {
    Timestamp: new Timestamp(Date.parse('2016-04-04T19:58:46.480Z')),
  });
  assert.deepEqual(
    Buffer.from(
      encoded('cbor', { Timestamp: new Timestamp(Date.parse('2016-04-04T19:58:46.480Z')) }),
    ),
    timestamp,
  );
  const put = hex(
    'bf 64 44617461 42 6869 6c 506172746974696f6e4b6579 61 70 6a 53747265616d4e616d65 61 73 ff',
  );
  assert.deepEqual(decode('cbor', put), {
    Data: new Uint8Array(utf8('hi')),
    PartitionKey: 'p',
    StreamName: 's',
  });
});

test('CBOR: indefinite strings, all sizes of numbers, floats, tags, duplicates', () => {
  assert.deepEqual(decode('cbor', hex('bf 61 61 5f 41 01 42 0203 ff 61 62 7f 61 78 61 79 ff ff')), {
    a: Uint8Array.of(1, 2, 3),
    b: 'xy',
  });
  assert.deepEqual(
    decode('cbor', hex('a1 61 61 9f 17 18 18 19 0100 1a 00010000 1b 0000000100000000 20 38 63 ff')),
    { a: [23, 24, 256, 65536, 2 ** 32, -1, -100] },
  );
  assert.deepEqual(
    decode('cbor', hex('a1 61 61 85 f9 3e00 fa 3fc00000 fb 3ff8000000000000 f9 0001 f9 fc00')),
    { a: [1.5, 1.5, 1.5, 2 ** -24, -Infinity] },
  );
  assert.deepEqual(decode('cbor', hex('a2 61 61 01 61 61 02')), { a: 2 });
  assert.deepEqual(decode('cbor', hex('a3 61 61 f4 61 62 f5 61 63 f6')), {
    a: false,
    b: true,
    c: null,
  });
  assert.deepEqual(decode('cbor', hex('a1 61 61 d9 d9f7 01')), { a: 1 });
  assert.deepEqual(Object.keys(decodeBody('cbor', hex('a1 69 5f5f70726f746f5f5f 80')) as object), [
    '__proto__',
  ]);
});

test('CBOR that is truncated, trailing, too deep, not UTF-8 or not a map is refused', () => {
  const put = hex('bf 64 44617461 42 6869 61 61 82 01 fb 3ff8000000000000 ff');
  assert.ok(decodeBody('cbor', put));
  for (let length = 0; length < put.length; length++) refused('cbor', put.subarray(0, length));
  for (const text of [
    'a0 00', // trailing
    '80',
    '01',
    'f6',
    'a1 01 01', // key is no text
    'a1 61 ff 01', // not UTF-8
    'a1 61 61 5f 61 61 ff', // text chunk in a byte string
    'a1 61 61 5f 5f ff ff', // nested indefinite chunk
    'a1 61 61 1c', // reserved
    'a1 61 61 ff', // break outside
    'bf 61 61 ff', // break for a value
    'a1 61 61 5b ffffffffffffffff', // absurd length
    'a1 61 61 9b ffffffffffffffff',
    'a1 61 61 c1 61 61', // instant of text
    'a1 61 61 f8 20',
    'a1 61 61 1f',
  ]) {
    refused('cbor', hex(text));
  }
  const nested = (depth: number): Uint8Array =>
    Buffer.concat([hex('a1 61 61'), Buffer.alloc(depth, 0x81), hex('01')]);
  assert.ok(decodeBody('cbor', nested(BODY_DEPTH_MAX - 1)));
  refused('cbor', nested(BODY_DEPTH_MAX));
  refused('cbor', Buffer.concat([hex('a1 61 61'), Buffer.alloc(1_000_000, 0x9f)]));
  refused('cbor', Buffer.concat([hex('a1 61 61'), Buffer.alloc(1_000_000, 0xc0)]));
});

const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
);
const key = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__');
const values = fc.dictionary(
  key,
  fc.oneof(
    scalar,
    fc.uint8Array(),
    fc.array(scalar),
    fc.dictionary(key, scalar, { noNullPrototype: true }),
  ),
  { noNullPrototype: true },
);

test('CBOR agrees with another implementation, both ways', () => {
  fc.assert(
    fc.property(values, (value) => {
      assert.deepEqual(decode('cbor', cborg.encode(value)), value);
      assert.deepEqual(plain(cborg.decode(encoded('cbor', value))), value);
    }),
  );
});

test('no CBOR bytes make the decoder fail in any other way', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, map) => {
      if (map && bytes.length > 0) bytes[0] = 0xa0 | (bytes[0]! & 31);
      try {
        decodeBody('cbor', bytes);
      } catch (error) {
        assert.ok(error instanceof ServiceError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('errors carry their text under the key of their kind', () => {
  const text = (protocol: Protocol, error: ServiceError): string =>
    Buffer.from(encodeError(protocol, error)).toString('latin1');
  const missing = new ServiceError('ResourceNotFoundException', 'gone');
  assert.equal(text('json', missing), '{"__type":"ResourceNotFoundException","message":"gone"}');
  assert.deepEqual(decode('cbor', encodeError('cbor', missing)), {
    __type: 'ResourceNotFoundException',
    message: 'gone',
  });
  assert.equal(
    text('json', new ServiceError('SerializationException', 'x')),
    '{"__type":"SerializationException","Message":"x"}',
  );
  const internal = new ServiceError('InternalFailure', null);
  assert.equal(text('json', internal), '{"__type":"InternalFailure"}');
  assert.deepEqual(
    [missing, internal, new ServiceError('ServiceUnavailable', null)].map(errorStatus),
    [400, 500, 503],
  );
});
