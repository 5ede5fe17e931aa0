// @ts-check
// Whether a whole signature is right: everything in a request that is covered by one is changed,
// one thing at a time. Needs credentials that the server knows.
import { apiAnswer, CBOR_TYPE, JSON_TYPE, TARGET_PREFIX } from '../kit/client.mjs';
import { fails, must, ok } from '../kit/expect.mjs';
import { amzDate, Signer } from '../kit/signature.mjs';

/** @typedef {import('../kit/lab.mjs').Lab} Lab */
/** @typedef {import('../kit/signature.mjs').Parts} Parts */

export const name = '(signatures)';
const INVALID = 'InvalidSignatureException';
const UNRECOGNIZED = 'UnrecognizedClientException';
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your ' +
  'AWS Secret Access Key and signing method. Consult the service documentation for details.';
const NOT_VALID = 'The security token included in the request is invalid.';
const MINUTE_MS = 60_000;
const HEADERS = { 'Content-Type': JSON_TYPE, 'X-Amz-Target': `${TARGET_PREFIX}DescribeLimits` };
const BODY = '{}';

/**
 * @typedef {object} Sent
 * @property {Record<string, string>} headers
 * @property {string} path
 * @property {string} body
 *
 * @typedef {'header' | 'query'} Way
 */

/**
 * Sends a signed request after the last changes to it.
 * @param {Lab} lab
 * @param {Way} way
 * @param {Parts & { credentials?: import('../kit/client.mjs').Credentials }} parts
 * @param {(sent: Sent) => void} [change]
 */
