// @ts-check
// The load of a crash run: writers, a reader, changers of shards and settings, and a caretaker that
// creates and deletes streams, each on a connection of its own, until the server is killed under
// them.

import { KinesisClient, ServiceFault } from '../harness/kinesis-client.mjs';
import { changeOne } from './changer.mjs';
import { dataOf } from './random.mjs';

const WRITERS = 6;
const CHANGERS = 3;
/** The caretaker keeps at least this many streams alive, so that writers have work. */
const LIVE_MIN = 3;
/** Records of one request stay below what a request may carry. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

/** Refusals that a stream's deletion explains, and nothing else does. */
const GONE = new Set(['ResourceNotFoundException', 'ResourceInUseException']);

/** Runs until `stop`; connections that break after the kill end it quietly. */
export class Load {
  #world;
  #chance;
  /** @type {KinesisClient[]} */
  #clients = [];
  #ended = false;
  /** @type {Promise<unknown>} */
  #loops;
  /** @type {Error | undefined} */
  failure;

  /**
   * @param {import('./world.mjs').World} world
   * @param {string} endpoint
   * @param {import('./random.mjs').Chance} chance
   */
  constructor(world, endpoint, chance) {
    this.#world = world;
    this.#chance = chance;
    const loop = (/** @type {string} */ name, /** @type {Loop} */ body) =>
      this.#run(endpoint, name, chance.fork(name), body);
    const writers = Array.from({ length: WRITERS }, (_, n) => loop(`writer ${n}`, this.#write));
    const changers = Array.from({ length: CHANGERS }, (_, n) => loop(`changer ${n}`, this.#change));
    this.#loops = Promise.all([
      ...writers,
      ...changers,
      loop('reader', this.#read),
      loop('caretaker', this.#care),
    ]);
  }

  /** The server is dead, or about to be: errors of connections are no news from now on. */
  expectEnd() {
    this.#ended = true;
  }

  /** Waits until every request is answered or broken. */
  async stop() {
    this.#ended = true;
    for (const client of this.#clients) client.close();
    await this.#loops;
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * @typedef {(client: KinesisClient, chance: import('./random.mjs').Chance) => Promise<void>} Loop
   */

  /**
   * @param {string} endpoint
   * @param {string} name
   * @param {import('./random.mjs').Chance} chance
   * @param {Loop} body
   */
  async #run(endpoint, name, chance, body) {
    const client = new KinesisClient(endpoint, { connections: 1 });
    this.#clients.push(client);
    while (!this.#ended) {
      try {
        await body.call(this, client, chance);
      } catch (error) {
        const text = `${name} failed: ${client.last} ${String(error)}`;
        if (!this.#ended) this.failure ??= new Error(text, { cause: error });
        break;
      }
    }
    client.close();
  }

  /** @type {Loop} */
  async #write(client, chance) {
    const world = this.#world;
    const streams = world.live();
    if (streams.length === 0) {
      await pause(5);
      return;
    }
    const stream = chance.pick(streams);
    const isSpent = world.budget <= 0;
    const single = isSpent || chance.happens(0.4);
    const keys = stream.oracle.sending(single ? 1 : chance.pick([2, 7, 30, 500]));
    const entries = this.#entries(keys);
    world.events.emit('sent');
    if (single) {
      const input = { StreamName: stream.name, ...entries[0] };
      const answer = await this.#unlessGone(stream, client.call('PutRecord', input));
      if (answer !== undefined) world.acked += stream.oracle.answered(keys, [answer]);
    } else {
      const input = { StreamName: stream.name, Records: entries };
      const answer = await this.#unlessGone(stream, client.call('PutRecords', input));
      if (answer !== undefined) {
        this.#checkEntries(answer.Records);
        world.acked += stream.oracle.answered(keys, answer.Records);
      }
    }
    if (isSpent) await pause(chance.between(5, 40));
    else if (chance.happens(0.5)) await pause(chance.between(1, 10));
  }

  /**
   * The answer to a call, undefined where the stream was being deleted when it was refused.
   * @param {import('./world.mjs').Stream} stream
   * @param {Promise<any>} call
   */
  async #unlessGone(stream, call) {
    try {
      return await call;
    } catch (error) {
      const refused = error instanceof ServiceFault && GONE.has(error.name);
      if (!refused || this.#world.isLive(stream)) throw error;
      return undefined;
    }
  }

  /**
   * No entry fails while the server lives: nothing is throttled, and puts wait for a reshard.
   * @param {{ ErrorCode?: string, ErrorMessage?: string }[]} results
   */
  #checkEntries(results) {
    const failed = results.find(({ ErrorCode }) => ErrorCode !== undefined);
    if (failed !== undefined && !this.#ended) {
      throw new Error(`an entry failed: ${failed.ErrorCode} ${failed.ErrorMessage}`);
    }
  }

  /**
   * As many of the keys as fit into a request; the rest are never sent and so may not appear.
   * @param {string[]} keys
   */
  #entries(keys) {
    const entries = [];
    let bytes = 0;
    for (const key of keys) {
      const data = dataOf(key);
      bytes += data.length;
      if (bytes > REQUEST_BYTES_MAX && entries.length > 0) break;
      entries.push({ PartitionKey: key, Data: data.toString('base64') });
    }
    this.#world.budget -= bytes;
    return entries;
  }

  /** @type {Loop} */
  async #read(client, chance) {
    const streams = this.#world.live();
    await pause(chance.between(1, 20));
    if (streams.length === 0) return;
    const stream = chance.pick(streams);
    const shard = chance.pick(stream.shards);
    const position = { StreamName: stream.name, ShardId: shard, ShardIteratorType: 'TRIM_HORIZON' };
    const found = await this.#unlessGone(stream, client.call('GetShardIterator', position));
    if (found === undefined) return;
    const page = { ShardIterator: found.ShardIterator, Limit: 1000 };
    const answer = await this.#unlessGone(stream, client.call('GetRecords', page));
    // A name may be given to a new stream between two calls.
    if (answer === undefined || !this.#world.isLive(stream)) return;
    for (const record of answer.Records) stream.oracle.observed(shard, record);
  }

  /** @type {Loop} */
  async #change(client, chance) {
    await changeOne(this.#world, client, chance);
    await pause(chance.between(1, 40));
  }

  /** @type {Loop} */
  async #care(client, chance) {
    const world = this.#world;
    const live = world.live();
    const free = world.free();
    if (free.length > 0 && (live.length < LIVE_MIN || chance.happens(0.5))) {
      await world.create(client, chance.pick(free), chance.pick([1, 2, 5, 16]));
    } else if (live.length > LIVE_MIN) {
      // A change of a stream that goes meanwhile could reach the next stream of its name.
      const quiet = live.filter((stream) => stream.changes.quiet);
      if (quiet.length > 0) await world.delete(client, chance.pick(quiet));
    }
    await pause(chance.between(5, 150));
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
