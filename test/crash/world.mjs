// @ts-check
// The streams of a crash run as the clients know them: which must exist, which may, and what each
// must hold. Survives the server; a restart is compared with it.

import { EventEmitter } from 'node:events';
import { ServiceFault, listAllShards } from '../harness/kinesis-client.mjs';
import { initialSettings, readSettings } from './changer.mjs';
import { ChangeOracle, ChangeVerdict } from './changes.mjs';
import { Lineage } from './lineage.mjs';
import { StreamOracle, Verdict } from './oracle.mjs';
import { dataOf } from './random.mjs';

/** Names that streams are created under, again and again. */
const SLOTS = 6;
/** Polls for a stream's next state, 20 ms apart. */
const STATE_POLLS_MAX = 1500;
/** Records that are sown: more than a stream has open shards, so that two of them share one. */
const SOWN = 200;

/**
 * @typedef {object} Stream
 * @property {string} name
 * @property {string[]} shards ids, known once it is live
 * @property {'creating' | 'live' | 'deleting'} state what the clients asked for last
 * @property {boolean} confirmed whether that was answered
 * @property {StreamOracle} oracle
 * @property {string} arn known once it is live
 * @property {ChangeOracle} changes
 * @property {Lineage} lineage
 *
 * @typedef {import('../harness/kinesis-client.mjs').KinesisClient} KinesisClient
 */

/** Emits `sent`, `create`, `delete`, `reshard`, `change` when such a request goes out. */
export class World {
  verdict = new Verdict();
  changed = new ChangeVerdict();
  events = new EventEmitter();
  /** Acknowledged records of all streams that ever were. */
  acked = 0;
  /** Bytes of data that writers may still send at full speed before the next crash. */
  budget = 0;
  /** @type {Map<string, Stream>} */
  #streams = new Map();
  #incarnations = 0;

  constructor() {
    this.events.setMaxListeners(0);
  }

  /** Whether nothing was found wrong, with records or with changes. */
  get clean() {
    return this.verdict.clean && this.changed.clean;
  }

