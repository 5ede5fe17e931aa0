import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const s = { StreamName: 's' };
const path = `${ACCOUNT}/s`;

test('commands name shards by index, read leniently', async () => {
  const world = new TestWorld();
  const { arn } = await world.stream('s', 3);
  const split = { ...s, ShardToSplit: 'shardId-000000000001', NewStartingHashKey: '123' };
  assert.deepEqual(await world.call('SplitShard', split), {});
  const merge = { StreamARN: arn, ShardToMerge: 'x-1', AdjacentShardToMerge: '2' };
  assert.deepEqual(await world.call('MergeShards', merge), {});
  assert.deepEqual(world.control.commands.slice(1), [
    ['splitShard', path, 1, '123'],
    ['mergeShards', path, 1, 2],
  ]);
});

test('an id that cannot be read is told before anything else', async () => {
  const world = new TestWorld();
  const text = `Could not find shard shardId-a in stream s under account ${ACCOUNT}.`;
  const type = 'ResourceNotFoundException';
  const split = { ...s, ShardToSplit: 'shardId-a', NewStartingHashKey: '123' };
  await world.refuses('SplitShard', split, type, text);
  const merge = { ...s, ShardToMerge: '0', AdjacentShardToMerge: 'shardId-a' };
  await world.refuses('MergeShards', merge, type, text);
  assert.deepEqual(world.control.commands, []);
});

test('UpdateShardCount tells where it came from and where it goes', async () => {
  const world = new TestWorld();
  const { arn } = await world.stream('s', 3);
  const input = { ...s, TargetShardCount: 6, ScalingType: 'UNIFORM_SCALING' };
  assert.deepEqual(await world.call('UpdateShardCount', input), {
    StreamName: 's',
    CurrentShardCount: 3,
    TargetShardCount: 6,
    StreamARN: arn,
  });
  assert.deepEqual(world.control.commands.at(-1), ['updateShardCount', path, 6]);
});
