// @ts-check
// fan-out: one shard at its limit, and consumers that subscribe to it: how long after its
// acknowledgement a record is received, and what a consumer costs the server.

import { setTimeout as delay } from 'node:timers/promises';
import {
  KinesisClient,
  createActiveStream,
  listAllShards,
} from '../../test/harness/kinesis-client.mjs';
import { LoadWorker } from '../load-worker.mjs';
import { median } from '../report.mjs';
import { startTarget } from '../targets.mjs';
import { STREAM } from './puts.mjs';

/** A consumer's second subscription is refused for five seconds after the first. */
const RESUBSCRIBE_MS = 5_200;

/**
 * @param {import('../targets.mjs').TargetOptions} targetOptions
 * @param {{ consumers: number[], rate: number, recordBytes: number, rounds: number,
 *   warmupMs: number, measureMs: number }} options
 * @returns {Promise<Record<string, number>>} medians by `<consumers>.<metric>`
 */
export async function fanOut(targetOptions, options) {
  const target = await startTarget('tailrace', targetOptions);
  const worker = new LoadWorker('fan-out-worker.mjs');
  try {
    const { shard, arns } = await prepare(target, Math.max(...options.consumers));
    /** @type {Map<number, Record<string, number>[]>} */
    const rounds = new Map(options.consumers.map((count) => [count, []]));
    for (let round = 0; round < options.rounds; round++) {
      for (const count of options.consumers) {
        const result = await worker.run({
          host: '127.0.0.1',
          port: target.port,
          credentials: target.credentials,
          stream: STREAM,
          shard,
          consumers: arns.slice(0, count),
          recordsPerSecond: options.rate,
          recordBytes: options.recordBytes,
          warmupMs: options.warmupMs,
          measureMs: options.measureMs,
          pids: target.pids,
        });
        rounds.get(count)?.push(perSecond(result));
        await delay(RESUBSCRIBE_MS);
      }
    }
    return summary(rounds);
  } finally {
    worker.close();
    await target.stop();
  }
}

/** @param {import('../client/fan-out-worker.mjs').FanOutRound} round */
function perSecond(round) {
  return {
    recordsPerSecond: round.records / round.seconds,
    deliveriesPerSecond: round.deliveries / round.seconds,
    ackP50Ms: round.ackP50Ms,
    ackP99Ms: round.ackP99Ms,
    sendP50Ms: round.sendP50Ms,
    sendP99Ms: round.sendP99Ms,
    serverCores: round.serverCpuMicros / 1e6 / round.seconds,
  };
}

/**
 * @param {import('../targets.mjs').Target} target
 * @param {number} consumers
 */
async function prepare(target, consumers) {
  const client = new KinesisClient(target.endpoint, { credentials: target.credentials });
  await createActiveStream(client, STREAM, 1);
  const answer = await client.call('DescribeStreamSummary', { StreamName: STREAM });
  const StreamARN = answer.StreamDescriptionSummary.StreamARN;
  const arns = [];
  for (let n = 0; n < consumers; n++) {
    const input = { StreamARN, ConsumerName: `consumer-${n}` };
    const { Consumer: made } = await client.call('RegisterStreamConsumer', input);
    arns.push(made.ConsumerARN);
    await untilConsumerActive(client, made.ConsumerARN);
  }
  const [shard] = await listAllShards(client, STREAM);
  client.close();
  return { shard: shard.ShardId, arns };
}

/**
 * @param {KinesisClient} client
 * @param {string} ConsumerARN
 */
async function untilConsumerActive(client, ConsumerARN) {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await client.call('DescribeStreamConsumer', { ConsumerARN });
    if (answer.ConsumerDescription.ConsumerStatus === 'ACTIVE') return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`${ConsumerARN} did not become ACTIVE`);
}

/** @param {Map<number, Record<string, number>[]>} rounds */
function summary(rounds) {
  /** @type {Record<string, number>} */
  const out = {};
  for (const [count, results] of rounds) {
    for (const name of Object.keys(results[0] ?? {})) {
      const value = median(results.map((result) => result[name] ?? Number.NaN));
      out[`${count} consumers: ${name}`] = Math.round(value * 100) / 100;
    }
  }
  const counts = [...rounds.keys()];
  const [few, many] = [Math.min(...counts), Math.max(...counts)];
  if (few !== many) {
    const pairs = (rounds.get(many) ?? []).map(
      (result, round) =>
        (result['serverCores'] ?? NaN) / (rounds.get(few)?.[round]?.['serverCores'] ?? NaN),
    );
    out[`processor time, ${many} consumers over ${few}`] = Math.round(median(pairs) * 100) / 100;
  }
  return out;
}
