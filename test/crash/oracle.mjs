// @ts-check
// What must be true of the records of a stream after a crash, given what the clients saw before.
// Pure: it is told of requests, answers and reads, and asked for verdicts.
//
// A record whose request was sent and not answered may be there or not, but at most once and
// exact. A record that was acknowledged, or that a reader was once given, must be there for good:
// same shard, same sequence number, same bytes. On a shard, sequence numbers grow in reading
// order, within a request in the order of its entries, and a record acknowledged before another
// was sent comes before it.

import { dataOf } from './random.mjs';

/**
 * @typedef {object} Entry
 * @property {number} sentAt logical time of the request
 * @property {number} ackedAt logical time of the answer; Infinity while there is none
 * @property {string} shard '' until known
 * @property {string} number sequence number, '' until known
 * @property {boolean} acked whether a client was told that it is stored
 * @property {boolean} binding whether it must be there: acknowledged, or read before
 *
 * @typedef {object} ReadRecord
 * @property {string} PartitionKey
 * @property {string} Data base64
 * @property {string} SequenceNumber
 */

/** Details that are kept for people, at most. */
const DETAILS_MAX = 20;

/** Counts of what went wrong, with the first few cases in words. */
export class Verdict {
  lost = 0;
  reordered = 0;
  corrupted = 0;
  /** @type {string[]} */
  details = [];

  /**
   * @param {'lost' | 'reordered' | 'corrupted'} kind
   * @param {string} detail
   */
  add(kind, detail) {
    this[kind]++;
    if (this.details.length < DETAILS_MAX) this.details.push(`${kind}: ${detail}`);
  }

  get clean() {
    return this.lost + this.reordered + this.corrupted === 0;
  }
}

/** Sequence numbers are decimal without leading zeros: longer is larger. */
const before = (/** @type {string} */ a, /** @type {string} */ b) =>
  a.length === b.length ? a < b : a.length < b.length;

/** All that is known of one stream from its creation to its deletion. */
export class StreamOracle {
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** When clients knew that a shard was closed, by its id. @type {Map<string, number>} */
  #closedAt = new Map();
  #time = 0;
  #next = 0;
  #verdict;

  /**
   * @param {string} incarnation begins the key of each of its records
   * @param {Verdict} verdict
   */
  constructor(incarnation, verdict) {
    this.incarnation = incarnation;
    this.#verdict = verdict;
  }

  /** @returns {number} how many records must be there */
  get bindingCount() {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.binding) count++;
    return count;
  }

  /**
   * Keys for the entries of a request that is about to be sent.
   * @param {number} count
   * @returns {string[]}
   */
  sending(count) {
    const sentAt = ++this.#time;
    return Array.from({ length: count }, () => {
      const key = `${this.incarnation}.${this.#next++}`;
      const entry = {
        sentAt,
        ackedAt: Infinity,
        shard: '',
        number: '',
        acked: false,
        binding: false,
      };
      this.#entries.set(key, entry);
      return key;
    });
  }

  /**
   * The answer to a request: one result per key, in order.
   * @param {string[]} keys
   * @param {{ ShardId?: string, SequenceNumber?: string }[]} results
   * @returns {number} how many were acknowledged
   */
  answered(keys, results) {
    const ackedAt = ++this.#time;
    /** @type {Map<string, string>} */
    const last = new Map();
    let acked = 0;
    for (const [index, key] of keys.entries()) {
      const { ShardId: shard, SequenceNumber: number } = results[index] ?? {};
      const entry = this.#entries.get(key);
      if (entry === undefined || shard === undefined || number === undefined) continue;
      const previous = last.get(shard);
      if (previous !== undefined && !before(previous, number)) {
        this.#verdict.add('reordered', `${key} got ${number} after ${previous} in one request`);
      }
      last.set(shard, number);
      this.#place(key, entry, shard, number);
      entry.ackedAt = ackedAt;
      entry.acked = true;
      entry.binding = true;
      acked++;
    }
    return acked;
  }

  /**
   * Shards that are closed: records sent from now on are in others.
   * @param {string[]} shards
   */
  closed(shards) {
    const now = ++this.#time;
    for (const shard of shards) {
      if (!this.#closedAt.has(shard)) this.#closedAt.set(shard, now);
    }
  }

  /**
   * A reader was given a record, at any time: it must never go away again.
   * @param {string} shard
   * @param {ReadRecord} record
   */
  observed(shard, record) {
    const entry = this.#known(shard, record);
    if (entry === undefined) return;
    this.#place(record.PartitionKey, entry, shard, record.SequenceNumber);
    entry.binding = true;
  }

  /**
   * Everything there is, shard by shard from the oldest record to the tip.
   * @param {Map<string, ReadRecord[]>} shards
   */
  readBack(shards) {
    /** @type {Set<string>} */
    const seen = new Set();
    for (const [shard, records] of shards) {
      this.#checkOrder(shard, records);
      for (const record of records) {
        const key = record.PartitionKey;
        if (seen.has(key)) this.#verdict.add('corrupted', `${key} is there more than once`);
        seen.add(key);
        this.observed(shard, record);
      }
    }
    for (const [key, entry] of this.#entries) {
      if (entry.binding && !seen.has(key)) {
        const how = entry.acked ? 'acknowledged' : 'read before';
        this.#verdict.add('lost', `${key} (${how}, ${entry.shard} ${entry.number})`);
      }
      // Neither acknowledged nor found after a restart: it can never appear any more.
      if (!seen.has(key)) this.#entries.delete(key);
    }
  }

  /** The whole stream is missing: everything that had to be there is lost. */
  vanished() {
    this.#verdict.add('lost', `stream ${this.incarnation} itself`);
    this.readBack(new Map());
  }

  /**
   * The entry of a record, or undefined with a verdict when it is not what was sent.
   * @param {string} shard
   * @param {ReadRecord} record
   */
  #known(shard, record) {
    const key = record.PartitionKey;
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      const where = `${this.incarnation} ${shard}`;
      this.#verdict.add('corrupted', `${key} in ${where} was never sent or was gone before`);
      return undefined;
    }
    if (dataOf(key).toString('base64') !== record.Data) {
      this.#verdict.add('corrupted', `${key} has other bytes than were sent`);
    }
    return entry;
  }

  /**
   * @param {string} key
   * @param {Entry} entry
   * @param {string} shard
   * @param {string} number
   */
  #place(key, entry, shard, number) {
    const moved = entry.number !== '' && (entry.number !== number || entry.shard !== shard);
    if (moved) {
      const was = `${entry.shard} ${entry.number}`;
      this.#verdict.add('corrupted', `${key} was at ${was} and is at ${shard} ${number}`);
    }
    if (entry.sentAt > (this.#closedAt.get(shard) ?? Infinity)) {
      this.#verdict.add('corrupted', `${key} is in ${shard}, which was closed when it was sent`);
    }
    entry.shard = shard;
    entry.number = number;
  }

  /**
   * @param {string} shard
   * @param {ReadRecord[]} records
   */
  #checkOrder(shard, records) {
    let previous = '';
    let latestSent = 0;
    for (const { PartitionKey: key, SequenceNumber: number } of records) {
      if (previous !== '' && !before(previous, number)) {
        this.#verdict.add('reordered', `${shard}: ${number} is read after ${previous}`);
      }
      previous = number;
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      if (entry.ackedAt < latestSent) {
        this.#verdict.add('reordered', `${shard}: ${key} comes after a record sent later`);
      }
      latestSent = Math.max(latestSent, entry.sentAt);
    }
  }
}
