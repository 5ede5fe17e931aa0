// @ts-check
// Redis Streams by the same measure: a PutRecords becomes as many XADD commands in one write, and
// is answered when the last of them is.

import { connect } from 'node:net';
import { noise } from './requests.mjs';

const LINE_END = Buffer.from('\r\n');

/**
 * @param {import('./requests.mjs').RequestSpec} spec
 * @returns {{ bytes: Buffer, replies: number }[]}
 */
export function redisRequests(spec) {
  return Array.from({ length: spec.pool }, (_, index) => {
    const bytes = noise(spec.recordBytes * spec.records, `body ${index}`);
    /** @type {Buffer[]} */
    const parts = [];
    for (let entry = 0; entry < spec.records; entry++) {
      const stream = `bench-${entry % 4}`;
      const data = bytes.subarray(entry * spec.recordBytes, (entry + 1) * spec.recordBytes);
      parts.push(command(['XADD', stream, '*', 'k', `key-${index}-${entry}`, 'd', data]));
    }
    return { bytes: Buffer.concat(parts), replies: spec.records };
  });
}

/**
 * @param {(string | Buffer)[]} words
 * @returns {Buffer}
 */
function command(words) {
  /** @type {Buffer[]} */
  const parts = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = typeof word === 'string' ? Buffer.from(word) : word;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, LINE_END);
  }
  return Buffer.concat(parts);
}

/** The same shape as `Http1Connection`. */
export class RedisConnection {
  /** @type {(status: number, body: Buffer | undefined) => void} */
  onAnswer = () => {};
  #socket;
  #lines = 0;
  #failed = false;
  #atLineStart = true;

  /**
   * @param {{ host: string, port: number }} address
   * @param {(error: Error) => void} onError
   */
  constructor(address, onError) {
    this.#socket = connect({ host: address.host, port: address.port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', onError);
  }

  /** @param {{ bytes: Buffer, replies: number }} request */
  send(request) {
    // A bulk reply is two lines, its length and the id.
    this.#lines = request.replies * 2;
    this.#failed = false;
    this.#socket.write(request.bytes);
  }

  close() {
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    for (let at = 0; at < chunk.length; at++) {
      if (this.#atLineStart && chunk[at] === 0x2d) this.#failed = true;
      this.#atLineStart = chunk[at] === 0x0a;
      if (this.#atLineStart) this.#lines--;
    }
    if (this.#failed) this.onAnswer(500, Buffer.from(chunk.subarray(0, 200)));
    else if (this.#lines === 0) this.onAnswer(200, undefined);
  }
}
