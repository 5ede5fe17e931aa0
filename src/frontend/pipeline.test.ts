import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OpenAuthenticator } from '../auth/open-authenticator.ts';
import { decodeBody, encodeOutput } from '../api/codec.ts';
import type { Caller, Protocol } from '../api/operation.ts';
import { StreamingOutput } from '../api/response-stream.ts';
import type { ResponseStream } from '../api/response-stream.ts';
import { ServiceError } from '../model/service-error.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import type { HttpReply, HttpRequest } from './exchange.ts';
import { Pipeline } from './pipeline.ts';
import type { ApiCalls, Call, CallOutput, RequestObserver } from './pipeline.ts';

const json = 'application/x-amz-json-1.1';
const cbor = 'application/x-amz-cbor-1.1';
const signature =
  'AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/kinesis/aws4_request, ' +
  'SignedHeaders=host, Signature=abc';

/** Operations that answer with their own input, as JSON. */
class FakeApi implements ApiCalls<Caller, object> {
  calls: Call[] = [];
  streams: ResponseStream[] = [];

  has(operation: string): boolean {
    return ['Echo', 'Later', 'Refuse', 'Crash', 'CrashLater', 'Stream', 'Nothing'].includes(
      operation,
    );
  }

  decode(_operation: string | null, protocol: Protocol, body: Uint8Array): object {
    return decodeBody(protocol, body) as object;
  }

  invoke(operation: string, input: object, call: Call): CallOutput | Promise<CallOutput> {
    this.calls.push(call);
    switch (operation) {
      case 'Echo':
        return [Buffer.from(JSON.stringify(input))];
      case 'Later':
        return Promise.resolve([Buffer.from('later')]);
      case 'Nothing':
        return [];
      case 'Refuse':
        throw new ServiceError('LimitExceededException', 'slow down');
      case 'Crash':
        throw new TypeError('bug');
      case 'CrashLater':
        return Promise.reject(new TypeError('bug'));
      default:
        return new StreamingOutput((stream) => this.streams.push(stream));
    }
  }
}

class FakeStream implements ResponseStream {
  open = true;
  #closed: () => void = () => {};
  write(): boolean {
    return true;
  }
  onDrain(): void {}
  onClose(closed: () => void): void {
    this.#closed = closed;
  }
  end(): void {
    this.open = false;
    this.#closed();
  }
  destroy(): void {
    this.end();
  }
}

interface Got {
  status: number;
  headers: Map<string, string>;
  text: string;
}

