// @ts-check
import {
  HASH_MAX,
  SHARD_0,
  SHARD_1,
  SHARD_2,
  nameOfNothing,
  onDemandText,
  refusesWhileCreating,
  selectsStream,
  shardNotFound,
} from '../kit/common.mjs';
import { bytesOf, empty, equal, fails, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'MergeShards';
const IA = 'InvalidArgumentException';
const RNF = 'ResourceNotFoundException';
const REST = { ShardToMerge: SHARD_0, AdjacentShardToMerge: SHARD_1 };
const three = once((lab) => lab.stream({ ShardCount: 3 }));
const onDemand = once((lab) => lab.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));
const merged = once(async (lab) => {
  const stream = await lab.stream({ ShardCount: 3 });
  empty(await lab.call(name, { StreamName: stream.name, ...REST }));
  await lab.active(stream.name);
  return stream;
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, ...REST }));
  selectsStream(suite, REST);
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ...REST }));
  suite.both('one child has both ranges and both parents', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 2 });
    empty(await call({ StreamName: name, ...REST }));
    await lab.active(name);
    const [lower, upper, child] = await lab.shards(name);
    equal(child.ShardId, SHARD_2);
    equal(child.HashKeyRange, { StartingHashKey: '0', EndingHashKey: String(HASH_MAX) });
    equal([child.ParentShardId, child.AdjacentParentShardId], [SHARD_0, SHARD_1]);
    for (const parent of [lower, upper]) {
      must('EndingSequenceNumber' in parent.SequenceNumberRange, 'a parent is not closed');
    }
    equal('EndingSequenceNumber' in child.SequenceNumberRange, false, 'the child is closed');
  });
  suite.case('by ARN; records before and after are all there', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 2 });
    const put = (/** @type {string} */ text, /** @type {string} */ PartitionKey) =>
      lab.out('PutRecord', { StreamName: stream.name, Data: Buffer.from(text), PartitionKey });
    await put('lower', 'a');
    await put('upper', 'b');
    empty(await call({ StreamARN: stream.arn, ...REST }));
    await lab.active(stream.name);
    equal((await put('child', 'b')).ShardId, SHARD_2);
    for (const [i, text] of ['lower', 'upper', 'child'].entries()) {
      const ShardId = `shardId-00000000000${i}`;
      const records = await lab.read(await lab.iterator(stream, { ShardId }), 1);
      equal(
        records.map((record) => bytesOf(record.Data).toString()),
        [text],
      );
    }
  });
  suite.case('the other shards stay as they are', async ({ lab }) => {
    const { name } = await merged(lab);
    const shards = await lab.shards(name);
    equal(shards.length, 4);
    equal('EndingSequenceNumber' in shards[2].SequenceNumberRange, false);
    equal((await lab.summary(name)).OpenShardCount, 2);
  });
  suite.case('a merged shard can be merged on', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 3 });
    empty(await call({ StreamName: name, ...REST }));
    await lab.active(name);
    const ShardToMerge = 'shardId-000000000003';
    empty(await call({ StreamName: name, ShardToMerge, AdjacentShardToMerge: SHARD_2 }));
    await lab.active(name);
    equal((await lab.summary(name)).OpenShardCount, 1);
  });
  refusals(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function refusals(suite) {
  const pairs = [
    ['in the wrong order', SHARD_1, SHARD_0],
    ['that are not neighbours', SHARD_0, SHARD_2],
    ['that are one', SHARD_0, SHARD_0],
  ];
  for (const [what = '', ShardToMerge = '', AdjacentShardToMerge = ''] of pairs) {
    suite.both(`shards ${what}`, async ({ lab, call }) => {
      const { name } = await three(lab);
      fails(
        await call({ StreamName: name, ShardToMerge, AdjacentShardToMerge }),
        IA,
        `Shards ${ShardToMerge} and ${AdjacentShardToMerge} in stream ${name} under account ` +
          `${lab.account} are not an adjacent pair of shards eligible for merging`,
      );
    });
  }
  for (const member of ['ShardToMerge', 'AdjacentShardToMerge']) {
    for (const [given, named] of [
      ...[['shardId-000000000009', 'shardId-000000000009']],
      ...[['x-9', 'shardId-000000000009']],
      ...[['some', 'some']],
    ]) {
      suite.case(`${member} ${given} that does not exist`, async ({ lab, call }) => {
        const { name } = await three(lab);
        const answer = await call({ StreamName: name, ...REST, [member]: given });
        fails(answer, RNF, shardNotFound(String(named), name, lab));
      });
    }
  }
  suite.both('shards that are closed', async ({ lab, call }) => {
    const { name } = await merged(lab);
    const text = new RegExp(
      `^Shard shardId-00000000000[01] in stream ${name} under account ${lab.account} has already ` +
        `been merged or split, and thus is not eligible for merging or splitting\\.$`,
    );
    fails(await call({ StreamName: name, ...REST }), IA, text);
  });
  suite.both('a stream on demand', async ({ lab, call }) => {
    const { name } = await onDemand(lab);
    fails(
      await call({ StreamName: name, ...REST }),
      'ValidationException',
      onDemandText(name, lab),
    );
  });
  suite.case('short forms of ids', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 2 });
    ok(await call({ StreamName: name, ShardToMerge: 'shard-0', AdjacentShardToMerge: '1' }));
  });
}
