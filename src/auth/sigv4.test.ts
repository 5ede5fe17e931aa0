import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import aws4 from 'aws4';
import fc from 'fast-check';
import { ServiceError } from '../model/service-error.ts';
import { nextTurn } from '../runtime/node/turn.ts';
import { SimClock } from '../runtime/sim/clock.ts';
import { Scheduler } from '../runtime/sim/scheduler.ts';
import { formatAmzDate } from './amz-date.ts';
import type { Credential, CredentialStore, Principal, Session } from './credential-store.ts';
import { SigV4Authenticator } from './sigv4.ts';
import type { VerifiedIdentity } from './sigv4.ts';
import type { SignedRequest } from './signed-request.ts';

const nowMs = Date.UTC(2026, 10, 22, 5, 15, 0);
const region = 'eu-west-1';
const keyId = 'TRKIEXAMPLE';
const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const token = 'session token/with+odd=characters';

const principal: Principal = {
  account: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/alice',
  isRoot: false,
  userName: 'alice',
  userId: 'AIDALICE',
  policies: [],
};
const session: Session = {
  tokenHash: createHash('sha256').update(token).digest(),
  expiresMs: nowMs + 3_600_000,
  policy: null,
  arn: 'arn:aws:sts::123456789012:federated-user/alice',
};
const longTerm: Credential = { accessKeyId: keyId, secret, principal, session: null };
const temporary: Credential = { accessKeyId: 'TRSISESSION', secret, principal, session };

class Store implements CredentialStore {
  readonly credentials = new Map<string, Credential>(
    [longTerm, temporary].map((c) => [c.accessKeyId, c]),
  );
  find(accessKeyId: string): Credential | undefined {
    return this.credentials.get(accessKeyId);
  }
}

function makeVerifier(): { store: Store; clock: SimClock; verifier: SigV4Authenticator } {
  const store = new Store();
  const scheduler = new Scheduler({ turn: nextTurn });
  const clock = new SimClock({ scheduler }, { startMs: nowMs });
  return { store, clock, verifier: new SigV4Authenticator({ clock, credentials: store }, region) };
}

const { verifier } = makeVerifier();

interface Draft {
  method: string;
  path: string;
  headers: [name: string, value: string][];
  body: Uint8Array;
}

interface SignOptions {
  readonly dateMs?: number;
  readonly region?: string;
  readonly service?: string;
  readonly byQuery?: boolean;
  readonly credential?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

const plain: Draft = {
  method: 'POST',
  path: '/',
  headers: [
    ['Content-Type', 'application/x-amz-json-1.1'],
    ['X-Amz-Target', 'Kinesis_20131202.PutRecord'],
  ],
  body: Buffer.from('{"StreamName":"s","PartitionKey":"p","Data":"aGk="}'),
};

/** Signs with a library that shares nothing with the verifier. */
function signed(draft: Draft, options: SignOptions = {}): Draft {
  const date = formatAmzDate(options.dateMs ?? nowMs);
  const byQuery = options.byQuery === true;
  const glue = draft.path.includes('?') ? '&' : '?';
  const made = aws4.sign(
    {
      host: 'kinesis.example.com:4567',
      service: options.service ?? 'kinesis',
      region: options.region ?? region,
      method: draft.method,
      path: byQuery ? `${draft.path}${glue}X-Amz-Date=${date}` : draft.path,
      headers: {
        ...Object.fromEntries(draft.headers),
        ...(byQuery ? {} : { 'X-Amz-Date': date }),
      },
      // The signer would add a content type of its own to an empty one.
      ...(draft.body.length > 0 && { body: Buffer.from(draft.body) }),
      signQuery: byQuery,
    },
    options.credential ?? { accessKeyId: keyId, secretAccessKey: secret },
  );
  return {
    method: draft.method,
    path: made.path ?? '/',
    headers: Object.entries(made.headers ?? {}).map(([name, value]) => [name, String(value)]),
    body: draft.body,
  };
}

function requestOf(draft: Draft): SignedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of draft.headers) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  const names = draft.headers.map(([name]) => name.toLowerCase());
  return {
    method: draft.method,
    target: draft.path,
    headers,
    rawHeaders: draft.headers.flat(),
    headerNames: new Set(names).size === names.length ? names : null,
    remoteAddress: '192.0.2.7',
    secure: true,
    body: draft.body,
  };
}