interface Sent {
  method?: string;
  target?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A well-formed request but for what the case says. */
const good = { 'content-type': json, 'x-amz-target': 'Kinesis_20131202.Echo' };
const signed = { ...good, authorization: signature, 'x-amz-date': '20261122T000000Z' };

function makePipeline(): {
  ask: (sent: Sent) => Promise<Got>;
  pipeline: Pipeline<Caller, object>;
  api: FakeApi;
  logged: string[];
  finished: (readonly [string | null, string | null])[];
} {
  const api = new FakeApi();
  const logged: string[] = [];
  const finished: (readonly [string | null, string | null])[] = [];
  const observer: RequestObserver = {
    started: () => {},
    finished: (operation, code) => finished.push([operation, code]),
  };
  const pipeline = new Pipeline<Caller, object>({
    clock: new NodeClock(),
    random: new NodeRandom(),
    log: { error: (_fields, text) => logged.push(text) },
    observer,
    authenticator: new OpenAuthenticator(),
    api,
  });
  const ask = (sent: Sent): Promise<Got> =>
    new Promise((resolve) => {
      const take = (status: number, flat: readonly string[], text: string): void => {
        const headers = new Map<string, string>();
        for (let i = 0; i + 1 < flat.length; i += 2) {
          const name = (flat[i] as string).toLowerCase();
          assert.ok(!headers.has(name), `${name} is sent twice`);
          headers.set(name, flat[i + 1] as string);
        }
        resolve({ status, headers, text });
      };
      const reply: HttpReply = {
        send: (status, headers, body) =>
          take(status, headers, textOf(headers, Buffer.concat(body as readonly Uint8Array[]))),
        stream: (status, headers) => {
          take(status, headers, 'stream');
          return new FakeStream();
        },
      };
      pipeline.handle(requestOf(sent), reply);
    });
  return { ask, pipeline, api, logged, finished };
}

function requestOf({ method = 'POST', target = '/', headers = {}, body = '' }: Sent): HttpRequest {
  return {
    method,
    target,
    headers,
    rawHeaders: Object.entries(headers).flat(),
    remoteAddress: '127.0.0.1',
    secure: false,
    body: body.startsWith('C')
      ? Buffer.concat(encodeOutput('cbor', JSON.parse(body.slice(1)) as object))
      : Buffer.from(body),
  };
}

/** In this file CBOR is written as JSON with a `C` before it. */
function textOf(headers: readonly string[], body: Uint8Array): string {
  return headers.includes(cbor)
    ? `C${JSON.stringify(decodeBody('cbor', body))}`
    : Buffer.from(body).toString();
}

const undetermined =
  '<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be ' +
  'authorized</Message>\n</AccessDeniedException>\n';
const echo = { 'x-amz-target': 'Kinesis_20131202.Echo' };
const unknown = { 'x-amz-target': 'Kinesis_20131202.Nonsense' };

/** name, request, status, content type, body */
const steps: readonly (readonly [string, Sent, number, string | undefined, string])[] = [
  ['another method', { method: 'GET', headers: good }, 403, undefined, undetermined],
  ['OPTIONS without an origin', { method: 'OPTIONS' }, 403, undefined, undetermined],
  ['an empty body', { headers: good }, 400, json, '{"__type":"SerializationException"}'],
  [
    'an empty body of no operation',
    { headers: { 'content-type': json } },
    400,
    json,
    '{"__type":"UnknownOperationException"}',
  ],
  [
    'an empty body of no type',
    { headers: echo },
    400,
    cbor,
    'C{"__type":"SerializationException"}',
  ],
  [
    'an empty body of plain JSON',
    { headers: { ...unknown, 'content-type': 'application/json' } },
    400,
    cbor,
    'C{"__type":"UnknownOperationException"}',
  ],
  ['no content type and no target', { body: '{}' }, 403, undefined, undetermined],
  [
    'a target without operation',
    { body: '{}', headers: { 'x-amz-target': 'Kinesis_20131202' } },
    403,
    undefined,
    undetermined,
  ],
  [
    'a wrong content type with a target',
    { body: '{}', headers: { ...unknown, 'content-type': 'text/plain' } },
    404,
    undefined,
    '<UnknownOperationException/>\n',
  ],
  [
    'a body that does not parse',
    { body: '{', headers: good },
    400,
    json,
    '{"__type":"SerializationException"}',
  ],
  [
    'a body that is no object',
    { body: '1', headers: { ...unknown, 'content-type': json } },
    400,
    json,
    '{"__type":"SerializationException"}',
  ],
  [
    'plain JSON that does not parse',
    { body: '{', headers: { ...echo, 'content-type': 'application/json' } },
    400,
    'application/json',
    '{"__type":"SerializationException"}',
  ],
  [
    'plain JSON',
    { body: '{}', headers: { ...echo, 'content-type': 'application/json' } },
    404,
    'application/json',
    '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}',
  ],
  [
    'an unknown operation',
    { body: '{}', headers: { ...signed, ...unknown } },
    400,
    json,
    '{"__type":"UnknownOperationException"}',
  ],
  [
    'another service',
    { body: '{}', headers: { ...signed, 'x-amz-target': 'DynamoDB_20120810.Echo' } },
    400,
    json,
    '{"__type":"UnknownOperationException"}',
  ],
  [
    'no signature',
    { body: 'C{}', headers: { ...echo, 'content-type': cbor } },
    400,
    cbor,
    'C{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}',
  ],
  ['a good request', { body: '{"a":1}', headers: signed }, 200, json, '{"a":1}'],
  [
    'a content type with parameters',
    { body: '{}', headers: { ...signed, 'content-type': ` ${json} ; charset=utf-8` } },
    200,
    json,
    '{}',
  ],
  ['any path', { body: '{}', target: '/some/path?x=y', headers: signed }, 200, json, '{}'],
  [
    'an operation that answers later',
    { body: '{}', headers: { ...signed, 'x-amz-target': 'Kinesis_20131202.Later' } },
    200,
    json,
    'later',
  ],
  [
    'an operation without output',
    { body: '{}', headers: { ...signed, 'x-amz-target': 'Kinesis_20131202.Nothing' } },
    200,
    json,
    '',
  ],
  [
    'an operation that refuses',
    { body: '{}', headers: { ...signed, 'x-amz-target': 'Kinesis_20131202.Refuse' } },
    400,
    json,
    '{"__type":"LimitExceededException","message":"slow down"}',
  ],
];

describe('the order in which a request is looked at', () => {
  for (const [name, sent, status, type, text] of steps) {
    it(`${name}: ${status}`, async () => {
      const { ask } = makePipeline();
      const got = await ask(sent);
      assert.equal(got.text, text);
      assert.equal(got.status, status);
      assert.equal(got.headers.get('content-type'), type);
      assert.match(
        got.headers.get('x-amzn-requestid') ?? '',
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      assert.match(got.headers.get('x-amz-id-2') ?? '', /^[A-Za-z0-9+/]{96}$/);
      assert.ok(Math.abs(Date.parse(got.headers.get('date') ?? '') - Date.now()) < 60_000);
      assert.equal(got.headers.get('access-control-allow-origin'), undefined);
    });
  }

  it('a body over the cap: 413 before anything else', () => {
    const { pipeline } = makePipeline();
    let got: readonly unknown[] = [];
    const send: HttpReply['send'] = (status, headers, body) => (got = [status, headers, body]);
    const stream = (): never => assert.fail();
    pipeline.refuse(requestOf({ method: 'GET' }), { send, stream }, 'too-large');
    assert.equal(got[0], 413);
    assert.deepEqual(got[2], []);
    pipeline.refuse(requestOf({ headers: good }), { send, stream }, 'overloaded');
    assert.equal(got[0], 503);
    assert.equal(Buffer.concat(got[2] as Buffer[]).toString(), '{"__type":"ServiceUnavailable"}');
  });
});

describe('requests of browsers', () => {
  it('preflight: 200, what was asked for, no content type, no extended id', async () => {
    const { ask } = makePipeline();
    const { status, headers, text } = await ask({
      method: 'OPTIONS',
      headers: {
        origin: 'http://example.com',
        'access-control-request-headers': 'x-amz-target, x-other',
        'access-control-request-method': 'POST',
      },
    });
    assert.equal(status, 200);
    assert.equal(text, '');
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.equal(headers.get('access-control-allow-headers'), 'x-amz-target, x-other');
    assert.equal(headers.get('access-control-allow-methods'), 'POST');
    assert.equal(headers.get('access-control-max-age'), '172800');
    assert.equal(headers.get('x-amz-id-2'), undefined);
    assert.equal(headers.get('content-type'), undefined);
    assert.notEqual(headers.get('x-amzn-requestid'), undefined);
  });

  it('answers and refusals alike expose the headers SDKs read', async () => {
    const { ask } = makePipeline();
    for (const body of ['{}', '{']) {
      const { headers } = await ask({ body, headers: { ...signed, origin: 'null' } });
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.equal(
        headers.get('access-control-expose-headers'),
        'x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date',
      );
    }
  });
});

describe('calls of operations', () => {
  it('tell who calls, from where, under which request id', async () => {
    const { ask, api } = makePipeline();
    const authorization = signature.replace('AKID', '123456789012');
    const headers = { ...signed, authorization, 'user-agent': 'test/1' };
    const got = await ask({ body: '{}', headers });
    const [call] = api.calls;
    assert.equal(call?.caller.account, '123456789012');
    assert.equal(call.caller.arn, 'arn:aws:iam::123456789012:root');
    assert.equal(call.requestId, got.headers.get('x-amzn-requestid'));
    assert.equal(call.protocol, 'json');
    assert.equal(call.sourceAddress, '127.0.0.1');
    assert.equal(call.userAgent, 'test/1');
    await ask({ body: '{}', headers });
    assert.notEqual(api.calls[1]?.requestId, call.requestId);
  });

  it('that crash give InternalFailure without a message, are logged and counted', async () => {
    const { ask, logged, finished } = makePipeline();
    for (const name of ['Crash', 'CrashLater']) {
      const headers = { ...signed, 'x-amz-target': `Kinesis_20131202.${name}` };
      const got = await ask({ body: '{}', headers });
      assert.equal(got.status, 500);
      assert.equal(got.text, '{"__type":"InternalFailure"}');
    }
    assert.deepEqual(logged, ['a request failed', 'a request failed']);
    assert.deepEqual(finished, [
      ['Crash', 'InternalFailure'],
      ['CrashLater', 'InternalFailure'],
    ]);
  });

  it('that stream get the stream, which a drain ends in the regular way', async () => {
    const { ask, pipeline, api } = makePipeline();
    const headers = { ...signed, 'x-amz-target': 'Kinesis_20131202.Stream' };
    const got = await ask({ body: '{}', headers });
    assert.equal(got.headers.get('content-type'), 'application/vnd.amazon.eventstream');
    assert.equal(pipeline.streamCount, 1);
    let closed = 0;
    api.streams[0]?.onClose(() => closed++);
    pipeline.endStreams();
    assert.equal(closed, 1);
    assert.equal(pipeline.streamCount, 0);
    assert.equal(api.streams[0]?.open, false);
  });
});
