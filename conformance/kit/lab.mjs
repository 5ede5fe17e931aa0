// @ts-check
// What cases share in one run: the endpoint, patience with rate limits, and streams made for the
// run, all of which are deleted at its end.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { must, ok, show } from './expect.mjs';

/**
 * @typedef {import('./client.mjs').ApiAnswer} ApiAnswer
 * @typedef {import('./client.mjs').Client} Client
 * @typedef {import('./client.mjs').Protocol} Protocol
 * @typedef {{ name: string, arn: string }} Stream
 */

/** Longest that a call waits for a rate limit to let it through. */
const THROTTLED_MS_MAX = 30_000;
const THROTTLED_PAUSE_MS = 220;
const SETTLE_MS_MAX = 90_000;
/** Longest that a state that passes is tried to be seen; less than a case may take. */
const GLIMPSE_MS_MAX = 60_000;
const POLL_MS = 120;
const CLEAN_UP_MS_MAX = 60_000;

export class Lab {
  /** @type {Set<string>} */
  #made = new Set();
  #count = 0;

  /**
   * @param {object} options
   * @param {Client} options.client
   * @param {string} options.account
   * @param {import('./client.mjs').Credentials | undefined} [options.session] temporary ones
   * @param {import('./bucket.mjs').Bucket | undefined} [options.bucket] channels deliver to it
   */
  constructor({ client, account, session, bucket }) {
    this.client = client;
    this.account = account;
    this.session = session;
    this.bucket = bucket;
    this.region = client.region;
    this.prefix = `tr-${randomBytes(4).toString('hex')}-`;
  }

  /** A name for a stream of this run; it will be deleted whether or not it comes to exist. */
  name() {
    const name = `${this.prefix}${++this.#count}`;
    this.#made.add(name);
    return name;
  }

  /** @param {string} name */
  arn(name) {
    return `arn:aws:kinesis:${this.region}:${this.account}:stream/${name}`;
  }

  /**
   * Calls an operation; waits and calls again while it is refused only for its rate.
   * @param {string} operation
   * @param {any} input
   * @param {Protocol} [protocol]
   * @returns {Promise<ApiAnswer>}
   */
  async call(operation, input, protocol = 'json') {
    const deadline = performance.now() + THROTTLED_MS_MAX;
    for (;;) {
      const answer = await this.client.once(operation, input, protocol);
      if (!isThrottled(answer) || performance.now() > deadline) return answer;
      await delay(THROTTLED_PAUSE_MS * (0.5 + Math.random()));
    }
  }