/** Refused, and in the same way where nothing is known of the names of its headers. */
function refusal(draft: Draft, by: SigV4Authenticator = verifier): [string, string | null] {
  const request = requestOf(draft);
  const refused = refusalOf(request, by);
  assert.deepEqual(refusalOf({ ...request, headerNames: null }, by), refused);
  return refused;
}

/** Accepted, and as the same one where nothing is known of the names of its headers. */
function accepted(by: SigV4Authenticator, draft: Draft): VerifiedIdentity {
  const request = requestOf(draft);
  const identity = by.authenticate(request);
  assert.deepEqual(by.authenticate({ ...request, headerNames: null }), identity);
  return identity;
}

function refusalOf(request: SignedRequest, by: SigV4Authenticator): [string, string | null] {
  try {
    by.authenticate(request);
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    return [error.code, error.text];
  }
  return assert.fail('was accepted');
}

function withHeader(draft: Draft, name: string, change: (value: string) => string): Draft {
  return {
    ...draft,
    headers: draft.headers.map(([n, v]) =>
      n.toLowerCase() === name.toLowerCase() ? [n, change(v)] : [n, v],
    ),
  };
}

const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your ' +
  'AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** Printable text without blanks, which canonical forms may swallow. */
const word = fc.stringMatching(/^[!-~]{1,12}$/);
const parameter = fc.tuple(fc.stringMatching(/^[a-zA-Z0-9 *~'!()/+&=%-]{1,8}$/), word);
const draftOf = fc.record({
  method: fc.constantFrom('POST', 'GET', 'PUT'),
  path: fc
    .tuple(
      fc.array(
        fc.stringMatching(/^[a-zA-Z0-9._~-]{1,6}$/).filter((s) => !/^\.+$/.test(s)),
        {
          maxLength: 3,
        },
      ),
      fc.uniqueArray(parameter, { maxLength: 4, selector: ([name]) => name }),
    )
    .map(([segments, query]) => {
      const text = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
      return `/${segments.join('/')}${text === '' ? '' : `?${text}`}`;
    }),
  headers: fc
    .array(fc.tuple(fc.stringMatching(/^x-[a-z]{1,6}$/), word), { maxLength: 3 })
    .map((extra): [string, string][] => [
      ...plain.headers,
      ...Object.entries(Object.fromEntries(extra)),
    ]),
  body: fc.uint8Array({ minLength: 1, maxLength: 200 }),
});

describe('verified signatures', () => {
  it('of an independent signer are accepted, from headers and from the query', () => {
    fc.assert(
      fc.property(draftOf, fc.boolean(), (draft, byQuery) => {
        const identity = accepted(verifier, signed(draft, { byQuery }));
        assert.equal(identity.account, '123456789012');
        assert.equal(identity.arn, principal.arn);
      }),
      { numRuns: 300 },
    );
  });

  it('are refused after any change of a single field', () => {
    const flip = fc.nat();
    fc.assert(
      fc.property(draftOf, fc.boolean(), flip, flip, (draft, byQuery, which, where) => {
        const good = signed(draft, { byQuery });
        accepted(verifier, good);
        const changes = mutations(good, where);
        const [name, bad] = changes[which % changes.length] as [string, Draft];
        assert.doesNotThrow(() => refusal(bad), name);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are refused after every change of every field of one request', () => {
    let count = 0;
    for (const byQuery of [false, true]) {
      const good = signed({ ...plain, path: '/p/q?a=1&b=2' }, { byQuery });
      for (let where = 0; where < 64; where++) {
        for (const [name, bad] of mutations(good, where)) {
          assert.doesNotThrow(() => refusal(bad), name);
          count += 1;
        }
      }
    }
    assert.ok(count > 2_000, String(count));
  });
});

/** `text` with the character at `where` replaced by another one. */
function altered(text: string, where: number): string {
  const at = where % text.length;
  const other = text[at] === 'x' ? 'y' : 'x';
  return text.slice(0, at) + other + text.slice(at + 1);
}

/** Requests that differ from a signed one in one field, in a way that has a meaning. */
function mutations(good: Draft, where: number): [name: string, bad: Draft][] {
  const made: [string, Draft][] = [
    ['method', { ...good, method: good.method === 'POST' ? 'PUT' : 'POST' }],
    ['lower-case method', { ...good, method: good.method.toLowerCase() }],
    ['path', { ...good, path: `/x${good.path}` }],
    ['query, one more', { ...good, path: `${good.path}${good.path.includes('?') ? '&' : '?'}n=v` }],
    ['body, one more', { ...good, body: Buffer.concat([good.body, Buffer.from([where % 256])]) }],
    ['body, one less', { ...good, body: good.body.subarray(1) }],
    ['body, one bit', { ...good, body: flipped(good.body, where) }],
    ['another x-amz header', { ...good, headers: [...good.headers, ['x-amz-new', 'v']] }],
    [
      'a hash of another body',
      { ...good, headers: [...good.headers, ['X-Amz-Content-Sha256', 'a']] },
    ],
  ];
  for (const [name, value] of good.headers) {
    const others = good.headers.filter(([n]) => n !== name);
    made.push([`without ${name}`, { ...good, headers: others }]);
    made.push([`empty ${name}`, withHeader(good, name, () => '')]);
    made.push([`${name} twice`, { ...good, headers: [...good.headers, [name, value]] }]);
    made.push([`changed ${name}`, withHeader(good, name, (v) => altered(v, where))]);
  }
  const mark = good.path.indexOf('?');
  if (mark >= 0) {
    const query = good.path.slice(mark + 1).split('&');
    const at = where % query.length;
    const base = good.path.slice(0, mark);
    made.push([
      'query, one less',
      { ...good, path: `${base}?${query.toSpliced(at, 1).join('&')}` },
    ]);
    const bent = query.with(at, `${query[at] as string}x`);
    made.push(['query, value', { ...good, path: `${base}?${bent.join('&')}` }]);
    const renamed = query.with(at, `x${query[at] as string}`);
    made.push(['query, name', { ...good, path: `${base}?${renamed.join('&')}` }]);
  }
  return made;
}

function flipped(body: Uint8Array, where: number): Uint8Array {
  const copy = Uint8Array.from(body);
  const at = where % copy.length;
  copy[at] = (copy[at] as number) ^ (1 << (where % 8));
  return copy;
}

describe('the clock window', () => {
  for (const byQuery of [false, true]) {
    it(`is five minutes either way (${byQuery ? 'query' : 'header'})`, () => {
      for (const offset of [-300_000, 0, 300_000]) {
        const draft = signed(plain, { byQuery, dateMs: nowMs + offset });
        assert.equal(accepted(verifier, draft).accessKeyId, keyId);
      }
      assert.deepEqual(refusal(signed(plain, { byQuery, dateMs: nowMs - 301_000 })), [
        'InvalidSignatureException',
        'Signature expired: 20261122T050959Z is now earlier than 20261122T051000Z ' +
          '(20261122T051500Z - 5 min.)',
      ]);
      assert.deepEqual(refusal(signed(plain, { byQuery, dateMs: nowMs + 301_000 })), [
        'InvalidSignatureException',
        'Signature not yet current: 20261122T052001Z is still later than 20261122T052000Z ' +
          '(20261122T051500Z + 5 min.)',
      ]);
    });
  }

  it('refuses the replay of a request that was accepted before', () => {
    const world = makeVerifier();
    const draft = signed(plain);
    accepted(world.verifier, draft);
    world.clock.stepWall(300_001);
    assert.equal(refusal(draft, world.verifier)[0], 'InvalidSignatureException');
  });

  it('shrinks to the life a presigned request asks for, and never grows', () => {
    const world = makeVerifier();
    const short = signed({ ...plain, path: '/?X-Amz-Expires=30' }, { byQuery: true });
    const long = signed({ ...plain, path: '/?X-Amz-Expires=86400' }, { byQuery: true });
    world.clock.stepWall(30_000);
    accepted(world.verifier, short);
    world.clock.stepWall(1_000);
    assert.match(refusal(short, world.verifier)[1] ?? '', /^Signature expired: /);
    accepted(world.verifier, long);
    world.clock.stepWall(300_000);
    assert.match(refusal(long, world.verifier)[1] ?? '', /^Signature expired: /);
  });

  it('needs a date it can read', () => {
    for (const date of [
      'yesterday',
      '20261322T051500Z',
      '20261122T051500',
      '2026-11-22T05:15:00Z',
    ]) {
      const [code, text] = refusal(withHeader(signed(plain), 'x-amz-date', () => date));
      assert.equal(code, 'IncompleteSignatureException');
      assert.ok(text?.includes(`Got '${date}'`));
    }
  });
});

describe('the scope of a signature', () => {
  const cases: readonly (readonly [string, SignOptions, (draft: Draft) => Draft, RegExp])[] = [
    ['region', { region: 'us-east-1' }, same, /valid region, not 'us-east-1'\.$/],
    ['service', { service: 'dynamodb' }, same, /correct service: 'kinesis'\.$/],
    [
      'date',
      {},
      (draft) => withHeader(draft, 'authorization', (v) => v.replace('/20261122/', '/20261121/')),
      /'20261121' != '20261122', from '20261122T051500Z'\.$/,
    ],
    [
      'terminator',
      {},
      (draft) => withHeader(draft, 'authorization', (v) => v.replace('aws4_request', 'aws5')),
      /'aws4_request', not 'aws5'\.$/,
    ],
  ];
  for (const [name, options, change, text] of cases) {
    it(`names a wrong ${name}`, () => {
      const [code, message] = refusal(change(signed(plain, options)));
      assert.equal(code, 'InvalidSignatureException');
      assert.match(message ?? '', text);
    });
  }

  it('must have its five parts, and the algorithm must be the one', () => {
    const [code] = refusal(
      withHeader(signed(plain), 'authorization', (v) => v.replace('/kinesis/', '/')),
    );
    assert.equal(code, 'IncompleteSignatureException');
    const other = withHeader(signed(plain), 'authorization', (v) => v.replace('SHA256', 'SHA512'));
    assert.equal(refusal(other)[0], 'IncompleteSignatureException');
  });
});

function same(draft: Draft): Draft {
  return draft;
}

describe('keys and tokens', () => {
  const inSession = { accessKeyId: 'TRSISESSION', secretAccessKey: secret, sessionToken: token };
  const invalidToken = [
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  ];

  it('a session is who it was issued to', () => {
    for (const byQuery of [false, true]) {
      const draft = signed(plain, { credential: inSession, byQuery });
      assert.equal(accepted(verifier, draft).arn, session.arn);
    }
  });

  it('unknown keys, missing, wrong and superfluous tokens are refused alike', () => {
    for (const credential of [
      { accessKeyId: 'NOBODY', secretAccessKey: secret },
      { accessKeyId: 'TRSISESSION', secretAccessKey: secret },
      { ...inSession, sessionToken: 'another' },
      { accessKeyId: keyId, secretAccessKey: secret, sessionToken: token },
    ]) {
      assert.deepEqual(refusal(signed(plain, { credential })), invalidToken);
    }
  });

  it('a wrong secret is a wrong signature', () => {
    const credential = { accessKeyId: keyId, secretAccessKey: `${secret}x` };
    assert.deepEqual(refusal(signed(plain, { credential })), [
      'InvalidSignatureException',
      mismatch,
    ]);
  });

  it('an expired session is refused', () => {
    const world = makeVerifier();
    world.clock.stepWall(3_600_000);
    const dateMs = world.clock.now();
    const draft = signed(plain, { credential: inSession, dateMs });
    assert.deepEqual(refusal(draft, world.verifier), [
      'ExpiredTokenException',
      'The security token included in the request is expired',
    ]);
  });

  it('a revoked key and a changed secret count at once, whatever was cached', () => {
    const world = makeVerifier();
    const draft = signed(plain);
    accepted(world.verifier, draft);
    world.store.credentials.set(keyId, { ...longTerm, secret: 'another' });
    assert.deepEqual(refusal(draft, world.verifier), ['InvalidSignatureException', mismatch]);
    world.store.credentials.delete(keyId);
    assert.deepEqual(refusal(draft, world.verifier), invalidToken);
  });
});

describe('what a signature must cover', () => {
  it('takes a body hash that is right, and refuses unsigned payloads', () => {
    const hash = createHash('sha256').update(plain.body).digest('hex');
    const withHash = (value: string): Draft => ({
      ...plain,
      headers: [...plain.headers, ['X-Amz-Content-Sha256', value]],
    });
    accepted(verifier, signed(withHash(hash)));
    for (const value of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'e3b0c442']) {
      assert.deepEqual(refusal(signed(withHash(value))), ['InvalidSignatureException', mismatch]);
    }
  });

  it('host or :authority, each standing for the other', () => {
    const good = signed(plain);
    const asHttp2: Draft = {
      ...good,
      headers: good.headers.map(([n, v]) => [n.toLowerCase() === 'host' ? ':authority' : n, v]),
    };
    accepted(verifier, asHttp2);
    const [host = ['', '']] = good.headers.filter(([n]) => n.toLowerCase() === 'host');
    const both = signed({ ...plain, headers: [...plain.headers, [':authority', host[1]]] });
    const pseudo = { ...both, headers: both.headers.filter(([n]) => n.toLowerCase() !== 'host') };
    assert.ok(pseudo.headers.some(([, v]) => v.includes('SignedHeaders=:authority;')));
    accepted(verifier, pseudo);
    refusal(withHeader(pseudo, ':authority', (v) => `x${v}`));
    const neither = withHeader(good, 'authorization', (v) => v.replace('host;', ''));
    assert.deepEqual(refusal(neither), [
      'InvalidSignatureException',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ]);
  });

  it('ignores headers that are not signed and mean nothing', () => {
    const good = signed(plain);
    const proxied: Draft = { ...good, headers: [...good.headers, ['Via', '1.1 proxy']] };
    assert.equal(accepted(verifier, proxied).accessKeyId, keyId);
    const agent: Draft = { ...good, headers: [...good.headers, ['X-Amz-User-Agent', 'sdk/1']] };
    assert.equal(accepted(verifier, agent).accessKeyId, keyId);
    const untyped = signed({ ...plain, headers: plain.headers.slice(1), body: Buffer.alloc(0) });
    const typed: Draft = { ...untyped, headers: [...untyped.headers, ['Content-Type', 'a/b']] };
    assert.equal(accepted(verifier, typed).accessKeyId, keyId);
  });

  it('blanks in header values count as one', () => {
    const spaced: Draft = { ...plain, headers: [...plain.headers, ['x-note', '  a   b  ']] };
    const good = signed(spaced);
    accepted(verifier, good);
    accepted(
      verifier,
      withHeader(good, 'x-note', () => 'a b'),
    );
  });
});
