// @ts-check
// One producer and many subscribers of one shard in a process of its own: how long after its
// acknowledgement a record reaches each consumer. One clock measures both ends.

import { KinesisClient } from '../../test/harness/kinesis-client.mjs';
import { cpuMicros } from '../../test/harness/process-stats.mjs';
import { subscribe } from './event-stream.mjs';
import { noise } from './requests.mjs';

/** Records go out in batches this far apart. */
const BATCH_MS = 10;

/**
 * @typedef {object} FanOutPlan
 * @property {string} host
 * @property {number} port
 * @property {{ accessKeyId: string, secretAccessKey: string }} credentials
 * @property {string} stream
 * @property {string} shard
 * @property {string[]} consumers ARNs; each subscribes to the shard
 * @property {number} recordsPerSecond
 * @property {number} recordBytes
 * @property {number} warmupMs
 * @property {number} measureMs
 * @property {number[]} pids
 *
 * @typedef {object} FanOutRound
 * @property {number} records acknowledged in the window
 * @property {number} deliveries records times consumers that received them
 * @property {number} ackP50Ms acknowledged to received
 * @property {number} ackP99Ms
 * @property {number} sendP50Ms sent to received
 * @property {number} sendP99Ms
 * @property {number} serverCpuMicros
 * @property {number} seconds
 */

process.on('message', (/** @type {FanOutPlan} */ plan) => {
  run(plan).then(
    (round) => process.send?.({ round }),
    (error) => process.send?.({ error: String(error?.stack ?? error) }),
  );
});
process.once('disconnect', () => process.exit(0));

/**
 * @param {FanOutPlan} plan
 * @returns {Promise<FanOutRound>}
 */
async function run(plan) {
  const { promise: broken, reject: fail } = rejectable();
  const book = new Book();
  const subscriptions = plan.consumers.map((ConsumerARN) =>
    subscribe(
      plan,
      { ConsumerARN, ShardId: plan.shard, StartingPosition: { Type: 'LATEST' } },
      (keys) => book.received(keys),
      fail,
    ),
  );
  const client = new KinesisClient(`http://${plan.host}:${plan.port}`, {
    connections: 16,
    credentials: plan.credentials,
  });
  try {
    await Promise.race([broken, Promise.all(subscriptions.map((one) => one.ready))]);
    const producer = setInterval(() => produce(plan, client, book).catch(fail), BATCH_MS);
    try {
      await Promise.race([broken, pause(plan.warmupMs)]);
      book.reset();
      const cpu = cpuMicros(plan.pids);
      const startedAt = performance.now();
      await Promise.race([broken, pause(plan.measureMs)]);
      const seconds = (performance.now() - startedAt) / 1000;
      return { ...book.summary(), serverCpuMicros: cpuMicros(plan.pids) - cpu, seconds };
    } finally {
      clearInterval(producer);
    }
  } finally {
    for (const one of subscriptions) one.close();
    await pause(200);
    client.close();
  }
}

/** @returns {{ promise: Promise<never>, reject: (error: Error) => void }} */
function rejectable() {
  /** @type {(error: Error) => void} */
  let reject = () => {};
  /** @type {Promise<never>} */
  const promise = new Promise((_, rejecting) => (reject = rejecting));
  promise.catch(() => {});
  return { promise, reject };
}

/**
 * @param {FanOutPlan} plan
 * @param {KinesisClient} client
 * @param {Book} book
 */
async function produce(plan, client, book) {
  const count = Math.max(1, Math.round((plan.recordsPerSecond * BATCH_MS) / 1000));
  const data = noise(plan.recordBytes, 'fan-out').toString('base64');
  const batch = book.sent(count);
  const Records = Array.from({ length: count }, () => ({ Data: data, PartitionKey: `${batch}` }));
  const answer = await client.call('PutRecords', { StreamName: plan.stream, Records });
  if (answer.FailedRecordCount !== 0) throw new Error('records were refused');
  book.acked(batch);
}

/** When each batch was sent, acknowledged and received. */
class Book {
  #next = 0;
  #records = 0;
  #deliveries = 0;
  /** @type {Map<number, { sentAt: number, ackedAt: number, count: number, early: number }>} */
  #batches = new Map();
  /** @type {number[]} */
  #afterAck = [];
  /** @type {number[]} */
  #afterSend = [];

  reset() {
    this.#records = 0;
    this.#deliveries = 0;
    this.#afterAck = [];
    this.#afterSend = [];
  }

  /** @param {number} count */
  sent(count) {
    const batch = this.#next++;
    this.#batches.set(batch, { sentAt: performance.now(), ackedAt: NaN, count, early: 0 });
    this.#batches.delete(batch - 2000);
    return batch;
  }

  /** @param {number} batch */
  acked(batch) {
    const entry = this.#batches.get(batch);
    if (entry === undefined) return;
    entry.ackedAt = performance.now();
    this.#records += entry.count;
    // Received before the producer heard of it: no time at all after the acknowledgement.
    for (let n = 0; n < entry.early; n++) this.#afterAck.push(0);
  }

  /** @param {string[]} keys */
  received(keys) {
    const now = performance.now();
    for (const key of keys) {
      const entry = this.#batches.get(Number(key));
      if (entry === undefined) continue;
      this.#deliveries++;
      this.#afterSend.push(now - entry.sentAt);
      if (Number.isNaN(entry.ackedAt)) entry.early++;
      else this.#afterAck.push(now - entry.ackedAt);
    }
  }

  summary() {
    const ack = Float64Array.from(this.#afterAck).sort();
    const send = Float64Array.from(this.#afterSend).sort();
    return {
      records: this.#records,
      deliveries: this.#deliveries,
      ackP50Ms: quantile(ack, 0.5),
      ackP99Ms: quantile(ack, 0.99),
      sendP50Ms: quantile(send, 0.5),
      sendP99Ms: quantile(send, 0.99),
    };
  }
}

/**
 * @param {Float64Array} sorted
 * @param {number} q
 */
function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
