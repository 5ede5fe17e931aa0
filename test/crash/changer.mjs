// @ts-check
// Changes of a stream's shards and settings that are under way while the server is killed: what
// each asks for, what the stream is then, and how the server tells.

import { ServiceFault } from '../harness/kinesis-client.mjs';
import { ABSENT, ANY_ARN, equalRing, ring } from './changes.mjs';

/** Shards that a stream may have in all: each is read back after every crash. */
const SHARDS_MAX = 60;
const OPEN_MAX = 16;
/** Narrower shards are not split any more. */
const WIDTH_MIN = 1n << 64n;
const KEY = 'alias/aws/kinesis';
const CONSUMERS = ['one', 'two', 'three'];
/** Polls for consumers to settle, 20 ms apart. */
const CONSUMER_POLLS_MAX = 1500;

/** Refusals that say that nothing was changed, as the stream was just changing. */
const REFUSALS = new Set(['ResourceInUseException', 'LimitExceededException']);

/** What a stream is when it was just created. @param {number} shards */
export function initialSettings(shards) {
  return {
    shards: equalRing(shards),
    tags: '{}',
    policy: '{}',
    retention: '24',
    encryption: 'NONE',
  };
}

/**
 * @typedef {import('./world.mjs').Stream} Stream
 * @typedef {import('./random.mjs').Chance} Chance
 * @typedef {import('../harness/kinesis-client.mjs').KinesisClient} KinesisClient
 *
 * @typedef {object} Change
 * @property {string} facet
 * @property {string} next
 * @property {string} operation
 * @property {object} input
 * @property {(output: any) => string} [exact]
 */

/**
 * Asks for one change of one stream.
 * @param {import('./world.mjs').World} world
 * @param {KinesisClient} client
 * @param {Chance} chance
 */
export async function changeOne(world, client, chance) {
  const live = world.live();
  if (live.length === 0) return;
  const stream = chance.pick(live);
  const change = chance.pick(CHANGES)(stream, chance);
  if (change === undefined || !stream.changes.idle(change.facet)) return;
  const { facet, next, operation, input, exact } = change;
  stream.changes.begin(facet, next);
  world.events.emit(facet === 'shards' ? 'reshard' : 'change');
  let output;
  try {
    output = await client.call(operation, input);
  } catch (error) {
    if (!(error instanceof ServiceFault && REFUSALS.has(error.name))) throw error;
    stream.changes.refused(facet);
    stream.changes.release(facet);
    return;
  }
  stream.changes.acknowledged(facet, exact?.(output));
  const { byOperation } = world.changed;
  byOperation.set(operation, (byOperation.get(operation) ?? 0) + 1);
  if (facet === 'shards') await world.reshaped(client, stream);
  stream.changes.release(facet);
}

/** @type {((stream: Stream, chance: Chance) => Change | undefined)[]} */
const CHANGES = [
  split,
  merge,
  count,
  tag,
  untag,
  policy,
  retention,
  encryption,
  consumer,
  consumer,
];

/** @type {typeof CHANGES[number]} */
function split({ name, lineage }, chance) {
  const { open } = lineage;
  const shard = chance.pick(open);
  const width = shard.end - shard.start;
  if (open.length >= OPEN_MAX || lineage.ids.length >= SHARDS_MAX || width < WIDTH_MIN) return;
  const at = shard.start + (width * BigInt(chance.between(1, 9))) / 10n;
  const starts = open.flatMap(({ start }) => (start === shard.start ? [start, at] : [start]));
  const input = { StreamName: name, ShardToSplit: shard.id, NewStartingHashKey: `${at}` };
  return { facet: 'shards', next: ring(starts), operation: 'SplitShard', input };
}

/** @type {typeof CHANGES[number]} */
function merge({ name, lineage }, chance) {
  const { open } = lineage;
  const index = chance.between(1, Math.max(1, open.length - 1));
  const [lower, upper] = [open[index - 1], open[index]];
  if (lower === undefined || upper === undefined || lineage.ids.length >= SHARDS_MAX) return;
  const starts = open.map(({ start }) => start).filter((start) => start !== upper.start);
  const input = { StreamName: name, ShardToMerge: lower.id, AdjacentShardToMerge: upper.id };
  return { facet: 'shards', next: ring(starts), operation: 'MergeShards', input };
}

/** @type {typeof CHANGES[number]} */
function count({ name, lineage }, chance) {
  const { length } = lineage.open;
  const target = chance.between(Math.ceil(length / 2), Math.min(OPEN_MAX, 2 * length));
  if (target === length || lineage.ids.length >= SHARDS_MAX / 2) return;
  const input = { StreamName: name, TargetShardCount: target, ScalingType: 'UNIFORM_SCALING' };
  return { facet: 'shards', next: equalRing(target), operation: 'UpdateShardCount', input };
}

/** Several tags at once, so that half of them would be seen. @type {typeof CHANGES[number]} */
function tag({ name, changes }, chance) {
  const from = chance.between(0, 5);
  const value = `v${chance.between(0, 1_000_000)}`;
  const Tags = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`t${from + n}`, value]));
  const next = tagText({ ...JSON.parse(changes.value('tags')), ...Tags });
  return {
    facet: 'tags',
    next,
    operation: 'AddTagsToStream',
    input: { StreamName: name, Tags },
  };
}

