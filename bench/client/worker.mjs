// @ts-check
// The load generator: a process of its own, driven by messages from the bench. Each connection
// sends its next request when the last one is answered (closed loop); latency is from the write
// of a request to the last byte of its answer.

import { createHash } from 'node:crypto';
import { cpuMicros, residentBytes, threadMicros } from '../../test/harness/process-stats.mjs';
import { Http1Connection } from './http1-connection.mjs';
import { Http2Connection } from './http2-connection.mjs';
import { KafkaConnection, kafkaRequests } from './kafka-connection.mjs';
import { NatsConnection, natsRequests } from './nats-connection.mjs';
import { RedisConnection, redisRequests } from './redis-connection.mjs';
import { buildRequests, http1Bytes, signedHeaders } from './requests.mjs';

/** Every how many answers one is looked at in full. */
const CHECK_EVERY = 128;
/** Connections that have not been answered yet while more are opened. */
const OPENING_MAX = 256;
/** Time added for servers that answer less than once per connection. */
const SLOW_MS = 20_000;
/** How long a server may take to answer every connection once. */
const FIRST_ANSWERS_MS = 120_000;

/**
 * @typedef {object} Plan
 * @property {'http1' | 'h2c' | 'h2' | 'redis' | 'nats' | 'kafka'} transport
 * @property {string} host
 * @property {number} port
 * @property {import('./requests.mjs').RequestSpec} spec
 * @property {{ accessKeyId: string, secretAccessKey: string }} credentials
 * @property {number} connections
 * @property {number} warmupMs
 * @property {number} measureMs
 * @property {boolean} check whether sampled answers must be those of a working server
 * @property {number[]} pids server processes whose processor time is counted
 * @property {number} [requestsMax] stop early after so many answers
 *
 * @typedef {object} Round
 * @property {number} seconds
 * @property {number} requests answered within the window
 * @property {number} failures answers that were not a success, over the whole run
 * @property {string} failure the first of them
 * @property {number} answerBytes mean body bytes of sampled answers
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} p999Ms
 * @property {number} serverCpuMicros
 * @property {number} busiestThreadMicros of the server's
 * @property {number} clientCpuMicros
 * @property {number} rssBytes
 */

process.on('message', (/** @type {Plan} */ plan) => {
  new Run(plan).start().then(
    (round) => process.send?.({ round }),
    (error) => process.send?.({ error: String(error?.stack ?? error) }),
  );
});
process.once('disconnect', () => process.exit(0));

/** One round of load against one server. */
class Run {
  #plan;
  /** @type {any[]} */
  #requests = [];
  #next = 0;
  #latencies = new Float64Array(1 << 16);
  #count = 0;
  #answers = 0;
  #failures = 0;
  #failure = '';
  #measuring = false;
  #stopped = false;
  #sampledBytes = 0;
  #sampled = 0;
  /** @type {{ close: () => void }[]} */
  #connections = [];
  #connected = 0;
  /** Connections that were answered once and wait for the others. @type {(() => void)[]} */
  #parked = [];
  #allAnswered = () => {};
  /** @type {(error?: Error) => void} */
  #settle = () => {};

  /** @param {Plan} plan */
  constructor(plan) {
    this.#plan = plan;
    this.#requests = requestsFor(plan);
  }

