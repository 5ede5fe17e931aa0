// @ts-check
// shape: is throughput flat? Puts over more and more shards, over more and more connections, and
// into a data directory that holds more and more; every case in every round, interleaved.

import { KinesisClient, createActiveStream } from '../../test/harness/kinesis-client.mjs';
import { LoadWorker } from '../load-worker.mjs';
import { median } from '../report.mjs';
import { startTarget } from '../targets.mjs';
import { STREAM } from './puts.mjs';

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} family the first case of a family is what the others are compared with
 * @property {number} shards
 * @property {number} connections
 * @property {'PutRecords' | 'PutRecord'} operation
 * @property {number} gigabytes stored before the clock starts
 *
 * @typedef {object} ShapeOptions
 * @property {number[]} shards
 * @property {number[]} connections
 * @property {number[]} gigabytes
 * @property {number} rounds
 * @property {number} warmupMs
 * @property {number} measureMs
 */

/**
 * @param {ShapeOptions} options
 * @returns {Case[]}
 */
function casesOf({ shards, connections, gigabytes }) {
  const batches = /** @type {const} */ ({ connections: 8, operation: 'PutRecords', gigabytes: 0 });
  const singles = /** @type {const} */ ({ shards: 4, operation: 'PutRecord', gigabytes: 0 });
  return [
    ...shards.map((n) => ({ ...batches, family: 'shards', name: `${n} shards`, shards: n })),
    ...connections.map((n) => ({
      ...singles,
      family: 'connections',
      name: `${n} connections`,
      connections: n,
    })),
    ...gigabytes.map((n) => ({
      ...batches,
      family: 'data',
      name: `${n} GB stored`,
      shards: 8,
      gigabytes: n,
    })),
  ];
}

/**
 * @param {import('../targets.mjs').TargetOptions} targetOptions
 * @param {ShapeOptions} options
 * @returns {Promise<Record<string, number>>} records per second and ratios by case
 */
export async function shape(targetOptions, options) {
  const cases = casesOf(options);
  /** @type {Map<string, { rate: number, rssMb: number }[]>} */
  const rounds = new Map(cases.map(({ name }) => [name, []]));
  const worker = new LoadWorker();
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const one of cases) {
        const result = await oneCase(worker, targetOptions, one, options);
        rounds.get(one.name)?.push(result);
        process.stderr.write(`round ${round + 1} ${one.name}: ${Math.round(result.rate)} rec/s\n`);
      }
    }
  } finally {
    worker.close();
  }
  return summary(cases, rounds);
}

/**
 * @param {LoadWorker} worker
 * @param {import('../targets.mjs').TargetOptions} targetOptions
 * @param {Case} one
 * @param {ShapeOptions} options
 */
async function oneCase(worker, targetOptions, one, options) {
  const target = await startTarget('tailrace', targetOptions);
  const records = one.operation === 'PutRecords' ? 500 : 1;
  const plan = {
    transport: /** @type {const} */ ('http1'),
    host: '127.0.0.1',
    port: target.port,
    credentials: target.credentials,
    check: true,
    pids: target.pids,
  };
  const spec = {
    operation: one.operation,
    protocol: /** @type {const} */ ('json'),
    streams: [STREAM],
    records,
    recordBytes: 1024,
    pool: records === 1 ? 512 : 24,
  };
  try {
    const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
    await createActiveStream(client, STREAM, one.shards);
    client.close();
    for (let left = Math.ceil((one.gigabytes * 1e9) / (500 * 1024)); left > 0; left -= 2000) {
      const requestsMax = Math.min(left, 2000);
      const fill = { connections: 8, warmupMs: 0, measureMs: 240_000, requestsMax };
      await worker.run({ ...plan, ...fill, spec });
    }
    const { warmupMs, measureMs } = options;
    const { connections } = one;
    const round = await worker.run({ ...plan, connections, warmupMs, measureMs, spec });
    if (round.failures > 0) {
      process.stderr.write(`${one.name}: ${round.failures} failures: ${round.failure}\n`);
    }
    return {
      rate: (round.requests * records) / round.seconds,
      rssMb: round.rssBytes / 1e6,
    };
  } finally {
    await target.stop();
  }
}

/**
 * @param {Case[]} cases
 * @param {Map<string, { rate: number, rssMb: number }[]>} rounds
 */
function summary(cases, rounds) {
  /** @type {Record<string, number>} */
  const out = {};
  for (const { name, family } of cases) {
    const own = rounds.get(name) ?? [];
    const base = rounds.get(cases.find((one) => one.family === family)?.name ?? '') ?? [];
    const ratio = median(own.map(({ rate }, i) => rate / (base[i]?.rate ?? Number.NaN)));
    out[`${name}: rec/s`] = Math.round(median(own.map(({ rate }) => rate)));
    out[`${name}: of the first`] = Math.round(ratio * 100) / 100;
    out[`${name}: RSS MB`] = Math.round(median(own.map(({ rssMb }) => rssMb)));
  }
  return out;
}
