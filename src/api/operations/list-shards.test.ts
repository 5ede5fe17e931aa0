import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitShard } from '../../shardmap/stream-documents.suite.ts';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

interface Answer {
  readonly Shards: readonly {
    readonly ShardId: string;
    readonly ParentShardId?: string;
    readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string };
  }[];
  readonly NextToken?: string;
}

const list = async (world: TestWorld, input: object): Promise<Answer> =>
  (await world.call('ListShards', input)) as unknown as Answer;
const indexes = (answer: Answer): number[] =>
  answer.Shards.map((shard) => Number(shard.ShardId.slice('shardId-'.length)));
const invalid = 'InvalidArgumentException';

/** A stream of two shards of which the first was split an hour after the start. */
async function splitWorld(): Promise<{ world: TestWorld; splitSeconds: number }> {
  const world = new TestWorld();
  const stream = await world.stream('s', 2);
  const splitSeconds = Math.floor(world.nowMs / 1000) + 3600;
  world.control.put(splitShard(stream, 0, 500n, splitSeconds));
  world.nowMs += 2 * 3_600_000;
  return { world, splitSeconds };
}

test('filters', async () => {
  const { world, splitSeconds } = await splitWorld();
  const filtered = async (filter: object): Promise<number[]> =>
    indexes(await list(world, { StreamName: 's', ShardFilter: filter }));
  assert.deepEqual(indexes(await list(world, { StreamName: 's' })), [0, 1, 2, 3]);
  assert.deepEqual(await filtered({ Type: 'FROM_TRIM_HORIZON' }), [0, 1, 2, 3]);
  assert.deepEqual(await filtered({ Type: 'AT_TRIM_HORIZON' }), [0, 1]);
  assert.deepEqual(await filtered({ Type: 'AT_LATEST' }), [1, 2, 3]);
  assert.deepEqual(await filtered({ Type: 'AFTER_SHARD_ID', ShardId: 'shardId-1' }), [2, 3]);
  assert.deepEqual(await filtered({ Type: 'AT_TIMESTAMP', Timestamp: splitSeconds }), [0, 1]);
  assert.deepEqual(
    await filtered({ Type: 'AT_TIMESTAMP', Timestamp: splitSeconds + 1 }),
    [1, 2, 3],
  );
  assert.deepEqual(
    await filtered({ Type: 'FROM_TIMESTAMP', Timestamp: splitSeconds }),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    await filtered({ Type: 'FROM_TIMESTAMP', Timestamp: splitSeconds + 1 }),
    [1, 2, 3],
  );
});

test('closed shards have an end, children name their parent', async () => {
  const { world } = await splitWorld();
  const { Shards } = await list(world, { StreamName: 's' });
  assert.ok(BigInt(Shards[0]!.SequenceNumberRange.EndingSequenceNumber!) > 0n);
  assert.ok(!('EndingSequenceNumber' in Shards[1]!.SequenceNumberRange));
  assert.equal(Shards[2]!.ParentShardId, 'shardId-000000000000');
  assert.ok(!('ParentShardId' in Shards[0]!));
});

test('pages keep their filter and go on after the last shard', async () => {
  const world = new TestWorld();
  await world.stream('s', 25);
  const start = { StreamName: 's', ExclusiveStartShardId: '4', MaxResults: 7 };
  let page = await list(world, start);
  const found = indexes(page);
  while (page.NextToken !== undefined) {
    page = await list(world, { NextToken: page.NextToken, MaxResults: 7 });
    found.push(...indexes(page));
  }
  assert.deepEqual(
    found,
    Array.from({ length: 20 }, (_, i) => i + 5),
  );
  assert.deepEqual(world.accesses.at(-1)?.target, {
    arn: `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`,
    account: ACCOUNT,
  });
});

test('a token stands for everything but MaxResults', async () => {
  const world = new TestWorld();
  await world.stream('s', 2);
  const { NextToken } = await list(world, { StreamName: 's', MaxResults: 1 });
  for (const [member, value] of [
    ['StreamName', 's'],
    ['StreamARN', `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`],
    ['ExclusiveStartShardId', 'shardId-0'],
    ['ShardFilter', { Type: 'AT_LATEST' }],
    ['StreamCreationTimestamp', 5],
  ] as const) {
    await world.refuses(
      'ListShards',
      { NextToken, [member]: value },
      invalid,
      `NextToken and ${member} cannot be provided together.`,
    );
  }
  await world.refuses(
    'ListShards',
    {},
    invalid,
    'Either NextToken or StreamName should be provided.',
  );
  world.nowMs += 300_001;
  const failure = await world.failure('ListShards', { NextToken });
  assert.equal(failure.__type, 'ExpiredNextTokenException');
});

test('a token does not outlive the stream it is of', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s', 2);
  const { NextToken } = await list(world, { StreamName: 's', MaxResults: 1 });
  world.control.documents.length = 0;
  world.control.put({ ...stream, uid: stream.uid + 1 });
  const failure = await world.failure('ListShards', { NextToken });
  assert.equal(failure.__type, 'ResourceNotFoundException');
});

test('a stream of another time, a missing one, and one that is not there yet', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s');
  const created = Math.floor(world.nowMs / 1000);
  await list(world, { StreamName: 's', StreamCreationTimestamp: created });
  const missing = `Stream s under account ${ACCOUNT} not found.`;
  const other = { StreamName: 's', StreamCreationTimestamp: created - 1 };
  await world.refuses('ListShards', other, 'ResourceNotFoundException', missing);
  world.control.put({ ...stream, status: 'UPDATING' });
  await list(world, { StreamName: 's' });
  world.control.put({ ...stream, status: 'CREATING' });
  await world.refuses(
    'ListShards',
    { StreamName: 's' },
    'ResourceInUseException',
    `Stream s under account ${ACCOUNT} not ACTIVE or UPDATING, instead in state CREATING`,
  );
});

test('filters that lack what they need', async () => {
  const world = new TestWorld();
  await world.stream('s');
  for (const type of ['AFTER_SHARD_ID', 'AT_TIMESTAMP', 'FROM_TIMESTAMP']) {
    const failure = await world.failure('ListShards', {
      StreamName: 's',
      ShardFilter: { Type: type },
    });
    assert.equal(failure.__type, invalid);
  }
  const id = { StreamName: 's', ExclusiveStartShardId: 'shardId-' };
  assert.match(
    (await world.failure('ListShards', id)).message!,
    /^Could not find shard shardId- in/,
  );
});
