// @ts-check
// Requests without a signature, or with half of one. Whether a whole signature is right can be
// found out only with credentials that a server knows, so cases here are answered alike by all.
import { apiAnswer, CBOR_TYPE, JSON_TYPE, TARGET_PREFIX } from '../kit/client.mjs';
import { equal, fails, must } from '../kit/expect.mjs';

export const name = '(authentication)';
const MISSING = 'MissingAuthenticationTokenException';
const INCOMPLETE = 'IncompleteSignatureException';
const JSON_HEADERS = { 'Content-Type': JSON_TYPE, 'X-Amz-Target': `${TARGET_PREFIX}ListStreams` };
const CREDENTIAL = 'Credential=AKIDEXAMPLE/20261122/us-east-1/kinesis/aws4_request';
const PARTS = {
  Credential: CREDENTIAL,
  SignedHeaders: 'SignedHeaders=content-type;host;x-amz-date;x-amz-target',
  Signature: `Signature=${'0'.repeat(64)}`,
};
const DATE = '20261122T000000Z';
const NO_DATE =
  "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";

/**
 * @param {import('../kit/lab.mjs').Lab} lab
 * @param {Record<string, string>} headers
 * @param {string} [path]
 */
async function unsigned(lab, headers, path = '/') {
  const request = { path, headers: { ...JSON_HEADERS, ...headers }, body: '{}' };
  return apiAnswer(await lab.client.raw({ ...request, sign: 'none' }));
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.case('no signature', async ({ lab }) => {
    const answer = await unsigned(lab, {});
    fails(answer, MISSING, 'Missing Authentication Token');
    equal(answer.out, { __type: MISSING, message: 'Missing Authentication Token' });
    equal(answer.headers['content-type'], JSON_TYPE);
  });
  suite.case('no signature, CBOR', async ({ lab }) => {
    const headers = { ...JSON_HEADERS, 'Content-Type': CBOR_TYPE };
    const body = Buffer.of(0xa0);
    const answer = apiAnswer(await lab.client.raw({ headers, body, sign: 'none' }));
    fails(answer, MISSING, 'Missing Authentication Token');
    equal(answer.headers['content-type'], CBOR_TYPE);
  });
  for (const Authorization of ['', 'Basic dXNlcjpwYXNz', 'Bearer token', 'AWS AKID:signature']) {
    suite.case(`Authorization "${Authorization}"`, async ({ lab }) => {
      fails(await unsigned(lab, { Authorization }), MISSING, 'Missing Authentication Token');
    });
  }
  headerParts(suite);
  queryParts(suite);
  suite.case('header and query', async ({ lab }) => {
    const path = `/?X-Amz-Algorithm=AWS4-HMAC-SHA256`;
    const Authorization = `AWS4-HMAC-SHA256 ${Object.values(PARTS).join(', ')}`;
    fails(
      await unsigned(lab, { Authorization, 'X-Amz-Date': DATE }, path),
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  });
  whole(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function headerParts(suite) {
  const names = ['Credential', 'Signature', 'SignedHeaders'];
  /** Every choice of parts but the full one. */
  for (let choice = 0; choice < 7; choice++) {
    const given = names.filter((_, i) => (choice >> i) & 1);
    for (const dated of [true, false]) {
      const title = `${given.join() || 'no part'}${dated ? '' : ', no date'}`;
      suite.case(`Authorization with ${title}`, async ({ lab }) => {
        const parts = given.map((part) => PARTS[/** @type {keyof typeof PARTS} */ (part)]);
        const Authorization = `AWS4-HMAC-SHA256 ${parts.join(', ')}`.trim();
        const text =
          names
            .filter((part) => !given.includes(part))
            .map((part) => `Authorization header requires '${part}' parameter. `)
            .join('') +
          (dated ? '' : NO_DATE) +
          `Authorization=${Authorization}`;
        /** @type {Record<string, string>} */
        const headers = dated ? { Authorization, 'X-Amz-Date': DATE } : { Authorization };
        fails(await unsigned(lab, headers), INCOMPLETE, text);
      });
    }
  }
  suite.case('all parts and no date', async ({ lab }) => {
    const Authorization = `AWS4-HMAC-SHA256 ${Object.values(PARTS).join(', ')}`;
    const text = `${NO_DATE}Authorization=${Authorization}`;
    fails(await unsigned(lab, { Authorization }), INCOMPLETE, text);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function queryParts(suite) {
  const all = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIDEXAMPLE/20261122/us-east-1/kinesis/aws4_request',
    'X-Amz-Signature': '0'.repeat(64),
    'X-Amz-SignedHeaders': 'content-type;host;x-amz-target',
    'X-Amz-Date': DATE,
  };
  for (const left of Object.keys(all).slice(1)) {
    suite.case(`query without ${left}`, async ({ lab }) => {
      const given = Object.entries(all).filter(([name]) => name !== left);
      fails(
        await unsigned(lab, {}, `/?${new URLSearchParams(given)}`),
        INCOMPLETE,
        `AWS query-string parameters must include '${left}'. Re-examine the query-string parameters.`,
      );
    });
  }
  suite.case('query with X-Amz-Algorithm alone', async ({ lab }) => {
    const missing = Object.keys(all).slice(1);
    const text = missing.map((name) => `AWS query-string parameters must include '${name}'. `);
    const answer = await unsigned(lab, {}, '/?X-Amz-Algorithm=AWS4-HMAC-SHA256');
    fails(answer, INCOMPLETE, `${text.join('')}Re-examine the query-string parameters.`);
  });
  suite.case('query without X-Amz-Algorithm', async ({ lab }) => {
    const given = Object.entries(all).slice(1);
    fails(await unsigned(lab, {}, `/?${new URLSearchParams(given)}`), MISSING);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function whole(suite) {
  const request = { headers: JSON_HEADERS, body: '{}' };
  suite.case('signed in the query', async ({ lab }) => {
    const answer = apiAnswer(await lab.client.raw({ ...request, sign: 'query' }));
    must(answer.status === 200 || answer.type === 'LimitExceededException', answer.type);
  });
  const respelled = {
    'without spaces': (/** @type {string} */ text) => text.replaceAll(', ', ','),
    'in another order': (/** @type {string} */ text) => {
      const [algorithm, ...parts] = text.split(/,? /);
      return `${algorithm} ${parts.reverse().join(', ')}`;
    },
  };
  for (const [how, respell] of Object.entries(respelled)) {
    suite.case(`Authorization ${how}`, async ({ lab }) => {
      const edit = (/** @type {any} */ headers) => {
        headers['Authorization'] = respell(headers['Authorization']);
      };
      const answer = apiAnswer(await lab.client.raw({ ...request, edit }));
      must(answer.status === 200 || answer.type === 'LimitExceededException', answer.type);
    });
  }
}
