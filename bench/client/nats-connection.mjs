// @ts-check
// JetStream by the same measure: a PutRecords becomes as many publishes in one write, each with a
// reply subject, and is answered when the last acknowledgement is there. The stream must exist.

import { connect } from 'node:net';
import { noise } from './requests.mjs';

/**
 * @param {import('./requests.mjs').RequestSpec} spec
 * @returns {{ payloads: { subject: string, data: Buffer }[] }[]}
 */
export function natsRequests(spec) {
  return Array.from({ length: spec.pool }, (_, index) => {
    const bytes = noise(spec.recordBytes * spec.records, `body ${index}`);
    const payloads = Array.from({ length: spec.records }, (_, entry) => ({
      subject: `bench.${entry % 4}`,
      data: bytes.subarray(entry * spec.recordBytes, (entry + 1) * spec.recordBytes),
    }));
    return { payloads };
  });
}

let connections = 0;

/** The same shape as `Http1Connection`. */
export class NatsConnection {
  /** @type {(status: number, body: Buffer | undefined) => void} */
  onAnswer = () => {};
  #socket;
  #inbox = `_INBOX.bench${process.pid}x${connections++}`;
  #awaited = 0;
  #failed = false;
  #rest = Buffer.alloc(0);

  /**
   * @param {{ host: string, port: number }} address
   * @param {(error: Error) => void} onError
   */
  constructor(address, onError) {
    this.#socket = connect({ host: address.host, port: address.port, noDelay: true });
    this.#socket.write(
      `CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\nSUB ${this.#inbox} 1\r\n`,
    );
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', onError);
  }

  /** @param {ReturnType<typeof natsRequests>[number]} request */
  send(request) {
    this.#awaited = request.payloads.length;
    this.#failed = false;
    /** @type {Buffer[]} */
    const parts = [];
    for (const { subject, data } of request.payloads) {
      parts.push(Buffer.from(`PUB ${subject} ${this.#inbox} ${data.length}\r\n`), data, CRLF);
    }
    this.#socket.write(Buffer.concat(parts));
  }

  close() {
    this.#socket.destroy();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = all.indexOf(CRLF, at);
      if (end < 0) break;
      const line = all.toString('latin1', at, end);
      if (line.startsWith('MSG ')) {
        const length = Number(line.slice(line.lastIndexOf(' ') + 1));
        if (end + 2 + length + 2 > all.length) break;
        this.#acknowledged(all.toString('latin1', end + 2, end + 2 + length));
        at = end + 2 + length + 2;
        continue;
      }
      if (line === 'PING') this.#socket.write('PONG\r\n');
      if (line.startsWith('-ERR')) this.#failed = true;
      at = end + 2;
    }
    this.#rest = Buffer.from(all.subarray(at));
  }

  /** @param {string} reply */
  #acknowledged(reply) {
    if (reply.includes('"error"')) this.#failed = true;
    if (--this.#awaited === 0) this.onAnswer(this.#failed ? 500 : 200, Buffer.from(reply));
  }
}

const CRLF = Buffer.from('\r\n');

/**
 * Creates the stream that the requests publish to: four subjects, files, one replica.
 * @param {number} port
 * @returns {Promise<void>}
 */
export function prepareNats(port) {
  const config = JSON.stringify({
    name: 'bench',
    subjects: ['bench.*'],
    storage: 'file',
    retention: 'limits',
    num_replicas: 1,
  });
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let text = '';
    socket.write(
      'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\nSUB reply 1\r\n' +
        `PUB $JS.API.STREAM.CREATE.bench reply ${Buffer.byteLength(config)}\r\n${config}\r\n`,
    );
    socket.on('data', (chunk) => {
      text += chunk;
      if (!text.includes('stream_create_response') || !text.endsWith('}\r\n')) return;
      socket.destroy();
      if (text.includes('"error"')) reject(new Error(text));
      else resolve();
    });
    socket.once('error', reject);
  });
}
