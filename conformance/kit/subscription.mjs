// @ts-check
// An open SubscribeToShard call, over either version of HTTP, read message by message.
import { setTimeout as delay } from 'node:timers/promises';
import { apiAnswer, responseOf } from './client.mjs';
import { equal, must, show } from './expect.mjs';
import { MessageReader } from './event-stream.mjs';

/** @typedef {'HTTP/1.1' | 'HTTP/2'} Version */

const NEXT_MS_MAX = 15_000;
const EVENTS_MAX = 1000;

export class Subscription {
  #chunks;
  #reader = new MessageReader();
  /** @type {import('./event-stream.mjs').Message[]} */
  #ready = [];
  #close;

  /**
   * @param {number} status
   * @param {Record<string, any>} headers
   * @param {AsyncIterable<Buffer>} source
   * @param {() => void} close
   */
  constructor(status, headers, source, close) {
    this.status = status;
    this.headers = headers;
    this.#chunks = source[Symbol.asyncIterator]();
    this.#close = close;
  }

  /**
   * The next message; null when the stream has ended in the regular way.
   * @param {number} [limitMs]
   * @returns {Promise<import('./event-stream.mjs').Message | null>}
   */
  async next(limitMs = NEXT_MS_MAX) {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const message = this.#ready.shift();
      if (message !== undefined) return message;
      const chunk = await within(this.#chunks.next(), deadline - performance.now());
      if (chunk.done) {
        equal(this.#reader.pending, 0, 'bytes of a message that did not end');
        return null;
      }
      this.#ready.push(...this.#reader.push(Buffer.from(chunk.value)));
    }
  }

  /**
   * The next event, as an object; anything else fails.
   * @param {number} [limitMs]
   * @returns {Promise<any>}
   */
  async event(limitMs) {
    const message = await this.next(limitMs);
    must(message !== null, 'the stream ended');
    equal(message.headers, {
      ':message-type': 'event',
      ':event-type': 'SubscribeToShardEvent',
      ':content-type': 'application/json',
    });
    return JSON.parse(message.payload.toString('utf8'));
  }

  /**
   * Reads events until one holds.
   * @param {(event: any) => boolean} holds
   * @returns {Promise<any[]>} all that were read
   */
  async until(holds) {
    /** @type {any[]} */
    const events = [];
    while (events.length < EVENTS_MAX) {
      const event = await this.event();
      events.push(event);
      if (holds(event)) return events;
    }
    throw new Error('too many events');
  }

  /**
   * Reads on to the end of the stream.
   * @returns {Promise<string | null>} type of the exception it ended with, if it did
   */
  async end() {
    for (let i = 0; i < EVENTS_MAX; i++) {
      const message = await this.next();
      if (message === null) return null;
      if (message.headers[':message-type'] === 'exception') {
        return String(message.headers[':exception-type']);
      }
    }
    throw new Error('the stream did not end');
  }

  close() {
    this.#close();
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @returns {Promise<T>}
 */
async function within(promise, ms) {
  const over = new AbortController();
  const late = delay(Math.max(0, ms), undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error('no event in time')),
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
}

/**
 * Subscribes; the answer when that is refused.
 * @param {import('./lab.mjs').Lab} lab
 * @param {any} input
 * @param {Version} version
 * @returns {Promise<Subscription | import('./client.mjs').ApiAnswer>}
 */
export async function trySubscribe(lab, input, version) {
  const request = lab.client.request('SubscribeToShard', input, 'json');
  const opened = version === 'HTTP/1.1' ? await open1(lab, request) : await open2(lab, request);
  if (opened.status === 200) return opened;
  try {
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of opened.source) chunks.push(Buffer.from(chunk));
    return apiAnswer({
      status: opened.status,
      headers: opened.headers,
      body: Buffer.concat(chunks),
    });
  } finally {
    opened.close();
  }
}

/**
 * Subscribes and reads the initial response.
 * @param {import('./lab.mjs').Lab} lab
 * @param {any} input
 * @param {Version} [version]
 * @returns {Promise<Subscription>}
 */
export async function subscribe(lab, input, version = 'HTTP/1.1') {
  const opened = await trySubscribe(lab, input, version);
  if (!(opened instanceof Subscription)) {
    throw new Error(
      `expected a stream, got ${opened.status} ${opened.type} ${show(opened.message)}`,
    );
  }
  const first = await opened.next();
  equal(first?.headers[':event-type'], 'initial-response', 'the first message');
  return opened;
}

class Opened extends Subscription {
  /** @param {ConstructorParameters<typeof Subscription>} args */
  constructor(...args) {
    super(...args);
    this.source = args[2];
  }
}

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {import('./client.mjs').RawRequest} request
 */
async function open1(lab, request) {
  const { response, abort } = await lab.client.open(request);
  return new Opened(response.statusCode ?? 0, response.headers, response, abort);
}

/**
 * @param {import('./lab.mjs').Lab} lab
 * @param {import('./client.mjs').RawRequest} request
 */
async function open2(lab, request) {
  const session = await lab.client.session();
  const stream = lab.client.stream(session, request);
  try {
    const headers = await responseOf(stream);
    return new Opened(headers[':status'], headers, stream, () => session.destroy());
  } catch (error) {
    session.destroy();
    throw error;
  }
}
