// @ts-check
// Raw signed requests to one endpoint, over HTTP/1.1 and HTTP/2: a case says exactly what is sent
// and sees exactly what came back. Nothing is retried here, and nothing waits without a limit.
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import aws4 from 'aws4';
import { Instant, decodeCbor, encodeCbor } from './cbor.mjs';

export const JSON_TYPE = 'application/x-amz-json-1.1';
export const CBOR_TYPE = 'application/x-amz-cbor-1.1';
export const TARGET_PREFIX = 'Kinesis_20131202.';
const REQUEST_TIMEOUT_MS = 20_000;
const CONNECTIONS_MAX = 64;

/**
 * @typedef {'json' | 'cbor'} Protocol
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, any>} headers names in lower case
 * @property {Buffer} body
 *
 * @typedef {Answer & { type: string, message: string | undefined, out: any }} ApiAnswer
 *
 * @typedef {object} RawRequest
 * @property {string} [method]
 * @property {string} [path]
 * @property {Record<string, string>} [headers]
 * @property {string | Buffer} [body]
 * @property {'header' | 'query' | 'none'} [sign]
 * @property {(headers: Record<string, any>) => void} [edit] last changes, after signing
 * @property {Credentials} [credentials]
 *
 * @typedef {object} Credentials
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {string} [sessionToken]
 */

export class Client {
  #agent;
  #module;

  /**
   * @param {object} options
   * @param {string} options.endpoint
   * @param {string} options.region
   * @param {Credentials} options.credentials
   */
  constructor({ endpoint, region, credentials }) {
    this.url = new URL(endpoint);
    this.region = region;
    this.credentials = credentials;
    const secure = this.url.protocol === 'https:';
    this.#module = secure ? https : http;
    const options = { keepAlive: true, maxSockets: CONNECTIONS_MAX };
    this.#agent = secure
      ? new https.Agent({ ...options, rejectUnauthorized: !isLoopback(this.url.hostname) })
      : new http.Agent(options);
  }

  /**
   * @param {RawRequest} request
   * @returns {{ method: string, path: string, headers: Record<string, any>, body: Buffer }}
   */
  prepare({ method = 'POST', path = '/', headers = {}, body = '', sign = 'header', ...rest }) {
    const bytes = Buffer.from(body);
    if (sign === 'none') {
      const all = { ...headers, 'Content-Length': String(bytes.length) };
      rest.edit?.(all);
      return { method, path, headers: all, body: bytes };
    }
    const signed = aws4.sign(
      /** @type {any} */ ({
        ...{ service: 'kinesis', region: this.region, method, path, host: this.url.host },
        ...{ headers: { ...headers }, body: bytes, signQuery: sign === 'query' },
      }),
      rest.credentials ?? this.credentials,
    );
    const all = /** @type {Record<string, any>} */ (signed.headers);
    all['Content-Length'] = String(bytes.length);
    rest.edit?.(all);
    return { method, path: signed.path ?? path, headers: all, body: bytes };
  }

  /**
   * Sends one HTTP/1.1 request.
   * @param {RawRequest} request
   * @returns {Promise<Answer>}
   */
  async raw(request) {
    const { response } = await this.open(request);
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    const { statusCode: status = 0, headers } = response;
    return { status, headers, body: Buffer.concat(chunks) };
  }

  /**
   * Sends one HTTP/1.1 request and answers when the head of the response is there.
   * @param {RawRequest} request
   * @returns {Promise<{ response: http.IncomingMessage, abort: () => void }>}
   */
  open(request) {
    const { method, path, headers, body } = this.prepare(request);
    return new Promise((resolve, reject) => {
      const sent = this.#module.request(
        {
          ...{ host: this.url.hostname, port: this.url.port, method, path, headers },
          ...{ agent: this.#agent, setHost: false, timeout: REQUEST_TIMEOUT_MS },
        },
        (response) => resolve({ response, abort: () => sent.destroy() }),
      );
      sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.once('error', reject);
      if (headers['Host'] === undefined && headers['host'] === undefined) {
        sent.setHeader('Host', this.url.host);
      }
      sent.end(body);
    });
  }

