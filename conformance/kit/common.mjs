// @ts-check
// Cases that many operations share: how they say which stream they mean, and which state it is in.
import { fails } from './expect.mjs';

/**
 * @typedef {import('./lab.mjs').Lab} Lab
 * @typedef {import('./suite.mjs').Suite} Suite
 */

export const NOTHING = 'tr-conformance-nothing';
export const SHARD_0 = 'shardId-000000000000';
export const SHARD_1 = 'shardId-000000000001';
export const SHARD_2 = 'shardId-000000000002';
export const HASH_MAX = 2n ** 128n - 1n;

/** The base of most generated cases: a stream that does not exist. */
export const nameOfNothing = { StreamName: NOTHING };

/**
 * @param {string} stream
 * @param {Lab} lab
 */
export function streamNotFound(stream, lab) {
  return `Stream ${stream} under account ${lab.account} not found.`;
}

/**
 * @param {string} stream
 * @param {Lab} lab
 * @param {string} state
 */
export function notActive(stream, lab, state) {
  return `Stream ${stream} under account ${lab.account} not ACTIVE, instead in state ${state}`;
}

/**
 * @param {string} shard
 * @param {string} stream
 * @param {Lab} lab
 */
export function noSuchShard(shard, stream, lab) {
  return `Shard ${shard} in stream ${stream} under account ${lab.account} does not exist`;
}

/**
 * @param {string} shard
 * @param {string} stream
 * @param {Lab} lab
 */
export function shardNotFound(shard, stream, lab) {
  return `Could not find shard ${shard} in stream ${stream} under account ${lab.account}.`;
}

/**
 * @param {string} stream
 * @param {Lab} lab
 */
export function onDemandText(stream, lab) {
  return `Request is invalid. Stream ${stream} under account ${lab.account} is in On-Demand mode.`;
}

/**
 * A stream that does not exist, by name and by ARN; none at all; two different ones.
 * @param {Suite} suite
 * @param {Record<string, any>} rest the other members
 * @param {{ byName?: boolean,
 *   missing?: (lab: Lab) => string | RegExp | readonly (string | RegExp)[] }} [options]
 */
export function selectsStream(suite, rest, options = {}) {
  const missing = options.missing ?? ((lab) => streamNotFound(NOTHING, lab));
  const type = 'ResourceNotFoundException';
  const byArn = (/** @type {Lab} */ lab) => ({ StreamARN: lab.arn(NOTHING), ...rest });
  suite.refuses('a StreamARN that names no stream', byArn, type, missing);
  if (options.byName === false) return;
  const byName = () => ({ StreamName: NOTHING, ...rest });
  suite.refuses('a StreamName that names no stream', byName, type, missing);
  suite.refuses('neither StreamName nor StreamARN', () => rest, 'InvalidArgumentException');
  const two = (/** @type {Lab} */ lab) => ({
    ...{ StreamName: `${NOTHING}-2`, StreamARN: lab.arn(NOTHING) },
    ...rest,
  });
  // Nobody has documented which of the two errors it is.
  suite.refuses('StreamName and StreamARN of two streams', two, [
    ...['InvalidArgumentException', 'ResourceNotFoundException', 'ValidationException'],
  ]);
}

/**
 * A stream that is not ACTIVE yet cannot be changed.
 * @param {Suite} suite
 * @param {(stream: { name: string, arn: string }) => any} input
 * @param {Record<string, any>} [members] of the stream
 */
export function refusesWhileCreating(suite, input, members = { ShardCount: 2 }) {
  suite.case('a stream in CREATING is refused', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(members),
      async (name) => {
        const answer = await call(input({ name, arn: lab.arn(name) }));
        fails(answer, 'ResourceInUseException', notActive(name, lab, 'CREATING'));
      },
    );
  });
}