/** @type {typeof CHANGES[number]} */
function untag({ name, changes }, chance) {
  const TagKeys = Array.from({ length: 3 }, (_, n) => `t${chance.between(0, 2) * 3 + n}`);
  const unique = [...new Set(TagKeys)];
  const tags = Object.entries(JSON.parse(changes.value('tags')));
  const next = tagText(Object.fromEntries(tags.filter(([key]) => !unique.includes(key))));
  const input = { StreamName: name, TagKeys: unique };
  return { facet: 'tags', next, operation: 'RemoveTagsFromStream', input };
}

/** @type {typeof CHANGES[number]} */
function policy({ arn, changes }, chance) {
  const input = { ResourceARN: arn };
  if (changes.value('policy') !== '{}' && chance.happens(0.4)) {
    return { facet: 'policy', next: '{}', operation: 'DeleteResourcePolicy', input };
  }
  const statement = {
    Sid: `s${chance.between(0, 1_000_000)}`,
    Effect: 'Allow',
    Principal: { AWS: '111122223333' },
    Action: ['kinesis:DescribeStreamSummary', 'kinesis:ListShards'],
    Resource: arn,
  };
  const next = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const operation = 'PutResourcePolicy';
  return { facet: 'policy', next, operation, input: { ...input, Policy: next } };
}

/**
 * Records are seconds old, so that no period of a day or more hides one.
 * @type {typeof CHANGES[number]}
 */
function retention({ name, changes }, chance) {
  const hours = chance.between(24, 8760);
  const now = Number(changes.value('retention'));
  const operation = `${hours > now ? 'Increase' : 'Decrease'}StreamRetentionPeriod`;
  const input = { StreamName: name, RetentionPeriodHours: hours };
  return { facet: 'retention', next: String(hours), operation, input };
}

/** @type {typeof CHANGES[number]} */
function encryption({ name, arn, changes }, chance) {
  const keyArn = `${arn.replace(':kinesis:', ':kms:').split(':').slice(0, 5).join(':')}:${KEY}`;
  const now = changes.value('encryption');
  const KeyId = now === 'NONE' ? chance.pick([KEY, keyArn]) : now.slice('KMS '.length);
  const on = now === 'NONE';
  return {
    facet: 'encryption',
    next: on ? `KMS ${KeyId}` : 'NONE',
    operation: on ? 'StartStreamEncryption' : 'StopStreamEncryption',
    input: { StreamName: name, EncryptionType: 'KMS', KeyId },
  };
}

/** @type {typeof CHANGES[number]} */
function consumer({ arn, changes }, chance) {
  const ConsumerName = chance.pick(CONSUMERS);
  const facet = `consumer ${ConsumerName}`;
  const input = { StreamARN: arn, ConsumerName };
  if (changes.value(facet) !== ABSENT) {
    return { facet, next: ABSENT, operation: 'DeregisterStreamConsumer', input };
  }
  const exact = (/** @type {any} */ output) => output.Consumer.ConsumerARN;
  return { facet, next: ANY_ARN, operation: 'RegisterStreamConsumer', input, exact };
}

/** @param {Record<string, unknown>} tags */
function tagText(tags) {
  return JSON.stringify(
    Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

/**
 * Every setting as the server tells it, once its consumers have settled.
 * @param {KinesisClient} client
 * @param {Stream} stream
 * @returns {Promise<Map<string, string>>}
 */
export async function readSettings(client, stream) {
  const StreamName = stream.name;
  const { StreamDescriptionSummary: it } = await client.call('DescribeStreamSummary', {
    StreamName,
  });
  const { Tags } = await client.call('ListTagsForStream', { StreamName, Limit: 50 });
  const { Policy } = await client.call('GetResourcePolicy', { ResourceARN: stream.arn });
  const tags = Object.fromEntries(Tags.map((/** @type {any} */ tag) => [tag.Key, tag.Value]));
  const encrypted = it.EncryptionType === 'NONE' ? '' : ` ${it.KeyId}`;
  const settings = new Map([
    ['shards', stream.lineage.ring],
    ['tags', tagText(tags)],
    ['policy', Policy],
    ['retention', String(it.RetentionPeriodHours)],
    ['encryption', `${it.EncryptionType}${encrypted}`],
  ]);
  for (const entry of await settledConsumers(client, stream)) {
    settings.set(`consumer ${entry.ConsumerName}`, entry.ConsumerARN);
  }
  return settings;
}

/**
 * @param {KinesisClient} client
 * @param {Stream} stream
 * @returns {Promise<any[]>}
 */
async function settledConsumers(client, stream) {
  for (let polls = 0; polls < CONSUMER_POLLS_MAX; polls++) {
    const { Consumers } = await client.call('ListStreamConsumers', { StreamARN: stream.arn });
    const settled = (/** @type {any} */ one) => one.ConsumerStatus === 'ACTIVE';
    if (Consumers.every(settled)) return Consumers;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`timed out waiting until the consumers of ${stream.name} are ACTIVE or gone`);
}
