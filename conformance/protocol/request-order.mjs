// @ts-check
// Which of several faults of a request is answered, and in which form: the order in which the
// service looks at method, body, content type, syntax, target, signature, types and constraints.
import { apiAnswer, CBOR_TYPE, JSON_TYPE, TARGET_PREFIX } from '../kit/client.mjs';
import { equal, fails, must } from '../kit/expect.mjs';

export const name = '(order of checks)';
const TARGET = `${TARGET_PREFIX}ListStreams`;
const DENIED =
  '<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be ' +
  'authorized</Message>\n</AccessDeniedException>\n';

/** @typedef {import('../kit/client.mjs').RawRequest} RawRequest */

/**
 * @param {import('../kit/suite.mjs').Suite} suite
 * @param {string} title
 * @param {RawRequest} request
 * @param {number} status
 * @param {string | ((body: Buffer) => void)} body
 * @param {string} [type] its content type; none when it is left out
 */
function answers(suite, title, request, status, body, type) {
  suite.case(title, async ({ lab }) => {
    const answer = await lab.client.raw(request);
    equal(answer.status, status, 'status');
    if (typeof body === 'string') equal(answer.body.toString('utf8'), body, 'body');
    else body(answer.body);
    equal(answer.headers['content-type'], type, 'content type');
    must(/^[0-9a-f-]{36}$/.test(answer.headers['x-amzn-requestid']), 'no x-amzn-RequestId');
    must(answer.headers['x-amz-id-2'] !== undefined, 'no x-amz-id-2');
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const headers = { 'Content-Type': JSON_TYPE, 'X-Amz-Target': TARGET };
    const request = { method, headers, body: method === 'GET' ? '' : '{}' };
    answers(suite, `${method} is no way to call`, request, 403, DENIED);
  }
  bodies(suite);
  contentTypes(suite);
  syntax(suite);
  targets(suite);
  order(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function bodies(suite) {
  const bare = (/** @type {string} */ name) => `{"__type":"${name}"}`;
  const cbor = (/** @type {string} */ name) => (/** @type {Buffer} */ body) => {
    const answer = apiAnswer({ status: 400, headers: { 'content-type': CBOR_TYPE }, body });
    equal(answer.out, { __type: name });
  };
  const json = (/** @type {string} */ target) => ({
    ...{ headers: { 'Content-Type': JSON_TYPE, 'X-Amz-Target': target }, body: '' },
  });
  const text = 'SerializationException';
  const unknown = 'UnknownOperationException';
  answers(suite, 'no body, JSON', json(TARGET), 400, bare(text), JSON_TYPE);
  answers(
    suite,
    'no body and no operation, JSON',
    json('Some.Thing'),
    400,
    bare(unknown),
    JSON_TYPE,
  );
  answers(
    suite,
    'no body, CBOR',
    { headers: { 'Content-Type': CBOR_TYPE, 'X-Amz-Target': TARGET }, body: '' },
    400,
    cbor(text),
    CBOR_TYPE,
  );
  const edit = (/** @type {any} */ headers) => delete headers['Content-Type'];
  answers(
    suite,
    'no body and no content type',
    { headers: { 'X-Amz-Target': TARGET }, body: '', edit },
    400,
    cbor(text),
    CBOR_TYPE,
  );
  answers(
    suite,
    'no body, no content type, no target',
    { body: '', edit },
    400,
    cbor(unknown),
    CBOR_TYPE,
  );
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function contentTypes(suite) {
  const of = (/** @type {string} */ type, /** @type {string} */ target = TARGET) => ({
    ...{ headers: { 'Content-Type': type, 'X-Amz-Target': target }, body: '{}' },
  });
  const unknown = '<UnknownOperationException/>\n';
  for (const type of ['text/plain', 'application/x-amz-json-1.0', 'application/xml', 'a']) {
    answers(suite, `content type ${type}`, of(type), 404, unknown);
    const headers = { 'Content-Type': type };
    answers(suite, `content type ${type} without target`, { headers, body: '{}' }, 403, DENIED);
  }
  for (const type of [`${JSON_TYPE}; charset=utf-8`, `${JSON_TYPE};`, ` ${JSON_TYPE} ; a=b`]) {
    suite.case(`content type "${type}" is JSON`, async ({ lab }) => {
      const answer = apiAnswer(await lab.client.raw(of(type)));
      must(answer.status === 200 || answer.type === 'LimitExceededException', answer.type);
      equal(answer.headers['content-type'], JSON_TYPE);
    });
  }
  const plain =
    '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}';
  suite.case('content type application/json', async ({ lab }) => {
    const answer = await lab.client.raw(of('application/json'));
    equal([answer.status, answer.body.toString('utf8')], [404, plain]);
  });
  suite.case('content type application/json and a body that is not', async ({ lab }) => {
    const answer = await lab.client.raw({ ...of('application/json'), body: '{' });
    equal(
      [answer.status, answer.body.toString('utf8')],
      [400, '{"__type":"SerializationException"}'],
    );
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function syntax(suite) {
  const bad = [
    '{',
    '[]',
    '7',
    '"text"',
    'null',
    'true',
    'hello',
    '{"a":}',
    "{'a':1}",
    '{} {}',
    '{"a":1,}',
  ];
  for (const body of bad) {
    const headers = { 'Content-Type': JSON_TYPE, 'X-Amz-Target': TARGET };
    const text = '{"__type":"SerializationException"}';
    answers(suite, `the JSON ${body}`, { headers, body }, 400, text, JSON_TYPE);
  }
  const broken = {
    'a list': Buffer.from('80', 'hex'),
    'a number': Buffer.from('07', 'hex'),
    'a map cut short': Buffer.from('a16161', 'hex'),
    'a reserved head': Buffer.from('a161611c', 'hex'),
    JSON: Buffer.from('{}'),
    'a map and more': Buffer.from('a0a0', 'hex'),
    'an indefinite map without end': Buffer.from('bf616101', 'hex'),
  };
  for (const [what, body] of Object.entries(broken)) {
    suite.case(`CBOR of ${what}`, async ({ lab }) => {
      const headers = { 'Content-Type': CBOR_TYPE, 'X-Amz-Target': TARGET };
      const answer = apiAnswer(await lab.client.raw({ headers, body }));
      fails(answer, 'SerializationException');
      equal([answer.headers['content-type'], answer.out], [CBOR_TYPE, { __type: answer.type }]);
    });
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function targets(suite) {
  const unknown = '{"__type":"UnknownOperationException"}';
  const bad = [
    ...['', 'ListStreams', 'Kinesis_20131202', 'Kinesis_20131202.', 'Kinesis_20131202.Nothing'],
    ...[
      'Kinesis_20131202.liststreams',
      'Kinesis_20131201.ListStreams',
      'Kinesis_20131202.ListStreams.',
    ],
    ...['Kinesis_20131202.constructor', 'Kinesis_20131202.__proto__'],
  ];
  for (const target of bad) {
    const headers = { 'Content-Type': JSON_TYPE, 'X-Amz-Target': target };
    answers(suite, `target "${target}"`, { headers, body: '{}' }, 400, unknown, JSON_TYPE);
  }
  const headers = { 'Content-Type': JSON_TYPE };
  answers(suite, 'no target', { headers, body: '{}' }, 400, unknown, JSON_TYPE);
  suite.case('the path is not examined', async ({ lab }) => {
    const all = { ...headers, 'X-Amz-Target': TARGET };
    const answer = apiAnswer(
      await lab.client.raw({ path: '/some/path', headers: all, body: '{}' }),
    );
    must(answer.status === 200 || answer.type === 'LimitExceededException', answer.type);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function order(suite) {
  const json = { 'Content-Type': JSON_TYPE, 'X-Amz-Target': `${TARGET_PREFIX}PutRecord` };
  const unsigned = (/** @type {string} */ body, /** @type {any} */ headers = json) => ({
    ...{ headers, body, sign: /** @type {const} */ ('none') },
  });
  suite.case('syntax before signature', async ({ lab }) => {
    fails(apiAnswer(await lab.client.raw(unsigned('{'))), 'SerializationException');
  });
  suite.case('target before signature', async ({ lab }) => {
    const headers = { ...json, 'X-Amz-Target': 'Kinesis_20131202.Nothing' };
    fails(apiAnswer(await lab.client.raw(unsigned('{}', headers))), 'UnknownOperationException');
  });
  suite.case('signature before types', async ({ lab }) => {
    const answer = apiAnswer(await lab.client.raw(unsigned('{"StreamName":true}')));
    fails(answer, 'MissingAuthenticationTokenException');
  });
  suite.case('types before constraints', async ({ lab }) => {
    const body = '{"StreamName":"!","PartitionKey":true}';
    fails(apiAnswer(await lab.client.raw({ headers: json, body })), 'SerializationException');
  });
  suite.case('constraints before the stream', async ({ lab }) => {
    const body = JSON.stringify({ StreamName: 'of-nothing', Data: 'YQ==', PartitionKey: '' });
    fails(apiAnswer(await lab.client.raw({ headers: json, body })), 'ValidationException');
  });
  suite.case('a body of 16 MiB is read, one far larger is not', async ({ lab }) => {
    const body = (/** @type {number} */ mib) =>
      JSON.stringify({ StreamName: 'of-nothing', Data: 'A'.repeat(mib << 20), PartitionKey: 'a' });
    const taken = apiAnswer(await lab.client.raw({ headers: json, body: body(13) }));
    fails(taken, 'ResourceNotFoundException');
    const outcome = await lab.client.raw({ headers: json, body: body(64) }).then(
      ({ status }) => status,
      () => 'connection closed',
    );
    must(outcome === 413 || outcome === 'connection closed', `answered ${outcome}`);
  });
}
