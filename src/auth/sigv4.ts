/**
 * Signature Version 4, verified: header and query signatures, HTTP/1.1 and HTTP/2.
 *
 * A request is accepted only if the signature covers its method, path, query, body, host and every
 * `x-amz-` header that has a meaning, was made within five minutes of now for this region and
 * service, and with a secret that is in force. The content type need not be signed, because several
 * SDKs do not; a changed one can only make the body unreadable. Which part of a signature is wrong
 * is not told, beyond what the service tells.
 */
import { createHash, hash, timingSafeEqual } from 'node:crypto';
import { Memo } from '../common/memo.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { formatAmzDate, parseAmzDate } from './amz-date.ts';
import { AuthorizationReader } from './authorization.ts';
import type { Authorization } from './authorization.ts';
import { canonicalHeaders, CanonicalRequests, canonicalValue } from './canonical-request.ts';
import type { CanonicalHeaders } from './canonical-request.ts';
import type { Credential, CredentialStore } from './credential-store.ts';
import { headerOf } from './signed-request.ts';
import type { Identity, SignedRequest } from './signed-request.ts';
import { SigningKeys } from './signing-keys.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'kinesis';
const TERMINATOR = 'aws4_request';

/** How far a signature's date may be from now, either way. */
const WINDOW_MS = 300_000;

/** Clients and seconds of which parts of the header are remembered. */
const REMEMBERED = { entriesMax: 1_024, textMax: 1_024 };

/** Derived keys kept: one per access key and day, and those of yesterday. */
const SIGNING_KEYS_MAX = 4_096;

/** SHA-256 in hexadecimal. */
const SIGNATURE_CHARS = 64;

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your ' +
  'AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** The one `x-amz-` header that means nothing, which is why some SDKs do not sign it. */
const UNSIGNED_HEADER = 'x-amz-user-agent';

/** An identity with the credential it was proven by, and what policies ask about the request. */
export interface VerifiedIdentity extends Identity {
  readonly credential: Credential;
  readonly sourceAddress: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  readonly userAgent: string | null;
  readonly referer: string | null;
}

export interface SigV4Dependencies {
  readonly clock: Clock;
  readonly credentials: CredentialStore;
}

/** `key id/date/region/service/terminator`, taken apart. */
interface Scope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
}

export class SigV4Authenticator {
  readonly #clock: Clock;
  readonly #credentials: CredentialStore;
  readonly #region: string;
  readonly #keys = new SigningKeys(SIGNING_KEYS_MAX);
  readonly #authorizations = new AuthorizationReader();
  readonly #scopes = new Memo(parseScope, REMEMBERED);
  readonly #signedNames = new Memo(splitNames, REMEMBERED);
  readonly #canonical = new CanonicalRequests();
  /** The head of the text signed last, and what it is about. */
  #head = '';
  #headScope: Scope | null = null;
  #headDate = '';
  /** Of the request being looked at: the signature wanted and the one given. */
  readonly #expected = Buffer.alloc(SIGNATURE_CHARS);
  readonly #claimed = Buffer.alloc(SIGNATURE_CHARS);
  /** Instants by their basic form. */
  readonly #instants = new Memo(parseAmzDate, REMEMBERED);

  constructor({ clock, credentials }: SigV4Dependencies, region: string) {
    this.#clock = clock;
    this.#credentials = credentials;
    this.#region = region;
  }

  /** Throws ServiceError, with the texts of the service, unless the request is genuine. */
  authenticate(request: SignedRequest): VerifiedIdentity {
    const authorization = this.#authorizations.read(request);
    if (authorization.algorithm !== ALGORITHM) {
      throw incomplete(`Unsupported AWS 'algorithm': '${authorization.algorithm}'. `);
    }
    const scope = this.#scopes.get(authorization.credential);
    const instantMs = this.#instants.get(authorization.date);
    const date = instantMs === null ? toAmzDate(authorization) : authorization.date;
    this.#checkWindow(authorization, date, instantMs ?? (this.#instants.get(date) as number));
    this.#checkScope(scope, date);
    const headers = canonicalHeaders(request);
    const signed = this.#signedNames.get(authorization.signedHeaders);
    checkCoverage(request, headers, authorization, signed);
    const credential = this.#credentials.find(scope.accessKeyId);
    if (credential === undefined) {
      throw unrecognized();
    }
    this.#checkToken(credential, authorization.securityToken);
    this.#checkSignature(request, authorization, headers, scope, date, credential);
    const { account, arn } = credential.principal;
    return {
      account,
      arn: credential.session?.arn ?? arn,
      accessKeyId: credential.accessKeyId,
      credential,
      sourceAddress: request.remoteAddress,
      secure: request.secure,
      userAgent: headerOf(request, 'user-agent') ?? null,
      referer: headerOf(request, 'referer') ?? null,
    };
  }