  /**
   * The output of a call that must succeed.
   * @param {string} operation
   * @param {any} input
   * @param {Protocol} [protocol]
   * @returns {Promise<any>}
   */
  async out(operation, input, protocol = 'json') {
    const answer = await this.call(operation, input, protocol);
    try {
      return ok(answer);
    } catch (error) {
      throw new Error(`${operation}: ${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * @param {Record<string, any>} [members] of CreateStream; one shard unless it says otherwise
   * @returns {Promise<Stream>} ACTIVE
   */
  async stream(members = { ShardCount: 1 }) {
    const name = members['StreamName'] ?? this.name();
    this.#made.add(name);
    await this.#create({ StreamName: name, ...members });
    await this.active(name);
    return { name, arn: this.arn(name) };
  }

  /**
   * CreateStream; waits and calls again while it is refused only because too many streams are
   * CREATING, which other cases made.
   * @param {any} input
   * @returns {Promise<ApiAnswer>}
   */
  async create(input) {
    const deadline = performance.now() + THROTTLED_MS_MAX;
    for (;;) {
      const answer = await this.call('CreateStream', input);
      const busy = (answer.message ?? '').includes('simultaneously be in CREATING');
      if (!busy || performance.now() > deadline) return answer;
      await delay(THROTTLED_PAUSE_MS * (0.5 + Math.random()));
    }
  }

  /** @param {any} input */
  async #create(input) {
    const answer = await this.create(input);
    if (answer.status === 200) return;
    throw new Error(`CreateStream: ${answer.status} ${answer.type} ${show(answer.message)}`);
  }

  /**
   * Asks for a stream and does not wait for it.
   * @param {Record<string, any>} [members]
   * @returns {Promise<string>} its name
   */
  async enterCreating(members = { ShardCount: 1 }) {
    const name = this.name();
    await this.#create({ StreamName: name, ...members });
    return name;
  }

  /**
   * The summary of a stream.
   * @param {string} name
   * @returns {Promise<any>}
   */
  async summary(name) {
    const { StreamDescriptionSummary } = await this.out('DescribeStreamSummary', {
      StreamName: name,
    });
    return StreamDescriptionSummary;
  }

  /**
   * Waits until a stream is ACTIVE.
   * @param {string} name
   */
  async active(name) {
    await this.until(`stream ${name} is ACTIVE`, async () => {
      const summary = await this.summary(name);
      return summary.StreamStatus === 'ACTIVE';
    });
  }

  /**
   * Waits until a stream is gone.
   * @param {string} name
   */
  async gone(name) {
    await this.until(`stream ${name} is gone`, async () => {
      const answer = await this.call('DescribeStreamSummary', { StreamName: name });
      return answer.type === 'ResourceNotFoundException';
    });
  }

  /**
   * @param {string} what
   * @param {() => Promise<boolean>} holds
   * @param {number} [limitMs]
   */
  async until(what, holds, limitMs = SETTLE_MS_MAX) {
    const deadline = performance.now() + limitMs;
    while (!(await holds())) {
      must(performance.now() < deadline, `waited in vain until ${what}`);
      await delay(POLL_MS * (0.5 + Math.random()));
    }
  }

  /**
   * Looks at something while a stream passes through a state. Where the state was over by the
   * time the look was done, nothing is proved, and it is tried again with another stream: the look
   * may have to wait for a rate limit that other cases share, which ends when they do.
   * @template T
   * @param {string} state
   * @param {() => Promise<string>} enter answers the name of a stream
   * @param {(name: string) => Promise<T>} look
   * @returns {Promise<T>}
   */
  async during(state, enter, look) {
    const deadline = performance.now() + GLIMPSE_MS_MAX;
    do {
      const name = await enter();
      const seen = await look(name).then(
        (value) => () => value,
        (error) => () => {
          throw error;
        },
      );
      const after = await this.call('DescribeStreamSummary', { StreamName: name });
      if (after.out?.StreamDescriptionSummary?.StreamStatus === state) return seen();
    } while (performance.now() < deadline);
    throw new Error(`no stream was seen ${state}`);
  }

  /**
   * A fresh consumer that is ACTIVE.
   * @param {string} streamArn
   * @param {string} name
   * @returns {Promise<any>} Consumer of the answer of RegisterStreamConsumer
   */
  async consumer(streamArn, name) {
    const input = { StreamARN: streamArn, ConsumerName: name };
    const { Consumer } = await this.out('RegisterStreamConsumer', input);
    await this.until(`consumer ${name} is ACTIVE`, async () => {
      const { ConsumerDescription } = await this.out('DescribeStreamConsumer', input);
      return ConsumerDescription.ConsumerStatus === 'ACTIVE';
    });
    return Consumer;
  }

  /**
   * An iterator.
   * @param {Stream} stream
   * @param {Record<string, any>} [position] the shard and type; the first one, from its start
   * @returns {Promise<string>}
   */
  async iterator(stream, position = {}) {
    const { ShardIterator } = await this.out('GetShardIterator', {
      ...{ StreamName: stream.name, ShardId: 'shardId-000000000000' },
      ...{ ShardIteratorType: 'TRIM_HORIZON' },
      ...position,
    });
    return ShardIterator;
  }

  /**
   * Reads on from an iterator until `count` records were read.
   * @param {string} iterator
   * @param {number} count
   * @param {Protocol} [protocol]
   * @returns {Promise<any[]>}
   */
  async read(iterator, count, protocol = 'json') {
    /** @type {any[]} */
    const records = [];
    /** @type {string | undefined} */
    let next = iterator;
    await this.until(`${count} records are read`, async () => {
      if (next === undefined) return true;
      const page = await this.out('GetRecords', { ShardIterator: next }, protocol);
      records.push(...page.Records);
      next = page.NextShardIterator;
      return records.length >= count;
    });
    return records;
  }

  /** Every shard of a stream. @param {string} name @returns {Promise<any[]>} */
  async shards(name) {
    const { Shards } = await this.out('ListShards', { StreamName: name });
    return Shards;
  }

  /** Deletes all streams of this run. @returns {Promise<number>} how many are left */
  async cleanUp() {
    const deadline = performance.now() + CLEAN_UP_MS_MAX;
    let left = [...this.#made];
    while (left.length > 0 && performance.now() < deadline) {
      /** @type {string[]} */
      const again = [];
      for (const name of left) {
        const input = { StreamName: name, EnforceConsumerDeletion: true };
        const answer = await this.call('DeleteStream', input).catch(() => null);
        if (answer?.status !== 200 && answer?.type !== 'ResourceNotFoundException') {
          again.push(name);
        }
      }
      left = again;
      if (left.length > 0) await delay(THROTTLED_PAUSE_MS);
    }
    return left.length;
  }
}

/** @param {ApiAnswer} answer */
export function isThrottled({ status, type, message }) {
  if (status !== 400) return false;
  if (type === 'ThrottlingException') return true;
  const limits = ['LimitExceededException', 'ProvisionedThroughputExceededException'];
  return limits.includes(type) && (message ?? '').startsWith('Rate exceeded');
}