  /**
   * Sends one request on an HTTP/2 connection of its own: with prior knowledge on `http://`.
   * @param {RawRequest} request
   * @returns {Promise<Answer>}
   */
  async raw2(request) {
    const session = await this.session();
    try {
      const stream = this.stream(session, request);
      const headers = await responseOf(stream);
      /** @type {Buffer[]} */
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      return { status: headers[':status'] ?? 0, headers, body: Buffer.concat(chunks) };
    } finally {
      session.destroy();
    }
  }

  /** @returns {Promise<http2.ClientHttp2Session>} */
  session() {
    return new Promise((resolve, reject) => {
      const session = http2.connect(this.url.origin, {
        rejectUnauthorized: !isLoopback(this.url.hostname),
      });
      session.setTimeout(REQUEST_TIMEOUT_MS, () => session.destroy(new Error('no answer in time')));
      session.once('remoteSettings', () => resolve(session));
      session.once('error', reject);
      session.once('close', () => reject(new Error('the HTTP/2 connection was closed')));
    });
  }

  /**
   * @param {http2.ClientHttp2Session} session
   * @param {RawRequest} request
   * @returns {http2.ClientHttp2Stream}
   */
  stream(session, request) {
    const { method, path, headers, body } = this.prepare(request);
    /** @type {Record<string, any>} */
    const all = { ':method': method, ':path': path, ':authority': this.url.host };
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== 'host') all[name.toLowerCase()] = value;
    }
    const stream = session.request(all);
    // Whoever waits for the answer hears of it; nobody else must.
    stream.on('error', () => undefined);
    stream.end(body);
    return stream;
  }

  /**
   * The request of one operation.
   * @param {string} operation
   * @param {any} input Uint8Array for blobs, Instant for timestamps
   * @param {Protocol} protocol
   * @returns {RawRequest}
   */
  request(operation, input, protocol) {
    return {
      headers: {
        'Content-Type': protocol === 'json' ? JSON_TYPE : CBOR_TYPE,
        'X-Amz-Target': TARGET_PREFIX + operation,
      },
      body: protocol === 'json' ? JSON.stringify(jsonValue(input)) : encodeCbor(input),
    };
  }

  /**
   * Calls one operation, once.
   * @param {string} operation
   * @param {any} input
   * @param {Protocol} protocol
   * @returns {Promise<ApiAnswer>}
   */
  async once(operation, input, protocol) {
    return apiAnswer(await this.raw(this.request(operation, input, protocol)));
  }

  close() {
    this.#agent.destroy();
  }
}

/**
 * An answer with its body read, by its content type.
 * @param {Answer} answer
 * @returns {ApiAnswer}
 */
export function apiAnswer(answer) {
  let out = null;
  if (answer.body.length > 0) {
    try {
      const cbor = String(answer.headers['content-type'] ?? '').includes('cbor');
      out = cbor ? decodeCbor(answer.body) : JSON.parse(answer.body.toString('utf8'));
    } catch {
      // A body that is neither is shown by cases that look at it.
      out = null;
    }
  }
  const type = String(out?.__type ?? (answer.status === 200 ? '' : `HTTP ${answer.status}`));
  return { ...answer, type, message: out?.message ?? out?.Message, out };
}

/**
 * @param {any} value
 * @returns {any}
 */
function jsonValue(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Instant) return value.ms / 1000;
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item)]));
}

/**
 * @param {http2.ClientHttp2Stream} stream
 * @returns {Promise<any>}
 */
export function responseOf(stream) {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('the HTTP/2 stream was closed')));
  });
}

/**
 * Self-made certificates are taken from one's own machine only.
 * @param {string} host
 */
function isLoopback(host) {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