  #checkWindow(authorization: Authorization, date: string, signedMs: number): void {
    const now = this.#clock.now();
    const expires = Number(
      authorization.query.find(({ name }) => name === 'X-Amz-Expires')?.value ?? Infinity,
    );
    // A shorter life of a presigned request is respected, a longer one is not granted.
    const lifeMs = Math.min(WINDOW_MS, Number.isNaN(expires) ? 0 : expires * 1000);
    if (signedMs < now - lifeMs) {
      const earliest = formatAmzDate(now - lifeMs);
      throw invalid(
        `Signature expired: ${date} is now earlier than ${earliest} ` +
          `(${formatAmzDate(now)} - ${lifeText(lifeMs)}.)`,
      );
    }
    if (signedMs > now + WINDOW_MS) {
      const latest = formatAmzDate(now + WINDOW_MS);
      throw invalid(
        `Signature not yet current: ${date} is still later than ${latest} ` +
          `(${formatAmzDate(now)} + ${lifeText(WINDOW_MS)}.)`,
      );
    }
  }

  #checkScope(scope: Scope, date: string): void {
    let complaint = '';
    if (scope.region !== this.#region) {
      complaint += `Credential should be scoped to a valid region, not '${scope.region}'. `;
    }
    if (scope.service !== SERVICE) {
      complaint += `Credential should be scoped to correct service: '${SERVICE}'. `;
    }
    if (scope.terminator !== TERMINATOR) {
      complaint +=
        `Credential should be scoped with a valid terminator: '${TERMINATOR}', ` +
        `not '${scope.terminator}'. `;
    }
    if (scope.date !== date.slice(0, 8)) {
      complaint +=
        'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from ' +
        `HTTP: '${scope.date}' != '${date.slice(0, 8)}', from '${date}'. `;
    }
    if (complaint !== '') {
      throw invalid(complaint.trimEnd());
    }
  }

  /**
   * Temporary credentials count only together with their token, long-term ones only without any.
   */
  #checkToken(credential: Credential, token: string | null): void {
    const { session } = credential;
    if (session === null) {
      if (token !== null) {
        throw unrecognized();
      }
      return;
    }
    const hash = createHash('sha256')
      .update(token ?? '', 'latin1')
      .digest();
    if (token === null || !timingSafeEqual(hash, session.tokenHash)) {
      throw unrecognized();
    }
    if (session.expiresMs <= this.#clock.now()) {
      throw new ServiceError(
        'ExpiredTokenException',
        'The security token included in the request is expired',
      );
    }
  }

  #checkSignature(
    request: SignedRequest,
    authorization: Authorization,
    headers: CanonicalHeaders,
    scope: Scope,
    date: string,
    credential: Credential,
  ): void {
    const payloadHash = request.work?.digest() ?? hash('sha256', request.body, 'hex');
    const claimed = headers.get('x-amz-content-sha256');
    const { query, signedHeaders } = authorization;
    const signedNames = this.#signedNames.get(signedHeaders);
    const parts = { query, signedHeaders, signedNames };
    const canonical = this.#canonical.bytes(request, headers, parts, payloadHash);
    // UNSIGNED-PAYLOAD and the streaming forms are refused here, being no hash of the body.
    if (canonical === null || (claimed !== undefined && claimed !== payloadHash)) {
      throw invalid(MISMATCH);
    }
    const canonicalHash = hash('sha256', canonical, 'hex');
    const key = this.#keys.key(credential, scope.date, scope.region, SERVICE);
    const expected = key.signTwo(this.#textHead(scope, date), canonicalHash);
    if (!this.#isSame(expected, authorization.signature)) {
      throw invalid(MISMATCH);
    }
  }

  /** What is signed, up to the hash of the canonical request. */
  #textHead(scope: Scope, date: string): string {
    if (scope !== this.#headScope || date !== this.#headDate) {
      this.#head =
        `${ALGORITHM}\n${date}\n` + `${scope.date}/${scope.region}/${SERVICE}/${TERMINATOR}\n`;
      this.#headScope = scope;
      this.#headDate = date;
    }
    return this.#head;
  }

  /** Takes the same time wherever two signatures differ. */
  #isSame(expected: string, given: string): boolean {
    if (expected.length !== SIGNATURE_CHARS || given.length !== SIGNATURE_CHARS) {
      return false;
    }
    this.#expected.write(expected, 0, 'latin1');
    this.#claimed.write(given, 0, 'latin1');
    return timingSafeEqual(this.#expected, this.#claimed);
  }
}

/** The date in the basic form, from the form that HTTP gives it. */
function toAmzDate({ date }: Authorization): string {
  const ms = / GMT$/.test(date) ? Date.parse(date) : NaN;
  if (Number.isNaN(ms)) {
    throw incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${date}'. ` +
        'See http://en.wikipedia.org/wiki/ISO_8601',
    );
  }
  return formatAmzDate(ms);
}

function parseScope(credential: string): Scope {
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.split('/');
  if (terminator === undefined || rest.length > 0) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. ' +
        `keyid/date/region/service/term, got '${credential}'`,
    );
  }
  return {
    accessKeyId: accessKeyId as string,
    date: date as string,
    region: region as string,
    service: service as string,
    terminator,
  };
}

/** Throws unless everything that gives a request its meaning is signed. */
function checkCoverage(
  request: SignedRequest,
  headers: CanonicalHeaders,
  { origin }: Authorization,
  signed: readonly string[],
): void {
  // Of several Authorization headers HTTP parsers pass on one; nobody shall depend on which.
  if (origin === 'header' && (request.headerNames ?? null) === null) {
    const header = headerOf(request, 'authorization') ?? '';
    if (headers.get('authorization') !== canonicalValue(header)) {
      throw invalid(MISMATCH);
    }
  }
  if (!signed.includes('host') && !signed.includes(':authority')) {
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const name of headers.names()) {
    if (name.startsWith('x-amz-') && name !== UNSIGNED_HEADER && !signed.includes(name)) {
      throw invalid(MISMATCH);
    }
  }
}

function splitNames(signedHeaders: string): readonly string[] {
  return signedHeaders.split(';');
}

function lifeText(ms: number): string {
  return ms === WINDOW_MS ? '5 min' : `${ms / 1000} sec`;
}

function invalid(text: string): ServiceError {
  return new ServiceError('InvalidSignatureException', text);
}

function incomplete(text: string): ServiceError {
  return new ServiceError('IncompleteSignatureException', text.trimEnd());
}

function unrecognized(): ServiceError {
  return new ServiceError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
}
