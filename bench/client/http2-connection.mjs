// @ts-check
// One HTTP/2 session with one request at a time, in the clear (prior knowledge) or over TLS.
// Node's own session: compare its numbers with each other, not with those of HTTP/1.1.

import { connect } from 'node:http2';

/** The same shape as `Http1Connection`, for a pair of headers and body. */
export class Http2Connection {
  /** @type {(status: number, body: Buffer | undefined) => void} */
  onAnswer = () => {};
  #session;

  /**
   * @param {{ origin: string }} address
   * @param {(error: Error) => void} onError
   */
  constructor(address, onError) {
    this.#session = connect(address.origin, {
      rejectUnauthorized: false,
      settings: { initialWindowSize: 16 * 1024 * 1024 },
    });
    this.#session.on('connect', () => this.#session.setLocalWindowSize(64 * 1024 * 1024));
    this.#session.on('error', onError);
  }

  /**
   * @param {{ headers: Record<string, string>, body: Buffer }} request
   * @param {boolean} keep
   */
  send(request, keep) {
    const stream = this.#session.request(request.headers);
    let status = 0;
    /** @type {Buffer[]} */
    const kept = [];
    stream.on('response', (headers) => (status = headers[':status'] ?? 0));
    stream.on('data', (chunk) => {
      if (keep) kept.push(chunk);
    });
    stream.on('end', () => this.onAnswer(status, keep ? Buffer.concat(kept) : undefined));
    stream.on('error', () => this.onAnswer(0, undefined));
    stream.end(request.body);
  }

  close() {
    this.#session.removeAllListeners('error');
    this.#session.on('error', () => {});
    this.#session.destroy();
  }
}
