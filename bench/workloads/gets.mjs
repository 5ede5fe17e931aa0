// @ts-check
// get-records: answers of up to 10,000 records of 1 KiB. The streams are filled and walked once
// before the clock starts; the walk yields the iterators that the load then asks for in turn, so
// that every request is a different place and the client needs to parse nothing. What is stored
// fits into the tail that servers keep in memory, unless it is to be read cold: then Tailrace keeps
// next to no tail and reads everything from its files (which the system may have in its cache).

import {
  KinesisClient,
  createActiveStream,
  listAllShards,
} from '../../test/harness/kinesis-client.mjs';
import { LoadWorker } from '../load-worker.mjs';
import { STREAM } from './puts.mjs';

/** Keys short enough that 10,000 records of 1 KiB stay within one answer's 10 MiB. */
const LIMIT = 10_000;
/** Iterators live five minutes, and a bench may take longer: walk again after this long. */
const ITERATORS_FRESH_MS = 120_000;

/**
 * @param {import('../main.mjs').BenchOptions} options
 * @returns {import('../main.mjs').Workload}
 */
export function getWorkload(options) {
  /** @type {Map<string, { iterators: string[], mean: number, at: number }>} */
  const walks = new Map();
  return {
    recordsPerRequest: (target) => walks.get(target.name)?.mean ?? Number.NaN,
    fresh: false,
    connections: options.connections ?? 2,
    prepare: async (target) => {
      if (!target.kinesis) {
        walks.set(target.name, { iterators: ['none'], mean: 9_900, at: Infinity });
        return;
      }
      const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
      await createActiveStream(client, STREAM, options.shards ?? (options.cold ? 4 : 2));
      client.close();
      await fill(target, options);
      walks.set(target.name, await walk(target));
    },
    beforeRound: async (target) => {
      const known = walks.get(target.name);
      if (known !== undefined && performance.now() - known.at > ITERATORS_FRESH_MS) {
        walks.set(target.name, await walk(target));
      }
    },
    spec: (target) => ({
      operation: 'GetRecords',
      protocol: target.protocol ?? options.protocol,
      streams: [STREAM],
      records: 1,
      recordBytes: options.recordBytes,
      pool: 1,
      iterators: walks.get(target.name)?.iterators ?? [],
      limit: LIMIT,
    }),
  };
}

/**
 * @param {import('../targets.mjs').Target} target
 * @param {import('../main.mjs').BenchOptions} options
 */
async function fill(target, options) {
  const worker = new LoadWorker();
  const round = await worker.run({
    transport: 'http1',
    host: '127.0.0.1',
    port: target.port,
    credentials: target.credentials,
    connections: 4,
    warmupMs: 0,
    measureMs: 600_000,
    check: true,
    pids: [],
    requestsMax: Math.ceil((options.preload ?? (options.cold ? 100_000 : 19_500)) / 500),
    spec: {
      operation: 'PutRecords',
      protocol: 'json',
      streams: [STREAM],
      records: 500,
      recordBytes: options.recordBytes,
      pool: 24,
    },
  });
  worker.close();
  if (round.failures > 0) throw new Error(`filling ${target.name} failed: ${round.failure}`);
}

/**
 * Every iterator from the oldest record of each shard to its tip, that yields records.
 * @param {import('../targets.mjs').Target} target
 */
async function walk(target) {
  const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
  /** @type {string[]} */
  const iterators = [];
  let records = 0;
  for (const shard of await listAllShards(client, STREAM)) {
    let { ShardIterator: iterator } = await client.call('GetShardIterator', {
      StreamName: STREAM,
      ShardId: shard.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    for (;;) {
      const page = await client.call('GetRecords', { ShardIterator: iterator, Limit: LIMIT });
      if (page.Records.length === 0 && !(page.MillisBehindLatest > 0)) break;
      if (page.Records.length > 0) iterators.push(iterator);
      records += page.Records.length;
      iterator = page.NextShardIterator;
    }
  }
  client.close();
  return { iterators, mean: records / iterators.length, at: performance.now() };
}