  /** @returns {Promise<Round>} */
  async start() {
    const plan = this.#plan;
    /** @type {Promise<void>} */
    const ended = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    const opening = Math.min(plan.connections, OPENING_MAX);
    for (let n = 0; n < opening; n++) this.#open();
    const timers = [setTimeout(() => this.#settle(new Error('no answer')), FIRST_ANSWERS_MS)];
    // The clock starts when every connection has been answered once.
    this.#allAnswered = () => {
      clearTimeout(timers[0]);
      timers.push(setTimeout(() => this.#measure(), plan.warmupMs));
      timers.push(setTimeout(() => this.#end(), plan.warmupMs + plan.measureMs));
    };
    try {
      await ended;
      return this.#round();
    } finally {
      this.#stopped = true;
      for (const timer of timers) clearTimeout(timer);
      for (const connection of this.#connections) connection.close();
    }
  }

  /** A server too slow for the window is measured until every connection was answered again. */
  #end() {
    if (this.#count >= this.#plan.connections) this.#settle();
    else setTimeout(() => this.#settle(), SLOW_MS);
    this.#late = true;
  }

  #late = false;
  #startedAt = 0;
  #serverCpu = 0;
  /** @type {Map<string, number>} */
  #threads = new Map();
  #clientCpu = 0;

  #measure() {
    this.#measuring = true;
    this.#serverCpu = cpuMicros(this.#plan.pids);
    this.#threads = threadMicros(this.#plan.pids);
    this.#clientCpu = cpuOfThis();
    this.#startedAt = performance.now();
  }

  #open() {
    const connection = connectionFor(this.#plan, (error) => {
      if (!this.#stopped) this.#settle(error);
    });
    let sentAt = 0;
    let sample = true;
    let first = true;
    const send = () => {
      const request = this.#requests[this.#next];
      this.#next = (this.#next + 1) % this.#requests.length;
      sentAt = performance.now();
      connection.send(request, sample);
    };
    connection.onAnswer = (status, body) => {
      if (this.#stopped) return;
      if (first) this.#firstAnswer();
      first = false;
      const good = status === 200 && (body === undefined || this.#looksRight(body));
      if (!good) this.#fail(status, body);
      else if (this.#measuring) this.#record(performance.now() - sentAt);
      if (this.#late && this.#count >= this.#plan.connections) this.#settle();
      sample = ++this.#answers % CHECK_EVERY === 0;
      if (this.#answers === this.#plan.requestsMax) this.#settle();
      else if (this.#connected < this.#plan.connections) this.#parked.push(send);
      else send();
    };
    this.#connections.push(connection);
    send();
  }

  #firstAnswer() {
    if (++this.#connected === this.#plan.connections) {
      this.#allAnswered();
      for (const send of this.#parked.splice(0)) send();
    }
    if (this.#connections.length < this.#plan.connections) this.#open();
  }

  /** @param {number} latencyMs */
  #record(latencyMs) {
    if (this.#count === this.#latencies.length) {
      const grown = new Float64Array(this.#count * 2);
      grown.set(this.#latencies);
      this.#latencies = grown;
    }
    this.#latencies[this.#count++] = latencyMs;
  }

  /**
   * @param {number} status
   * @param {Buffer | undefined} body
   */
  #fail(status, body) {
    if (this.#failures++ === 0) this.#failure = `${status} ${body?.toString('latin1', 0, 300)}`;
  }

  /** @param {Buffer} body */
  #looksRight(body) {
    this.#sampled++;
    this.#sampledBytes += body.length;
    if (!this.#plan.check) return true;
    const { operation, protocol } = this.#plan.spec;
    if (operation === 'PutRecord') return body.includes('SequenceNumber');
    if (operation === 'GetRecords') return body.includes('NextShardIterator');
    if (protocol === 'json') return /"FailedRecordCount": ?0[,}]/.test(body.toString('latin1'));
    return body.includes(Buffer.from('FailedRecordCount\0', 'latin1'));
  }

  /** @returns {Round} */
  #round() {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const serverCpuMicros = cpuMicros(this.#plan.pids) - this.#serverCpu;
    const clientCpuMicros = cpuOfThis() - this.#clientCpu;
    const threads = [...threadMicros(this.#plan.pids)];
    const busiestThreadMicros = Math.max(
      ...threads.map(([thread, micros]) => micros - (this.#threads.get(thread) ?? 0)),
    );
    const sorted = this.#latencies.subarray(0, this.#count).sort();
    const at = (/** @type {number} */ q) =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
    return {
      seconds,
      requests: this.#count,
      failures: this.#failures,
      failure: this.#failure,
      answerBytes: this.#sampled === 0 ? 0 : this.#sampledBytes / this.#sampled,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      p999Ms: at(0.999),
      serverCpuMicros,
      busiestThreadMicros,
      clientCpuMicros,
      rssBytes: residentBytes(this.#plan.pids).rssBytes,
    };
  }
}

function cpuOfThis() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** @type {Map<string, any[]>} Bodies do not depend on the server, so they are built once. */
const bodies = new Map();

/** @param {Plan} plan */
function requestsFor(plan) {
  const { transport, spec } = plan;
  // Iterators make the text of a spec long, so it is remembered by its hash.
  const key = createHash('sha256')
    .update(`${transport} ${JSON.stringify(spec)}`)
    .digest('hex');
  let built = bodies.get(key);
  if (built === undefined) {
    if (transport === 'redis') built = redisRequests(spec);
    else if (transport === 'nats') built = natsRequests(spec);
    else if (transport === 'kafka') built = kafkaRequests(spec);
    else built = buildRequests(spec);
    bodies.clear();
    bodies.set(key, built);
  }
  if (!transport.startsWith('h')) return built;
  const context = {
    host: `${plan.host}:${plan.port}`,
    region: 'us-east-1',
    credentials: plan.credentials,
  };
  if (transport === 'http1') return built.map((request) => http1Bytes(request, context));
  return built.map((request) => ({
    headers: http2Headers(signedHeaders(request, context), context.host),
    body: request.body,
  }));
}

/**
 * HTTP/2 has no Host header; what was signed as `host` travels as `:authority`.
 * @param {Record<string, string>} headers
 * @param {string} host
 */
function http2Headers(headers, host) {
  /** @type {Record<string, string>} */
  const out = { ':method': 'POST', ':path': '/', ':authority': host };
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() !== 'host') out[name.toLowerCase()] = String(value);
  }
  return out;
}

/**
 * @param {Plan} plan
 * @param {(error: Error) => void} onError
 * @returns {{ onAnswer: (status: number, body: Buffer | undefined) => void,
 *   send: (request: any, keep: boolean) => void, close: () => void }}
 */
function connectionFor(plan, onError) {
  const { transport, host, port } = plan;
  if (transport === 'http1') return new Http1Connection({ host, port }, onError);
  if (transport === 'redis') return new RedisConnection({ host, port }, onError);
  if (transport === 'kafka') return new KafkaConnection({ host, port }, onError);
  if (transport === 'nats') return new NatsConnection({ host, port }, onError);
  const scheme = transport === 'h2' ? 'https' : 'http';
  return new Http2Connection({ origin: `${scheme}://${host}:${port}` }, onError);
}
