// @ts-check
// Headers of answers, also to browsers of other origins, and both versions of HTTP.
import { randomBytes } from 'node:crypto';
import { apiAnswer, CBOR_TYPE, JSON_TYPE, TARGET_PREFIX } from '../kit/client.mjs';
import { equal, must } from '../kit/expect.mjs';

export const name = '(headers and transport)';
const HEADERS = {
  'Content-Type': JSON_TYPE,
  'X-Amz-Target': `${TARGET_PREFIX}DescribeStreamSummary`,
};
const BODY = '{"StreamName":"of-nothing"}';
const EXPOSED =
  'x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date';

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  both(suite, 'x-amzn-RequestId is a UUID, another one each time', (first, second) => {
    for (const { headers } of [first, second]) {
      const id = String(headers['x-amzn-requestid']);
      must(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id), `x-amzn-RequestId ${id}`);
    }
    must(first.headers['x-amzn-requestid'] !== second.headers['x-amzn-requestid'], 'the same id');
  });
  both(suite, 'x-amz-id-2 is base64', ({ headers }) => {
    const bytes = Buffer.from(String(headers['x-amz-id-2']), 'base64');
    must(bytes.length >= 32, `${bytes.length} bytes in x-amz-id-2`);
  });
  both(suite, 'Date is right', ({ headers }) => {
    const ms = Date.parse(String(headers['date']));
    must(Math.abs(Date.now() - ms) < 60_000, `Date ${headers['date']}`);
  });
  both(suite, 'Content-Type is that of the request', ({ headers }) => {
    equal(headers['content-type'], JSON_TYPE);
  });
  both(suite, 'Content-Length', ({ headers, body }) => {
    equal(headers['content-length'], String(body.length));
  });
  both(suite, 'no checksum, no error header, nothing of other origins', ({ headers }) => {
    for (const name of ['x-amz-crc32', 'x-amzn-query-error', 'access-control-allow-origin']) {
      equal(headers[name], undefined, name);
    }
  });
  suite.case('a CBOR request is answered in CBOR', async ({ lab }) => {
    const headers = { ...HEADERS, 'Content-Type': CBOR_TYPE };
    const answer = apiAnswer(await lab.client.raw({ headers, body: Buffer.of(0xa0) }));
    equal([answer.headers['content-type'], answer.type], [CBOR_TYPE, 'InvalidArgumentException']);
  });
  suite.case('an answer without output has a content type and no body', async ({ lab }) => {
    const name = lab.name();
    const answer = await lab.create({ StreamName: name, ShardCount: 1 });
    equal([answer.status, answer.body.length], [200, 0]);
    equal([answer.headers['content-type'], answer.headers['content-length']], [JSON_TYPE, '0']);
  });
  suite.case('an error has __type and message, and nothing else', async ({ lab }) => {
    const answer = await lab.call('DescribeStreamSummary', { StreamName: 'of-nothing' });
    equal(Object.keys(answer.out).sort(), ['__type', 'message']);
    equal(answer.type, 'ResourceNotFoundException');
  });
  crossOrigin(suite);
  connections(suite);
}

/**
 * A case about two answers, over HTTP/1.1 and HTTP/2.
 * @param {import('../kit/suite.mjs').Suite} suite
 * @param {string} title
 * @param {(first: import('../kit/client.mjs').Answer, second: import('../kit/client.mjs').Answer)
 *   => void} look
 */
function both(suite, title, look) {
  for (const version of /** @type {const} */ (['raw', 'raw2'])) {
    suite.case(`${title} (HTTP/${version === 'raw' ? '1.1' : '2'})`, async ({ lab }) => {
      const ask = () => lab.client[version]({ headers: HEADERS, body: BODY });
      look(await ask(), await ask());
    });
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function crossOrigin(suite) {
  const Origin = 'https://example.com';
  both(suite, 'without Origin nothing is exposed', ({ headers }) => {
    equal(headers['access-control-expose-headers'], undefined);
  });
  suite.case('a request from another origin', async ({ lab }) => {
    const answer = await lab.client.raw({ headers: { ...HEADERS, Origin }, body: BODY });
    equal(answer.headers['access-control-allow-origin'], '*');
    equal(answer.headers['access-control-expose-headers'], EXPOSED);
    must(answer.headers['x-amz-id-2'] !== undefined, 'no x-amz-id-2');
  });
  suite.case('a refused request from another origin', async ({ lab }) => {
    const answer = await lab.client.raw({ method: 'GET', headers: { Origin } });
    equal([answer.status, answer.headers['access-control-allow-origin']], [403, '*']);
  });
  const asked = {
    Origin,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,x-amz-target,x-amz-date',
  };
  suite.case('preflight', async ({ lab }) => {
    const { status, headers, body } = await lab.client.raw({
      ...{ method: 'OPTIONS', headers: asked, sign: 'none' },
    });
    equal([status, body.length, headers['content-length']], [200, 0, '0']);
    equal(headers['access-control-allow-origin'], '*');
    equal(headers['access-control-max-age'], '172800');
    equal(headers['access-control-allow-methods'], 'POST');
    equal(headers['access-control-allow-headers'], asked['Access-Control-Request-Headers']);
    equal(headers['access-control-expose-headers'], EXPOSED);
    equal([headers['content-type'], headers['x-amz-id-2']], [undefined, undefined]);
    must(headers['x-amzn-requestid'] !== undefined, 'no x-amzn-RequestId');
  });
  suite.case('preflight that asks for nothing', async ({ lab }) => {
    const request = { method: 'OPTIONS', headers: { Origin } };
    const { status, headers } = await lab.client.raw({ ...request, sign: 'none' });
    equal([status, headers['access-control-allow-methods']], [200, undefined]);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function connections(suite) {
  suite.case('many streams on one HTTP/2 connection', async ({ lab }) => {
    const session = await lab.client.session();
    try {
      const ask = () =>
        new Promise((resolve, reject) => {
          const stream = lab.client.stream(session, { headers: HEADERS, body: BODY });
          stream.once('response', (headers) => resolve(headers[':status']));
          stream.once('error', reject);
          stream.resume();
        });
      const statuses = await Promise.all(Array.from({ length: 40 }, ask));
      equal(new Set(statuses), new Set([400]));
    } finally {
      session.destroy();
    }
  });
  suite.case('HTTP/2 pings are answered', async ({ lab }) => {
    const session = await lab.client.session();
    try {
      const payload = randomBytes(8);
      const echo = await new Promise((resolve, reject) => {
        session.ping(payload, (error, _, answer) => (error ? reject(error) : resolve(answer)));
      });
      equal(Buffer.from(/** @type {Buffer} */ (echo)), payload);
    } finally {
      session.destroy();
    }
  });
  suite.case('twenty HTTP/2 connections for a request each', async ({ lab }) => {
    const ask = () => lab.client.raw2({ headers: HEADERS, body: BODY });
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    for (const answer of answers) {
      const { type } = apiAnswer(answer);
      must(['ResourceNotFoundException', 'LimitExceededException'].includes(type), type);
    }
  });
}
