// @ts-check
// What must be true of the shards of a stream at any time: open ones tile the ring, closed ones say
// where they end and are named by their children, and each record lies in the one shard whose range
// holds its key, between the end of its parents and its own. Pure: it is given what clients read.

import { createHash } from 'node:crypto';
import { ring } from './changes.mjs';

const RING_END = (1n << 128n) - 1n;

/**
 * @typedef {object} Shard
 * @property {string} id
 * @property {bigint} start
 * @property {bigint} end inclusive
 * @property {string} first starting sequence number
 * @property {string | undefined} last ending sequence number; undefined while it is open
 * @property {string[]} parents
 *
 * @typedef {Map<string, import('./oracle.mjs').ReadRecord[]>} Records by shard
 */

/** The shards of one stream, from its creation to its deletion. */
export class Lineage {
  #name;
  #changes;
  #records;
  /** @type {Map<string, Shard>} */
  #shards = new Map();

  /**
   * @param {string} name
   * @param {import('./changes.mjs').ChangeVerdict} changes told of shards that are wrong
   * @param {import('./oracle.mjs').Verdict} records told of records that are where they must not be
   */
  constructor(name, changes, records) {
    this.#name = name;
    this.#changes = changes;
    this.#records = records;
  }

  /** @returns {Shard[]} in order of their ranges */
  get open() {
    const open = [...this.#shards.values()].filter((shard) => shard.last === undefined);
    return open.sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  /** @returns {string[]} */
  get ids() {
    return [...this.#shards.keys()];
  }

  /** @returns {string[]} */
  get closedIds() {
    return [...this.#shards.values()].filter((it) => it.last !== undefined).map((it) => it.id);
  }

  get ring() {
    return ring(this.open.map((shard) => shard.start));
  }

  /**
   * All shards as ListShards gives them.
   * @param {any[]} listed
   */
  update(listed) {
    const now = new Map(listed.map((entry) => [entry.ShardId, shardOf(entry)]));
    for (const [id, known] of this.#shards) {
      const found = now.get(id);
      if (found === undefined) {
        this.#changes.add('lost', `${this.#name}: ${id} is gone`);
      } else if (facts(known) !== facts(found)) {
        this.#torn(`${id} was ${facts(known)} and is ${facts(found)}`);
      } else if (known.last !== undefined && known.last !== found.last) {
        this.#changes.add('lost', `${this.#name}: ${id} ended at ${known.last}, now ${found.last}`);
      }
    }
    this.#shards = now;
    this.#checkTiles();
    for (const shard of now.values()) this.#checkFamily(shard);
  }

  /**
   * What ended each shard's reading: the ids of its children, or null where the shard goes on.
   * @param {Map<string, string[] | null>} ends
   */
  checkEnds(ends) {
    for (const { id, last } of this.#shards.values()) {
      const found = ends.get(id);
      const expected = last === undefined ? null : this.#childrenOf(id).map((child) => child.id);
      if (found === undefined || String(found?.sort()) !== String(expected?.sort())) {
        this.#torn(`${id} ends with ${found}, its children are ${expected}`);
      }
    }
  }

  /** @param {Records} records */
  checkRecords(records) {
    for (const [id, list] of records) {
      const shard = this.#shards.get(id);
      if (shard === undefined) continue;
      const ends = shard.parents.map((parent) => this.#shards.get(parent)?.last ?? '0');
      const from = ends.reduce((max, end) => later(max, BigInt(end)), 0n);
      for (const { PartitionKey: key, SequenceNumber } of list) {
        const number = BigInt(SequenceNumber);
        const hash = hashKey(key);
        const inRange = hash >= shard.start && hash <= shard.end;
        const inTime = number > from && (shard.last === undefined || number <= BigInt(shard.last));
        if (!inRange || !inTime || number < BigInt(shard.first)) {
          const why = inRange ? 'outside its life' : 'outside its range';
          this.#records.add('corrupted', `${key} is in ${this.#name} ${id}, ${why}`);
        }
      }
    }
  }

  #checkTiles() {
    let next = 0n;
    for (const { id, start, end } of this.open) {
      if (start !== next) this.#torn(`open ${id} begins at ${start}, not at ${next}`);
      next = end + 1n;
    }
    if (next !== RING_END + 1n) this.#torn(`the open shards end at ${next}`);
  }

  /** @param {Shard} shard */
  #checkFamily(shard) {
    const { id, parents } = shard;
    const found = parents.map((parent) => this.#shards.get(parent));
    for (const [n, parent] of found.entries()) {
      if (parent?.last === undefined) this.#torn(`${parents[n]}, parent of ${id}, is not closed`);
    }
    /** @type {Shard[]} */
    const known = found.filter((parent) => parent !== undefined);
    if (parents.length > 0 && !covers(known, shard)) this.#torn(`${id} leaves its parents' range`);
    const children = this.#childrenOf(id);
    if (shard.last === undefined) {
      if (children.length > 0) this.#torn(`${id} is open and has children`);
    } else if (!covers(children, shard)) {
      this.#torn(`the children of ${id} do not cover it`);
    }
  }

  /** @param {string} id */
  #childrenOf(id) {
    return [...this.#shards.values()].filter((shard) => shard.parents.includes(id));
  }

  /** @param {string} detail */
  #torn(detail) {
    this.#changes.add('torn', `${this.#name}: ${detail}`);
  }
}

/**
 * Whether ranges, together, hold all of another.
 * @param {Shard[]} ranges
 * @param {Shard} whole
 */
function covers(ranges, whole) {
  let next = whole.start;
  for (const range of ranges.sort((a, b) => (a.start < b.start ? -1 : 1))) {
    if (range.start <= next && range.end >= next) next = range.end + 1n;
  }
  return next > whole.end;
}

/**
 * @param {any} listed
 * @returns {Shard}
 */
function shardOf(listed) {
  const { HashKeyRange: range, SequenceNumberRange: numbers } = listed;
  return {
    id: listed.ShardId,
    start: BigInt(range.StartingHashKey),
    end: BigInt(range.EndingHashKey),
    first: numbers.StartingSequenceNumber,
    last: numbers.EndingSequenceNumber,
    parents: [listed.ParentShardId, listed.AdjacentParentShardId].filter(Boolean),
  };
}

/** What of a shard never changes. @param {Shard} shard */
function facts({ start, end, first, parents }) {
  return `${start}-${end} from ${first} of ${parents}`;
}

/** @param {string} key */
export function hashKey(key) {
  return BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
}

/**
 * @param {bigint} a
 * @param {bigint} b
 */
function later(a, b) {
  return a > b ? a : b;
}
