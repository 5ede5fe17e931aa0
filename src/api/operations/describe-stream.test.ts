import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

interface Description {
  readonly StreamDescription: {
    readonly Shards: readonly { readonly ShardId: string }[];
    readonly HasMoreShards: boolean;
  };
}

async function describe(
  world: TestWorld,
  input: object,
): Promise<Description['StreamDescription']> {
  const answer = (await world.call('DescribeStream', input)) as unknown as Description;
  return answer.StreamDescription;
}

test('a fresh stream is described as the service does', async () => {
  const world = new TestWorld();
  await world.stream('s', 3);
  const createdHex = (Math.floor(world.nowMs / 1000) - 2).toString(16).padStart(9, '0');
  const number = (index: number): string =>
    BigInt(`0x2${createdHex}${index}${'0'.repeat(18)}${createdHex}0000000${index}2`).toString();
  assert.deepEqual(await describe(world, { StreamName: 's', Limit: 2 }), {
    StreamName: 's',
    StreamARN: `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    StreamCreationTimestamp: Math.floor(world.nowMs / 1000),
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
    Shards: [
      {
        ShardId: 'shardId-000000000000',
        HashKeyRange: {
          StartingHashKey: '0',
          EndingHashKey: '113427455640312821154458202477256070484',
        },
        SequenceNumberRange: { StartingSequenceNumber: number(0) },
      },
      {
        ShardId: 'shardId-000000000001',
        HashKeyRange: {
          StartingHashKey: '113427455640312821154458202477256070485',
          EndingHashKey: '226854911280625642308916404954512140969',
        },
        SequenceNumberRange: { StartingSequenceNumber: number(1) },
      },
    ],
    HasMoreShards: true,
  });
});

test('pages follow the last shard; larger limits are cut to 100', async () => {
  const world = new TestWorld();
  await world.stream('s', 250);
  const ids: string[] = [];
  let page = await describe(world, { StreamName: 's', Limit: 10000 });
  assert.equal(page.Shards.length, 100);
  for (;;) {
    ids.push(...page.Shards.map((shard) => shard.ShardId));
    if (!page.HasMoreShards) break;
    page = await describe(world, { StreamName: 's', ExclusiveStartShardId: ids.at(-1) });
  }
  assert.equal(new Set(ids).size, 250);
  assert.equal(ids[249], 'shardId-000000000249');
  await world.refuses(
    'DescribeStream',
    { StreamName: 's', ExclusiveStartShardId: 'shardId-x' },
    'ResourceNotFoundException',
    `Could not find shard shardId-x in stream s under account ${ACCOUNT}.`,
  );
});

test('no shards are shown of a stream that is made or taken away', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s');
  for (const status of ['CREATING', 'DELETING'] as const) {
    world.control.put({ ...stream, status });
    const description = await describe(world, { StreamName: 's' });
    assert.deepEqual(description.Shards, []);
    assert.equal(description.HasMoreShards, false);
  }
  await world.refuses(
    'DescribeStream',
    { StreamName: 't' },
    'ResourceNotFoundException',
    `Stream t under account ${ACCOUNT} not found.`,
  );
});
