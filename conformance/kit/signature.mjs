// @ts-check
// Signature Version 4 taken apart: every part can be chosen, so that a case can have exactly one
// of them wrong. Unlike an SDK it signs whatever it is told to.
import { createHash, createHmac } from 'node:crypto';

/**
 * @typedef {import('./client.mjs').Credentials} Credentials
 *
 * @typedef {object} Unsigned
 * @property {string} host
 * @property {Record<string, string>} headers those to be signed, beside host and date
 * @property {string | Buffer} body
 * @property {Record<string, string>} [query]
 *
 * @typedef {object} Parts What the signature says; each as it should be unless given
 * @property {Date} [date]
 * @property {string} [region]
 * @property {string} [service]
 * @property {string} [terminator]
 * @property {string} [scopeDate] YYYYMMDD
 * @property {':authority' | 'host'} [hostHeader]
 * @property {boolean} [dateHeader] the Date header of HTTP instead of X-Amz-Date
 */

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** @param {Date} date */
export function amzDate(date) {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** @param {string | Buffer} data */
function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

/** @param {string} text */
function encoded(text) {
  const hex = (/** @type {string} */ c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, hex);
}

export class Signer {
  /**
   * @param {Credentials} credentials
   * @param {string} region
   * @param {Parts} [parts]
   */
  constructor(credentials, region, parts = {}) {
    this.credentials = credentials;
    this.date = amzDate(parts.date ?? new Date());
    this.parts = parts;
    const day = parts.scopeDate ?? this.date.slice(0, 8);
    const service = parts.service ?? 'kinesis';
    this.scopeParts = [day, parts.region ?? region, service, parts.terminator ?? 'aws4_request'];
    this.credential = [credentials.accessKeyId, ...this.scopeParts].join('/');
  }

  /**
   * The headers of a request that is signed in its Authorization header.
   * @param {Unsigned} request
   * @returns {Record<string, string>}
   */
  headers({ host, headers, body, query = {} }) {
    const { sessionToken } = this.credentials;
    const { dateHeader = false, hostHeader = 'host', date = new Date() } = this.parts;
    const all = {
      ...headers,
      [hostHeader]: host,
      ...(dateHeader ? { Date: date.toUTCString() } : { 'X-Amz-Date': this.date }),
      ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
    };
    const { names, signature } = this.#sign(all, query, sha256(body));
    const authorization = [
      `${ALGORITHM} Credential=${this.credential}`,
      `SignedHeaders=${names}`,
      `Signature=${signature}`,
    ].join(', ');
    /** @type {Record<string, string>} */
    const sent = { ...all, Authorization: authorization };
    delete sent[':authority'];
    return sent;
  }

  /**
   * The path of a request that is signed in its query.
   * @param {Unsigned} request
   * @param {Record<string, string>} [more] parameters, such as X-Amz-Expires
   * @returns {string}
   */
  path({ host, headers, body }, more = {}) {
    const { sessionToken } = this.credentials;
    const all = { ...headers, Host: host };
    const query = {
      'X-Amz-Algorithm': ALGORITHM,
      'X-Amz-Credential': this.credential,
      'X-Amz-Date': this.date,
      'X-Amz-SignedHeaders': signedNames(all),
      ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
      ...more,
    };
    const { signature } = this.#sign(all, query, sha256(body));
    return `/?${canonicalQuery(query)}&X-Amz-Signature=${signature}`;
  }

  /**
   * @param {Record<string, string>} headers
   * @param {Record<string, string>} query
   * @param {string} bodyHash
   */
  #sign(headers, query, bodyHash) {
    const lines = Object.entries(headers)
      .map(([name, value]) => `${name.toLowerCase()}:${value.trim()}\n`)
      .sort();
    const names = signedNames(headers);
    const canonical = ['POST', '/', canonicalQuery(query), lines.join(''), names, bodyHash];
    const text = [ALGORITHM, this.date, this.scopeParts.join('/'), sha256(canonical.join('\n'))];
    /** @type {string | Buffer} */
    let key = `AWS4${this.credentials.secretAccessKey}`;
    for (const part of [...this.scopeParts, text.join('\n')]) {
      key = createHmac('sha256', key).update(part).digest();
    }
    return { names, signature: Buffer.from(key).toString('hex') };
  }
}

/** @param {Record<string, string>} headers */
function signedNames(headers) {
  return Object.keys(headers)
    .map((name) => name.toLowerCase())
    .sort()
    .join(';');
}

/** @param {Record<string, string>} query */
function canonicalQuery(query) {
  return Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
}
