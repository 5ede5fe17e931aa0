/**
 * The canonical form of a request that a signature covers, byte for byte.
 *
 * ```
 * METHOD \n path \n query \n name:value\n… \n signed;header;names \n hex(sha256(body))
 * ```
 *
 * Texts hold one character per byte. Repeated headers are joined by commas in order of arrival,
 * query parameters sorted by their encoded form, path segments normalised and encoded once more.
 */
import { encodeBytes } from './query.ts';
import type { QueryParameter } from './query.ts';
import type { SignedRequest } from './signed-request.ts';

/** The parts of a request besides headers that the canonical form is made of. */
export interface CanonicalParts {
  readonly query: readonly QueryParameter[];
  /** As the client gave them: lower case, separated by semicolons. */
  readonly signedHeaders: string;
  /** The same, taken apart. */
  readonly signedNames: readonly string[];
}

/**
 * Header values in canonical form by lower-case name. `host` and `:authority` stand for each other
 * where only one of them was sent: clients sign the one and their HTTP layer may send the other.
 */
export interface CanonicalHeaders {
  /** Of all that were sent. */
  names(): Iterable<string>;
  get(name: string): string | undefined;
}

/** All headers of a request. */
export function canonicalHeaders(request: SignedRequest): CanonicalHeaders {
  const names = request.headerNames ?? null;
  return names === null ? new JoinedHeaders(request) : new SingleHeaders(request, names);
}

/** Of which none comes twice, so that a value is put into its form only if it is asked for. */
class SingleHeaders implements CanonicalHeaders {
  readonly #request: SignedRequest;
  readonly #names: readonly string[];

  constructor(request: SignedRequest, names: readonly string[]) {
    this.#request = request;
    this.#names = names;
  }

  names(): readonly string[] {
    return this.#names;
  }

  get(name: string): string | undefined {
    const { headers } = this.#request;
    const value = headers[name];
    if (typeof value === 'string') return canonicalValue(value);
    const other = name === 'host' ? ':authority' : name === ':authority' ? 'host' : null;
    const stand = other === null ? undefined : headers[other];
    return typeof stand === 'string' ? canonicalValue(stand) : undefined;
  }
}

/** Of which some may come more than once. */
class JoinedHeaders implements CanonicalHeaders {
  readonly #values: ReadonlyMap<string, string>;

  constructor(request: SignedRequest) {
    this.#values = joinedHeaders(request);
  }

  names(): Iterable<string> {
    return this.#values.keys();
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }
}

function joinedHeaders(request: SignedRequest): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = canonicalValue(raw[i + 1] as string);
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  const host = headers.get('host') ?? headers.get(':authority');
  if (host !== undefined) {
    const authority = headers.get(':authority') ?? host;
    headers.set('host', host);
    headers.set(':authority', authority);
  }
  return headers;
}

/** Longer forms are put into memory of their own, up to the hash of the body. */
const HEAD_BYTES_MAX = 16 * 1024;
/** SHA-256 in hexadecimal. */
const HASH_CHARS = 64;

/**
 * Canonical forms as bytes, of one request after the other. Clients repeat nearly all of it: up to
 * the hash of the body the last one is kept, together with what it was made of.
 */
export class CanonicalRequests {
  readonly #bytes = Buffer.alloc(HEAD_BYTES_MAX + HASH_CHARS);
  #headBytes = 0;
  #method = '';
  #target = '';
  #signedHeaders = '';
  /** Of the signed headers as they were sent. */
  #values: unknown[] = [];

  /**
   * `payloadHash` is in lower-case hexadecimal. The bytes are good until the next call. Null when a
   * header that is said to be signed is not there.
   */
  bytes(
    request: SignedRequest,
    headers: CanonicalHeaders,
    parts: CanonicalParts,
    payloadHash: string,
  ): Uint8Array | null {
    if (!this.#isLast(request, parts)) {
      const head = canonicalHead(request, headers, parts);
      if (head === null) {
        return null;
      }
      if (head.length > HEAD_BYTES_MAX || payloadHash.length > HASH_CHARS) {
        return Buffer.from(head + payloadHash, 'latin1');
      }
      this.#headBytes = this.#bytes.write(head, 0, 'latin1');
      this.#remember(request, parts);
    }
    const end = this.#headBytes + this.#bytes.write(payloadHash, this.#headBytes, 'latin1');
    return this.#bytes.subarray(0, end);
  }

  #isLast(request: SignedRequest, parts: CanonicalParts): boolean {
    const { signedNames, signedHeaders, query } = parts;
    const values = this.#values;
    if (
      request.method !== this.#method ||
      request.target !== this.#target ||
      signedHeaders !== this.#signedHeaders ||
      values.length !== signedNames.length ||
      query.length > 0 ||
      (request.headerNames ?? null) === null
    ) {
      return false;
    }
    for (let i = 0; i < values.length; i++) {
      if (request.headers[signedNames[i] as string] !== values[i]) {
        return false;
      }
    }
    return true;
  }

  /** Only what has each header once: there a value as it was sent makes that in canonical form. */
  #remember(request: SignedRequest, { signedNames, signedHeaders }: CanonicalParts): void {
    const values = signedNames.map((name) => request.headers[name]);
    const isWhole = values.every((value) => typeof value === 'string');
    this.#values = isWhole ? values : [];
    this.#method = request.method;
    this.#target = request.target;
    this.#signedHeaders = isWhole ? signedHeaders : '';
  }
}

/** Up to the hash of the body. Null when a header that is said to be signed is not there. */
function canonicalHead(
  request: SignedRequest,
  headers: CanonicalHeaders,
  parts: CanonicalParts,
): string | null {
  const mark = request.target.indexOf('?');
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  let lines = '';
  for (const name of parts.signedNames) {
    const value = headers.get(name);
    if (value === undefined) {
      return null;
    }
    lines += `${name}:${value}\n`;
  }
  return (
    `${request.method}\n${canonicalPath(path)}\n${canonicalQuery(parts.query)}\n` +
    `${lines}\n${parts.signedHeaders}\n`
  );
}

/** A header value with runs of blanks made one, and none at its ends. */
export function canonicalValue(value: string): string {
  return /^[ \t]|[ \t]$|\t| {2}/.test(value)
    ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')
    : value;
}

function canonicalQuery(query: readonly QueryParameter[]): string {
  if (query.length === 0) {
    return '';
  }
  const pairs: [string, string][] = [];
  for (const { name, value } of query) {
    if (name !== 'X-Amz-Signature') {
      pairs.push([encodeBytes(name), encodeBytes(value)]);
    }
  }
  // By code unit, not by locale; the encoded forms are ASCII.
  pairs.sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function canonicalPath(path: string): string {
  if (path === '/' || path === '') {
    return '/';
  }
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') {
      segments.pop();
    } else if (segment !== '' && segment !== '.') {
      segments.push(encodeBytes(segment));
    }
  }
  const directory = path.endsWith('/') && segments.length > 0 ? '/' : '';
  return `/${segments.join('/')}${directory}`;
}
