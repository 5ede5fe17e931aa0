// @ts-check
// Reads whole shards without parsing their records: counts them and follows the iterators.

import { Http1Connection } from './client/http1-connection.mjs';
import { http1Bytes } from './client/requests.mjs';
import { KinesisClient } from '../test/harness/kinesis-client.mjs';

const NEXT = Buffer.from('"NextShardIterator"');
const RECORD = Buffer.from('"PartitionKey"');
const BEHIND = Buffer.from('"MillisBehindLatest"');

/**
 * Reads every record of the shards, some of them side by side.
 * @param {import('./targets.mjs').Target} target
 * @param {string} stream
 * @param {string[]} shards
 * @param {number} connections
 * @returns {Promise<number>} records read
 */
export async function walkShards(target, stream, shards, connections) {
  const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
  const queue = [...shards];
  let records = 0;
  const walker = async () => {
    const reader = new Reader(target);
    for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
      const { ShardIterator } = await client.call('GetShardIterator', {
        StreamName: stream,
        ShardId: shard,
        ShardIteratorType: 'TRIM_HORIZON',
      });
      const found = await readShard(reader, ShardIterator);
      records += found;
    }
    reader.close();
  };
  await Promise.all(Array.from({ length: connections }, walker));
  client.close();
  return records;
}

/**
 * @param {Reader} reader
 * @param {string} iterator
 */
async function readShard(reader, iterator) {
  let records = 0;
  for (;;) {
    const body = await reader.get(iterator);
    const count = occurrences(body, RECORD);
    records += count;
    if (count === 0 && valueAfter(body, BEHIND) === '0') return records;
    iterator = valueAfter(body, NEXT);
  }
}

/** One connection that asks for records. */
class Reader {
  #connection;
  #target;
  /** @type {(body: Buffer) => void} */
  #resolve = () => {};
  /** @type {(error: Error) => void} */
  #reject = () => {};

  /** @param {import('./targets.mjs').Target} target */
  constructor(target) {
    this.#target = target;
    const address = { host: '127.0.0.1', port: target.port };
    this.#connection = new Http1Connection(address, (error) => this.#reject(error));
    this.#connection.onAnswer = (status, body = Buffer.alloc(0)) => {
      if (status === 200) this.#resolve(body);
      else this.#reject(new Error(`${status} ${body.toString('latin1', 0, 300)}`));
    };
  }

  /**
   * @param {string} iterator
   * @returns {Promise<Buffer>} the answer's body
   */
  get(iterator) {
    const request = {
      target: 'Kinesis_20131202.GetRecords',
      contentType: 'application/x-amz-json-1.1',
      body: Buffer.from(JSON.stringify({ ShardIterator: iterator, Limit: 10_000 })),
    };
    const { port, credentials } = this.#target;
    const context = { host: `127.0.0.1:${port}`, region: 'us-east-1', credentials };
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#connection.send(http1Bytes(request, context), true);
    });
  }

  close() {
    this.#connection.close();
  }
}

/**
 * @param {Buffer} body
 * @param {Buffer} word
 */
function occurrences(body, word) {
  let count = 0;
  for (let at = body.indexOf(word); at >= 0; at = body.indexOf(word, at + word.length)) count++;
  return count;
}

/**
 * The text of the scalar after a member's name, which is near the end or the start of the body.
 * @param {Buffer} body
 * @param {Buffer} name
 */
function valueAfter(body, name) {
  const near = body.lastIndexOf(name);
  const text = body.toString('latin1', near + name.length, near + name.length + 700);
  return /^ *: *"?([^",}]*)/.exec(text)?.[1] ?? '';
}
