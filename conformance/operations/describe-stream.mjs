// @ts-check
import { HASH_MAX, SHARD_0, nameOfNothing, selectsStream, shardNotFound } from '../kit/common.mjs';
import { equal, fails, msOf, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'DescribeStream';
const three = once((lab) => lab.stream({ ShardCount: 3 }));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => nameOfNothing);
  selectsStream(suite, {});
  const expected = {
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    HasMoreShards: false,
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  };
  for (const [member, value] of Object.entries(expected)) {
    suite.both(`${member} of a new stream`, async ({ lab, call }) => {
      const { name } = await three(lab);
      equal(ok(await call({ StreamName: name })).StreamDescription[member], value, member);
    });
  }
  suite.both('name and ARN', async ({ lab, call }) => {
    const { name, arn } = await three(lab);
    const description = ok(await call({ StreamARN: arn })).StreamDescription;
    equal([description.StreamName, description.StreamARN], [name, arn]);
  });
  suite.both('no KeyId without encryption', async ({ lab, call }) => {
    const { name } = await three(lab);
    equal(ok(await call({ StreamName: name })).StreamDescription.KeyId ?? null, null);
  });
  suite.both('creation time in whole seconds', async ({ lab, call }) => {
    const { name } = await three(lab);
    const description = ok(await call({ StreamName: name })).StreamDescription;
    const ms = msOf(description.StreamCreationTimestamp);
    equal(ms % 1000, 0, 'milliseconds');
    must(Math.abs(Date.now() - ms) < 900_000, `created at ${ms}`);
  });
  suite.both('shards in order, their ranges without gap', async ({ lab, call }) => {
    const { name } = await three(lab);
    const { Shards } = ok(await call({ StreamName: name })).StreamDescription;
    let next = 0n;
    for (const [i, shard] of Shards.entries()) {
      equal(shard.ShardId, `shardId-${String(i).padStart(12, '0')}`);
      equal(BigInt(shard.HashKeyRange.StartingHashKey), next, 'StartingHashKey');
      next = BigInt(shard.HashKeyRange.EndingHashKey) + 1n;
    }
    equal(next, HASH_MAX + 1n, 'end of the last range');
  });
  pages(suite);
  states(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function pages(suite) {
  const ids = (/** @type {any} */ out) =>
    out.StreamDescription.Shards.map((/** @type {any} */ shard) => Number(shard.ShardId.slice(8)));
  suite.both('Limit', async ({ lab, call }) => {
    const { name } = await three(lab);
    const out = ok(await call({ StreamName: name, Limit: 2 }));
    equal(ids(out), [0, 1]);
    equal(out.StreamDescription.HasMoreShards, true, 'HasMoreShards');
  });
  suite.both('ExclusiveStartShardId', async ({ lab, call }) => {
    const { name } = await three(lab);
    const out = ok(await call({ StreamName: name, ExclusiveStartShardId: SHARD_0 }));
    equal(ids(out), [1, 2]);
    equal(out.StreamDescription.HasMoreShards, false, 'HasMoreShards');
  });
  suite.both('ExclusiveStartShardId of the last shard', async ({ lab, call }) => {
    const { name } = await three(lab);
    const ExclusiveStartShardId = 'shardId-000000000002';
    equal(ids(ok(await call({ StreamName: name, ExclusiveStartShardId }))), []);
  });
  suite.case('ExclusiveStartShardId in a short form', async ({ lab, call }) => {
    const { name } = await three(lab);
    equal(ids(ok(await call({ StreamName: name, ExclusiveStartShardId: 'shard-1' }))), [2]);
  });
  suite.case('ExclusiveStartShardId that is none', async ({ lab, call }) => {
    const { name } = await three(lab);
    const answer = await call({ StreamName: name, ExclusiveStartShardId: 'some' });
    fails(answer, 'ResourceNotFoundException', shardNotFound('some', name, lab));
  });
  suite.case('at most 100 shards, whatever Limit says', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 101 });
    for (const more of [{}, { Limit: 10_000 }]) {
      const out = ok(await call({ StreamName: name, ...more }));
      equal(out.StreamDescription.Shards.length, 100, 'shards');
      equal(out.StreamDescription.HasMoreShards, true, 'HasMoreShards');
    }
    const ExclusiveStartShardId = 'shardId-000000000099';
    equal(ids(ok(await call({ StreamName: name, ExclusiveStartShardId }))), [100]);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function states(suite) {
  suite.both('CREATING, without shards', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        const description = ok(await call({ StreamName: name })).StreamDescription;
        equal(description.StreamStatus, 'CREATING');
        equal(description.Shards, []);
        equal(description.HasMoreShards, false);
      },
    );
  });
  suite.case('closed shards stay, with their end and their children', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1 });
    const NewStartingHashKey = String(2n ** 127n);
    await lab.out('SplitShard', { StreamName: name, ShardToSplit: SHARD_0, NewStartingHashKey });
    await lab.active(name);
    const { Shards } = ok(await call({ StreamName: name })).StreamDescription;
    equal(Shards.length, 3);
    const [parent, lower, upper] = Shards;
    must(parent.SequenceNumberRange.EndingSequenceNumber !== undefined, 'no ending number');
    for (const child of [lower, upper]) {
      equal(child.ParentShardId, SHARD_0, 'ParentShardId');
      equal('AdjacentParentShardId' in child, false, 'AdjacentParentShardId');
      equal('EndingSequenceNumber' in child.SequenceNumberRange, false, 'an open shard has no end');
    }
  });
}
