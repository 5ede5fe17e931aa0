// @ts-check
import {
  HASH_MAX,
  SHARD_0,
  SHARD_1,
  nameOfNothing,
  onDemandText,
  refusesWhileCreating,
  selectsStream,
  shardNotFound,
} from '../kit/common.mjs';
import { empty, equal, fails, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'SplitShard';
const IA = 'InvalidArgumentException';
const RNF = 'ResourceNotFoundException';
const HALF = 2n ** 127n;
const REST = { ShardToSplit: SHARD_0, NewStartingHashKey: String(HALF) };
const one = once((lab) => lab.stream({ ShardCount: 1 }));
const closed = once(async (lab) => {
  const stream = await lab.stream({ ShardCount: 1 });
  empty(await lab.call(name, { StreamName: stream.name, ...REST }));
  await lab.active(stream.name);
  return stream;
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, ...REST }));
  selectsStream(suite, REST);
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ...REST }));
  suite.both('two children share the range', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 2 });
    const [first] = await lab.shards(name);
    const end = BigInt(first.HashKeyRange.EndingHashKey);
    const key = end / 3n;
    empty(await call({ StreamName: name, ShardToSplit: SHARD_0, NewStartingHashKey: String(key) }));
    await lab.active(name);
    const [parent, , lower, upper] = await lab.shards(name);
    equal(lower.HashKeyRange, { StartingHashKey: '0', EndingHashKey: String(key - 1n) });
    equal(upper.HashKeyRange, { StartingHashKey: String(key), EndingHashKey: String(end) });
    equal([lower.ShardId, upper.ShardId], ['shardId-000000000002', 'shardId-000000000003']);
    equal([lower.ParentShardId, upper.ParentShardId], [SHARD_0, SHARD_0]);
    must('EndingSequenceNumber' in parent.SequenceNumberRange, 'the parent is not closed');
  });
  suite.case('numbers of the parent end before those of the children', async ({ lab }) => {
    const { name } = await closed(lab);
    const [parent, ...children] = await lab.shards(name);
    const hex = (/** @type {string} */ number) => BigInt(number).toString(16);
    const end = hex(parent.SequenceNumberRange.EndingSequenceNumber);
    equal([end[0], end.slice(11, 27), end.slice(46)], ['2', '7fffffffffffffff', '2']);
    const closedAt = parseInt(end.slice(29, 38), 16);
    for (const child of children) {
      const start = hex(child.SequenceNumberRange.StartingSequenceNumber);
      equal(parseInt(start.slice(1, 10), 16), closedAt + 1, 'start of the child');
    }
  });
  suite.case('the stream is UPDATING and takes records', async ({ lab, call }) => {
    const enter = async () => {
      const { name } = await lab.stream({ ShardCount: 1 });
      empty(await call({ StreamName: name, ...REST }));
      return name;
    };
    await lab.during('UPDATING', enter, async (name) => {
      const input = { StreamName: name, Data: Buffer.from('a'), PartitionKey: 'a' };
      const { ShardId } = await lab.out('PutRecord', input);
      must(ShardId !== undefined, 'no ShardId');
      const { StreamDescription } = await lab.out('DescribeStream', { StreamName: name });
      equal(StreamDescription.StreamStatus, 'UPDATING');
    });
  });
  suite.case('by ARN, and records go to the children then', async ({ lab, call }) => {
    const { name, arn } = await lab.stream({ ShardCount: 1 });
    empty(await call({ StreamARN: arn, ...REST }));
    await lab.active(name);
    for (const [ExplicitHashKey, shard] of [
      ...[[String(HALF - 1n), 'shardId-000000000001']],
      ...[[String(HALF), 'shardId-000000000002']],
    ]) {
      const input = {
        StreamName: name,
        Data: Buffer.from('a'),
        PartitionKey: 'a',
        ExplicitHashKey,
      };
      equal((await lab.out('PutRecord', input)).ShardId, shard);
    }
  });
  refusals(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function refusals(suite) {
  for (const key of [0n, 1n, HASH_MAX]) {
    suite.both(`at ${key}`, async ({ lab, call }) => {
      const { name } = await one(lab);
      const NewStartingHashKey = String(key);
      fails(
        await call({ StreamName: name, ShardToSplit: SHARD_0, NewStartingHashKey }),
        IA,
        `NewStartingHashKey ${key} used in SplitShard() on shard ${SHARD_0} in stream ${name} ` +
          `under account ${lab.account} is not both greater than one plus the shard's ` +
          `StartingHashKey 0 and less than the shard's EndingHashKey ${HASH_MAX}.`,
      );
    });
  }
  suite.case('at 2, the lowest key there is', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1 });
    empty(await call({ StreamName: name, ShardToSplit: SHARD_0, NewStartingHashKey: '2' }));
  });
  suite.both('a shard that does not exist', async ({ lab, call }) => {
    const { name } = await one(lab);
    const answer = await call({ StreamName: name, ...REST, ShardToSplit: SHARD_1 });
    fails(answer, RNF, shardNotFound(SHARD_1, name, lab));
  });
  suite.case('the text names the shard in full', async ({ lab, call }) => {
    const { name } = await one(lab);
    const answer = await call({ StreamName: name, ...REST, ShardToSplit: 'shard-7' });
    fails(answer, RNF, shardNotFound('shardId-000000000007', name, lab));
  });
  suite.both('what is no shard id', async ({ lab, call }) => {
    const { name } = await one(lab);
    const answer = await call({ StreamName: name, ...REST, ShardToSplit: 'some' });
    fails(answer, RNF, shardNotFound('some', name, lab));
  });
  states(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function states(suite) {
  suite.both('a shard that is closed', async ({ lab, call }) => {
    const { name } = await closed(lab);
    fails(
      await call({ StreamName: name, ...REST }),
      IA,
      `Shard ${SHARD_0} in stream ${name} under account ${lab.account} has already been merged ` +
        `or split, and thus is not eligible for merging or splitting.`,
    );
  });
  suite.both('a stream on demand', async ({ lab, call }) => {
    const { name } = await onDemand(lab);
    fails(
      await call({ StreamName: name, ...REST }),
      'ValidationException',
      onDemandText(name, lab),
    );
  });
  suite.case('the state comes before the shard', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating({ ShardCount: 1 }),
      async (name) => {
        const answer = await call({
          StreamName: name,
          ...REST,
          ShardToSplit: 'shardId-000000000009',
        });
        fails(answer, 'ResourceInUseException');
      },
    );
  });
  suite.case('a child can be split again', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1 });
    empty(await call({ StreamName: name, ...REST }));
    await lab.active(name);
    const NewStartingHashKey = String(HALF / 2n);
    const again = { StreamName: name, ShardToSplit: SHARD_1, NewStartingHashKey };
    ok(await call(again));
    await lab.active(name);
    equal((await lab.summary(name)).OpenShardCount, 3);
  });
}

const onDemand = once((lab) => lab.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));
