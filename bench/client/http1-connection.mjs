// @ts-check
// One keep-alive HTTP/1.1 connection without a parser worth the name: it finds the status and the
// length of an answer and counts bytes. Node's own client costs more per request than the servers
// measured here, and on two cores that would be measuring the client.

import { connect } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const END_OF_CHUNKS = Buffer.from('\r\n0\r\n\r\n');

/** One request at a time: `send`, then `onAnswer`, then the next. */
export class Http1Connection {
  /** @type {(status: number, body: Buffer | undefined) => void} */
  onAnswer = () => {};
  #socket;
  /** @type {Buffer} */
  #head = Buffer.alloc(0);
  #status = 0;
  /** Body bytes still to come; -1 while the head is not complete, -2 for a chunked body. */
  #remaining = -1;
  /** @type {Buffer} */
  #tail = Buffer.alloc(0);
  #keep = false;
  /** @type {Buffer[]} */
  #kept = [];

  /**
   * @param {{ host: string, port: number }} address
   * @param {(error: Error) => void} onError
   */
  constructor(address, onError) {
    this.#socket = connect({ host: address.host, port: address.port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', onError);
    this.#socket.on('close', () => onError(new Error('server closed the connection')));
  }

  /**
   * @param {Buffer} bytes a whole request
   * @param {boolean} keep whether `onAnswer` wants the body
   */
  send(bytes, keep) {
    this.#keep = keep;
    this.#socket.write(bytes);
  }

  close() {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    let body = chunk;
    if (this.#remaining === -1) {
      const all = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = all.indexOf(END_OF_HEAD);
      if (end < 0) {
        this.#head = all;
        return;
      }
      this.#head = Buffer.alloc(0);
      this.#startBody(all.toString('latin1', 0, end));
      body = all.subarray(end + END_OF_HEAD.length);
    }
    if (this.#keep && body.length > 0) this.#kept.push(Buffer.from(body));
    if (this.#remaining === -2) {
      this.#tail = Buffer.concat([this.#tail, body]).subarray(-END_OF_CHUNKS.length);
      if (this.#tail.equals(END_OF_CHUNKS)) this.#finish();
      return;
    }
    this.#remaining -= body.length;
    if (this.#remaining === 0) this.#finish();
  }

  /** @param {string} head */
  #startBody(head) {
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    this.#remaining = length === null ? -2 : Number(length[1]);
    this.#tail = Buffer.alloc(0);
  }

  #finish() {
    this.#remaining = -1;
    const body = this.#keep ? Buffer.concat(this.#kept) : undefined;
    this.#kept = [];
    this.onAnswer(this.#status, body);
  }
}
