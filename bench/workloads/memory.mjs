// @ts-check
// memory: gigabytes written and read back over many shards while resident memory is watched, then
// how long the server takes to be ready again with that data, after a drain and after a kill.

import { setTimeout as delay } from 'node:timers/promises';
import {
  KinesisClient,
  createActiveStream,
  listAllShards,
} from '../../test/harness/kinesis-client.mjs';
import { residentBytes } from '../../test/harness/process-stats.mjs';
import { LoadWorker } from '../load-worker.mjs';
import { startTarget } from '../targets.mjs';
import { walkShards } from '../walk.mjs';
import { STREAM } from './puts.mjs';

const SAMPLE_MS = 100;
const RECORDS = 500;
/** Connections that read back, each a shard at a time, in the largest answers there are. */
const READERS = 2;

/** Highest resident memory of a process, sampled. */
class Watch {
  maxBytes = 0;
  #timer;

  /** @param {() => number[]} pids */
  constructor(pids) {
    this.#timer = setInterval(() => {
      this.maxBytes = Math.max(this.maxBytes, residentBytes(pids()).rssBytes);
    }, SAMPLE_MS);
  }

  /** @returns {number} the highest since the last call, in bytes of 10^6 */
  take() {
    const taken = this.maxBytes;
    this.maxBytes = 0;
    return Math.round(taken / 1e6);
  }

  stop() {
    clearInterval(this.#timer);
  }
}

/**
 * @param {import('../targets.mjs').TargetOptions} targetOptions
 * @param {{ gigabytes: number, shards: number }} options
 * @returns {Promise<Record<string, number>>}
 */
export async function memory(targetOptions, { gigabytes, shards }) {
  const target = await startTarget('tailrace', targetOptions);
  const watch = new Watch(() => target.pids);
  try {
    await delay(1000);
    const idleRssMb = Math.round(residentBytes(target.pids).rssBytes / 1e6);
    const requests = Math.ceil((gigabytes * 1e9) / (RECORDS * 1024));
    watch.take();
    const writeSeconds = await write(target, shards, requests);
    const writeRssMb = watch.take();
    const read = await readBack(target);
    const readRssMb = watch.take();
    const wanted = requests * RECORDS;
    if (read.records < wanted) throw new Error(`read ${read.records} of ${wanted} records back`);
    await target.restart?.();
    const drainedReadyMs = Math.round(target.readyMs);
    await target.crash?.();
    const crashedReadyMs = Math.round(target.readyMs);
    const dataGb = (wanted * 1024) / 1e9;
    return {
      shards,
      dataGb: Math.round(dataGb * 100) / 100,
      idleRssMb,
      writeMbPerSecond: Math.round((dataGb * 1000) / writeSeconds),
      writeRssMb,
      readMbPerSecond: Math.round((dataGb * 1000) / read.seconds),
      readRssMb,
      drainedReadyMs,
      crashedReadyMs,
    };
  } finally {
    watch.stop();
    await target.stop();
  }
}

/**
 * @param {import('../targets.mjs').Target} target
 * @param {number} shards
 * @param {number} requests
 * @returns {Promise<number>} seconds
 */
async function write(target, shards, requests) {
  const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
  await createActiveStream(client, STREAM, shards);
  client.close();
  const worker = new LoadWorker();
  const startedAt = performance.now();
  // Signatures last five minutes, so a long fill goes in parts.
  for (let left = requests; left > 0; left -= 2000) {
    const round = await worker.run({
      transport: 'http1',
      host: '127.0.0.1',
      port: target.port,
      credentials: target.credentials,
      connections: 8,
      warmupMs: 0,
      measureMs: 240_000,
      check: true,
      pids: [],
      requestsMax: Math.min(left, 2000),
      spec: {
        operation: 'PutRecords',
        protocol: 'json',
        streams: [STREAM],
        records: RECORDS,
        recordBytes: 1024,
        pool: 24,
      },
    });
    if (round.failures > 0) throw new Error(`a put failed: ${round.failure}`);
  }
  worker.close();
  return (performance.now() - startedAt) / 1000;
}

/** @param {import('../targets.mjs').Target} target */
async function readBack(target) {
  const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
  const ids = (await listAllShards(client, STREAM)).map((shard) => shard.ShardId);
  client.close();
  const startedAt = performance.now();
  const records = await walkShards(target, STREAM, ids, READERS);
  return { records, seconds: (performance.now() - startedAt) / 1000 };
}