  /** @returns {Stream[]} */
  live() {
    return [...this.#streams.values()].filter((stream) => stream.state === 'live');
  }

  /** @returns {string[]} names without a stream */
  free() {
    const names = Array.from({ length: SLOTS }, (_, slot) => `crash-${slot}`);
    return names.filter((name) => !this.#streams.has(name));
  }

  /**
   * Whether a stream is still the one that a caller began to use.
   * @param {Stream} stream
   */
  isLive(stream) {
    return this.#streams.get(stream.name) === stream && stream.state === 'live';
  }

  /**
   * Creates a stream and waits until it can be written.
   * @param {KinesisClient} client
   * @param {string} name
   * @param {number} shards
   */
  async create(client, name, shards) {
    const incarnation = `${name}-${++this.#incarnations}`;
    /** @type {Stream} */
    const stream = {
      name,
      arn: '',
      shards: [],
      state: 'creating',
      confirmed: false,
      oracle: new StreamOracle(incarnation, this.verdict),
      changes: new ChangeOracle(incarnation, this.changed, initialSettings(shards)),
      lineage: new Lineage(incarnation, this.changed, this.verdict),
    };
    this.#streams.set(name, stream);
    this.events.emit('create');
    await client.call('CreateStream', { StreamName: name, ShardCount: shards });
    stream.confirmed = true;
    await this.#activate(client, stream);
  }

  /**
   * Deletes a stream and waits until it is gone; one that is UPDATING is refused and stays.
   * @param {KinesisClient} client
   * @param {Stream} stream
   */
  async delete(client, stream) {
    stream.state = 'deleting';
    stream.confirmed = false;
    this.events.emit('delete');
    const input = { StreamName: stream.name, EnforceConsumerDeletion: true };
    try {
      await client.call('DeleteStream', input);
    } catch (error) {
      if (error instanceof ServiceFault) {
        stream.state = 'live';
        stream.confirmed = true;
        if (error.message.endsWith('state UPDATING')) return;
      }
      throw error;
    }
    stream.confirmed = true;
    await this.#untilGone(client, stream);
  }

  /**
   * Puts records into a stream: whatever the load left, there is something to damage.
   * @param {KinesisClient} client
   */
  async sow(client) {
    if (this.live().length === 0) await this.create(client, 'crash-sown', 1);
    const [stream] = this.live();
    if (stream === undefined) throw new Error('no stream is live to be sown');
    const keys = stream.oracle.sending(SOWN);
    const Records = keys.map((key) => ({
      PartitionKey: key,
      Data: dataOf(key).toString('base64'),
    }));
    const answer = await client.call('PutRecords', { StreamName: stream.name, Records });
    this.acked += stream.oracle.answered(keys, answer.Records);
  }

  /**
   * After a restart: every stream is where the clients left it, then every record is.
   * @param {KinesisClient} client
   * @param {(shards: Map<string, import('./oracle.mjs').ReadRecord[]>) => void} [plant]
   *   damages what was read, to prove that it is noticed
   */
  async verify(client, plant) {
    const statuses = await streamStatuses(client);
    for (const name of statuses.keys()) {
      if (!this.#streams.has(name)) this.verdict.add('corrupted', `stream ${name} is back`);
    }
    for (const stream of [...this.#streams.values()]) {
      await this.#settle(client, stream, statuses.get(stream.name));
    }
    for (const stream of this.live()) {
      stream.changes.readBack(await readSettings(client, stream));
      const { shards, ends } = await readEverything(client, stream);
      plant?.(shards);
      stream.oracle.readBack(shards);
      stream.lineage.checkEnds(ends);
      stream.lineage.checkRecords(shards);
    }
  }

  /**
   * Waits until a stream is ACTIVE and takes its shards as they are now.
   * @param {KinesisClient} client
   * @param {Stream} stream
   */
  async reshaped(client, stream) {
    const StreamName = stream.name;
    await until(`${StreamName} is ACTIVE`, async () => {
      const { StreamDescriptionSummary: it } = await client.call('DescribeStreamSummary', {
        StreamName,
      });
      stream.arn = it.StreamARN;
      return it.StreamStatus === 'ACTIVE';
    });
    stream.lineage.update(await listAllShards(client, StreamName));
    stream.shards = stream.lineage.ids;
    stream.oracle.closed(stream.lineage.closedIds);
  }

  /**
   * @param {KinesisClient} client
   * @param {Stream} stream
   * @param {string | undefined} status
   */
  async #settle(client, stream, status) {
    const { name, state, confirmed } = stream;
    if (state === 'deleting') {
      if (status === undefined) this.#streams.delete(name);
      else if (status === 'DELETING') await this.#untilGone(client, stream);
      else if (confirmed) this.verdict.add('corrupted', `stream ${name} was deleted and is back`);
      else await this.#activate(client, stream);
    } else if (status === undefined || status === 'DELETING') {
      if (confirmed) stream.oracle.vanished();
      this.#streams.delete(name);
    } else {
      await this.#activate(client, stream);
    }
  }

  /**
   * @param {KinesisClient} client
   * @param {Stream} stream
   */
  async #activate(client, stream) {
    await this.reshaped(client, stream);
    stream.state = 'live';
    stream.confirmed = true;
  }

  /**
   * @param {KinesisClient} client
   * @param {Stream} stream
   */
  async #untilGone(client, stream) {
    await until(`${stream.name} is gone`, async () => {
      return !(await streamStatuses(client)).has(stream.name);
    });
    this.#streams.delete(stream.name);
  }
}

/**
 * @param {string} what
 * @param {() => Promise<boolean>} condition
 */
async function until(what, condition) {
  for (let polls = 0; polls < STATE_POLLS_MAX; polls++) {
    if (await condition()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`timed out waiting until ${what}`);
}

/**
 * Status by name of every stream there is.
 * @param {KinesisClient} client
 * @returns {Promise<Map<string, string>>}
 */
async function streamStatuses(client) {
  const { StreamNames: names } = await client.call('ListStreams', { Limit: 100 });
  /** @type {Map<string, string>} */
  const statuses = new Map();
  for (const StreamName of names) {
    try {
      const answer = await client.call('DescribeStreamSummary', { StreamName });
      statuses.set(StreamName, answer.StreamDescriptionSummary.StreamStatus);
    } catch (error) {
      // Gone between the two calls.
      if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
    }
  }
  return statuses;
}

/**
 * All records by shard, and what ended each shard: its children's ids, null where it goes on.
 * @param {KinesisClient} client
 * @param {Stream} stream
 */
async function readEverything(client, stream) {
  /** @type {Map<string, import('./oracle.mjs').ReadRecord[]>} */
  const shards = new Map();
  /** @type {Map<string, string[] | null>} */
  const ends = new Map();
  for (const shard of stream.shards) {
    /** @type {import('./oracle.mjs').ReadRecord[]} */
    const records = [];
    let { ShardIterator: iterator } = await client.call('GetShardIterator', {
      StreamName: stream.name,
      ShardId: shard,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    for (;;) {
      const page = await client.call('GetRecords', { ShardIterator: iterator });
      records.push(...page.Records);
      iterator = page.NextShardIterator;
      const children = page.ChildShards?.map((/** @type {any} */ child) => child.ShardId);
      ends.set(shard, children ?? null);
      // Without an iterator and without children, it is an end that names nothing: see the lineage.
      if (iterator === undefined || children !== undefined) break;
      if (page.Records.length === 0 && page.MillisBehindLatest === 0) break;
    }
    shards.set(shard, records);
  }
  return { shards, ends };
}