export async function send(lab, way, parts = {}, change = () => undefined) {
  const { client } = lab;
  const unsigned = { host: client.url.host, headers: HEADERS, body: BODY };
  for (;;) {
    const signer = new Signer(parts.credentials ?? client.credentials, client.region, parts);
    /** @type {Sent} */
    const sent = { headers: { ...HEADERS, host: unsigned.host }, path: '/', body: BODY };
    if (way === 'header') sent.headers = signer.headers(unsigned);
    else sent.path = signer.path(unsigned);
    change(sent);
    const answer = apiAnswer(await client.raw({ ...sent, sign: 'none' }));
    // Refused for its rate it was let in; it is sent once more to hear the answer.
    if (answer.type !== 'LimitExceededException') return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  for (const way of /** @type {Way[]} */ (['header', 'query'])) {
    const title = (/** @type {string} */ text) => `${text} (signed in the ${way})`;
    suite.case(title('a right signature'), async ({ lab }) => void ok(await send(lab, way)));
    keys(suite, way, title);
    scopes(suite, way, title);
    dates(suite, way, title);
    changes(suite, way, title);
  }
  headersOnly(suite);
  queryOnly(suite);
  http2(suite);
}

/**
 * @param {import('../kit/suite.mjs').Suite} suite
 * @param {Way} way
 * @param {(text: string) => string} title
 */
function keys(suite, way, title) {
  suite.case(title('a wrong secret'), async ({ lab }) => {
    const credentials = { ...lab.client.credentials, secretAccessKey: 'x'.repeat(40) };
    fails(await send(lab, way, { credentials }), INVALID, MISMATCH);
  });
  suite.case(title('an access key that nobody has'), async ({ lab }) => {
    const credentials = { accessKeyId: 'AKIDNOBODYHASTHISKEY', secretAccessKey: 'x'.repeat(40) };
    fails(await send(lab, way, { credentials }), UNRECOGNIZED, NOT_VALID);
  });
  suite.case(title('a token with keys that have none'), async ({ lab }) => {
    const { accessKeyId, secretAccessKey } = lab.client.credentials;
    const credentials = { accessKeyId, secretAccessKey, sessionToken: 'bm90IGEgdG9rZW4=' };
    fails(await send(lab, way, { credentials }), UNRECOGNIZED, NOT_VALID);
  });
}

/**
 * @param {import('../kit/suite.mjs').Suite} suite
 * @param {Way} way
 * @param {(text: string) => string} title
 */
function scopes(suite, way, title) {
  /** @type {Record<string, Parts>} */
  const wrong = {
    'the scope of another region': { region: 'mars-north-1' },
    'the scope of another service': { service: 'dynamodb' },
    'the scope of another terminator': { terminator: 'aws3_request' },
    'the scope of another day': { scopeDate: '20130412' },
  };
  for (const [what, parts] of Object.entries(wrong)) {
    suite.case(title(what), async ({ lab }) => fails(await send(lab, way, parts), INVALID));
  }
}

/**
 * @param {import('../kit/suite.mjs').Suite} suite
 * @param {Way} way
 * @param {(text: string) => string} title
 */
function dates(suite, way, title) {
  const from = (/** @type {number} */ minutes) => new Date(Date.now() + minutes * MINUTE_MS);
  suite.case(title('six minutes old'), async ({ lab }) => {
    const date = from(-6);
    const text = new RegExp(
      `^Signature expired: ${amzDate(date)} is now earlier than ` +
        String.raw`\d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$`,
    );
    fails(await send(lab, way, { date }), INVALID, text);
  });
  suite.case(title('six minutes from the future'), async ({ lab }) => {
    const date = from(6);
    const text = new RegExp(
      `^Signature not yet current: ${amzDate(date)} is still later than ` +
        String.raw`\d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$`,
    );
    fails(await send(lab, way, { date }), INVALID, text);
  });
  for (const minutes of [-4, 4]) {
    suite.case(title(`${minutes} minutes from now`), async ({ lab }) => {
      ok(await send(lab, way, { date: from(minutes) }));
    });
  }
}

/**
 * What was signed is changed afterwards.
 * @param {import('../kit/suite.mjs').Suite} suite
 * @param {Way} way
 * @param {(text: string) => string} title
 */
function changes(suite, way, title) {
  /** @type {Record<string, (sent: Sent) => void>} */
  const changed = {
    'another body': (sent) => (sent.body = '{ }'),
    'a body with a byte behind it': (sent) => (sent.body += '\n'),
    'another target': (sent) => (sent.headers['X-Amz-Target'] = `${TARGET_PREFIX}ListStreams`),
    'another host': (sent) => {
      sent.headers = { ...sent.headers, host: 'kinesis.example.org' };
    },
    'a parameter more in the query': (sent) => {
      sent.path += sent.path === '/' ? '?a=b' : '&a=b';
    },
    'another digit in the signature': (sent) => {
      const flip = (/** @type {string} */ text) =>
        text.replace(/Signature=(.)/, (_, digit) => `Signature=${digit === '0' ? '1' : '0'}`);
      if (way === 'query') sent.path = flip(sent.path);
      else sent.headers['Authorization'] = flip(sent.headers['Authorization'] ?? '');
    },
    'half of the signature': (sent) => {
      const cut = (/** @type {string} */ text) => text.replace(/(Signature=.{32}).{32}/, '$1');
      if (way === 'query') sent.path = cut(sent.path);
      else sent.headers['Authorization'] = cut(sent.headers['Authorization'] ?? '');
    },
  };
  for (const [what, change] of Object.entries(changed)) {
    suite.case(title(what), async ({ lab }) => {
      fails(await send(lab, way, {}, change), INVALID, MISMATCH);
    });
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function headersOnly(suite) {
  suite.case('the Date header of HTTP instead of X-Amz-Date', async ({ lab }) => {
    ok(await send(lab, 'header', { dateHeader: true }));
  });
  suite.case('the same request twice within the window', async ({ lab }) => {
    const date = new Date();
    ok(await send(lab, 'header', { date }));
    ok(await send(lab, 'header', { date }));
  });
  suite.case('another date than the one that was signed', async ({ lab }) => {
    const later = amzDate(new Date(Date.now() + MINUTE_MS));
    const change = (/** @type {Sent} */ sent) => (sent.headers['X-Amz-Date'] = later);
    fails(await send(lab, 'header', {}, (sent) => void change(sent)), INVALID);
  });
  suite.case('x-amz-content-sha256 of another body', async ({ lab }) => {
    const { client } = lab;
    const signer = new Signer(client.credentials, client.region);
    const headers = signer.headers({
      host: client.url.host,
      headers: { ...HEADERS, 'X-Amz-Content-Sha256': '0'.repeat(64) },
      body: BODY,
    });
    const answer = await client.raw({ headers, body: BODY, sign: 'none' });
    fails(apiAnswer(answer), INVALID);
  });
  suite.case('a wrong secret, CBOR', async ({ lab }) => {
    const { client } = lab;
    const credentials = { ...client.credentials, secretAccessKey: 'x'.repeat(40) };
    const body = Buffer.of(0xa0);
    const signed = { ...HEADERS, 'Content-Type': CBOR_TYPE };
    const signer = new Signer(credentials, client.region);
    const headers = signer.headers({ host: client.url.host, headers: signed, body });
    const answer = await client.raw({ headers, body, sign: 'none' });
    fails(apiAnswer(answer), INVALID, MISMATCH);
    must(answer.headers['content-type'] === CBOR_TYPE, String(answer.headers['content-type']));
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function queryOnly(suite) {
  const presigned = async (/** @type {Lab} */ lab, /** @type {Date} */ date) => {
    const { client } = lab;
    const unsigned = { host: client.url.host, headers: HEADERS, body: BODY };
    const signer = new Signer(client.credentials, client.region, { date });
    const path = signer.path(unsigned, { 'X-Amz-Expires': '60' });
    const headers = { ...HEADERS, host: unsigned.host };
    return apiAnswer(await client.raw({ path, headers, body: BODY, sign: 'none' }));
  };
  suite.case('X-Amz-Expires that has not passed', async ({ lab }) => {
    const answer = await presigned(lab, new Date());
    if (answer.type !== 'LimitExceededException') ok(answer);
  });
  suite.case('X-Amz-Expires that has passed', async ({ lab }) => {
    fails(await presigned(lab, new Date(Date.now() - 2 * MINUTE_MS)), INVALID);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function http2(suite) {
  for (const hostHeader of /** @type {const} */ ([':authority', 'host'])) {
    const sent = async (/** @type {Lab} */ lab, /** @type {string} */ body) => {
      const { client } = lab;
      const signer = new Signer(client.credentials, client.region, { hostHeader });
      const headers = signer.headers({ host: client.url.host, headers: HEADERS, body: BODY });
      return apiAnswer(await client.raw2({ headers, body, sign: 'none' }));
    };
    suite.case(`over HTTP/2 with ${hostHeader} signed`, async ({ lab }) => {
      const answer = await sent(lab, BODY);
      if (answer.type !== 'LimitExceededException') ok(answer);
    });
    suite.case(`over HTTP/2 with ${hostHeader} signed and another body`, async ({ lab }) => {
      fails(await sent(lab, '{ }'), INVALID, MISMATCH);
    });
  }
}
