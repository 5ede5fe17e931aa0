import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitShard } from '../../shardmap/stream-documents.suite.ts';
import { AnswerBudget } from '../answer-budget.ts';
import { Timestamp } from '../operation.ts';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

interface Answer {
  readonly Records: readonly Record<string, unknown>[];
  readonly NextShardIterator?: string;
  readonly MillisBehindLatest: number;
  readonly ChildShards?: readonly Record<string, unknown>[];
}

const get = async (world: TestWorld, input: object): Promise<Answer> =>
  (await world.call('GetRecords', input)) as unknown as Answer;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

async function iterator(world: TestWorld, type = 'TRIM_HORIZON'): Promise<string> {
  const input = { StreamName: 's', ShardId: '0', ShardIteratorType: type };
  return (await world.call('GetShardIterator', input))['ShardIterator'] as string;
}

const keys = ['plain', 'é😀', 'quote " back \\ line \n nul \0', 'x'.repeat(256)];

test('records come back as they were put, in either protocol', async () => {
  for (const protocol of ['json', 'cbor'] as const) {
    const world = new TestWorld();
    world.protocol = protocol;
    await world.stream('s');
    const sizes = [0, 1, 2, 3, 500, 70_000];
    const numbers: unknown[] = [];
    for (const [i, size] of sizes.entries()) {
      const Data = new Uint8Array(size).fill(i + 200);
      const put = { StreamName: 's', Data, PartitionKey: keys[i % keys.length] };
      numbers.push((await world.call('PutRecord', put))['SequenceNumber']);
    }
    const { Records, MillisBehindLatest, NextShardIterator } = await get(world, {
      ShardIterator: await iterator(world),
    });
    assert.equal(MillisBehindLatest, 0);
    assert.ok(NextShardIterator);
    Records.forEach((record, i) => {
      const bytes = Buffer.alloc(sizes[i]!, i + 200);
      assert.deepEqual(
        { ...record },
        {
          SequenceNumber: numbers[i],
          ApproximateArrivalTimestamp:
            protocol === 'json' ? world.nowMs / 1000 : new Timestamp(world.nowMs),
          Data: protocol === 'json' ? bytes.toString('base64') : bytes,
          PartitionKey: keys[i % keys.length],
        },
      );
    });
    assert.equal(Records.length, sizes.length);
  }
});

test('records without a key have none, encrypted ones say so', async () => {
  for (const protocol of ['json', 'cbor'] as const) {
    const world = new TestWorld();
    world.protocol = protocol;
    await world.call('CreateStream', { StreamName: 's', RecordDistributionStrategy: 'AUTO' });
    world.data.encrypted = true;
    await world.call('PutRecord', { StreamName: 's', Data: utf8('x') });
    const { Records } = await get(world, { ShardIterator: await iterator(world) });
    assert.ok(!('PartitionKey' in Records[0]!));
    assert.equal(Records[0]!['EncryptionType'], 'KMS');
  }
});

test('a reader goes from iterator to iterator, also over nothing', async () => {
  const world = new TestWorld();
  await world.stream('s');
  let next: string | undefined = await iterator(world, 'LATEST');
  const read: unknown[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const answer: Answer = await get(world, { ShardIterator: `"${next}"`, Limit: 1 });
    read.push(...answer.Records.map((record) => record['PartitionKey']));
    assert.notEqual(answer.NextShardIterator, next);
    next = answer.NextShardIterator;
    world.nowMs += 200_000;
    if (turn === 1) {
      for (const key of ['1', '2', '3']) {
        await world.call('PutRecord', { StreamName: 's', Data: utf8(''), PartitionKey: key });
      }
    }
  }
  assert.deepEqual(read, ['1', '2', '3']);
});

test('at the end of a closed shard children take the place of the iterator', async () => {
  for (const protocol of ['json', 'cbor'] as const) {
    const world = new TestWorld();
    world.protocol = protocol;
    const stream = await world.stream('s');
    await world.call('PutRecord', { StreamName: 's', Data: utf8('1'), PartitionKey: 'a' });
    const first = await iterator(world);
    world.control.put(splitShard(stream, 0, 500n, Math.floor(world.nowMs / 1000)));
    const answer = await get(world, { ShardIterator: first });
    assert.equal(answer.Records.length, 1);
    assert.ok(!('NextShardIterator' in answer));
    assert.deepEqual(
      answer.ChildShards!.map((child) => [child['ShardId'], child['ParentShards']]),
      [
        ['shardId-000000000001', ['shardId-000000000000']],
        ['shardId-000000000002', ['shardId-000000000000']],
      ],
    );
    assert.equal(answer.MillisBehindLatest, 0);
  }
});

test('iterators that are strange, old, or of a stream that is gone', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s');
  const text = await iterator(world);
  const invalid = 'InvalidArgumentException';
  const changed = `${text.slice(0, -6)}AAAA${text.slice(-2)}`;
  for (const strange of ['a', changed, `"${text}`]) {
    await world.refuses(
      'GetRecords',
      { ShardIterator: strange },
      invalid,
      'Invalid ShardIterator.',
    );
  }
  const otherArn = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/t`;
  const other = { ShardIterator: text, StreamARN: otherArn };
  await world.refuses('GetRecords', other, invalid, 'Invalid ShardIterator.');
  world.nowMs += 300_000;
  await get(world, { ShardIterator: text, StreamARN: stream.arn });
  world.nowMs += 1;
  await world.refuses(
    'GetRecords',
    { ShardIterator: text },
    'ExpiredIteratorException',
    'Iterator expired. The iterator was created at time Thu Oct 01 12:00:00 UTC 2026 while right ' +
      'now it is Thu Oct 01 12:05:00 UTC 2026 which is further in the future than the tolerated ' +
      'delay of 300000 milliseconds.',
  );
  const fresh = await iterator(world);
  world.data.map.remove(stream.uid, 99);
  await world.refuses(
    'GetRecords',
    { ShardIterator: fresh },
    'ResourceNotFoundException',
    `Shard shardId-000000000000 in stream s under account ${ACCOUNT} does not exist`,
  );
});

test('refused reads and dry runs', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const ShardIterator = await iterator(world);
  const dry = await world.failure('GetRecords', { ShardIterator, DryRun: true });
  assert.equal(dry.__type, 'DryRunOperationException');
  world.data.readThrottled = true;
  await world.refuses(
    'GetRecords',
    { ShardIterator },
    'ProvisionedThroughputExceededException',
    `Rate exceeded for shard shardId-000000000000 in stream s under account ${ACCOUNT}.`,
  );
  assert.deepEqual(world.accesses.at(-1), {
    action: 'kinesis:GetRecords',
    target: { arn: `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`, account: ACCOUNT },
  });
});

test('another account names the stream beside the iterator', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const ShardIterator = await iterator(world);
  const StreamARN = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`;
  const arn = 'arn:aws:iam::222222222222:user/reader';
  world.caller = { account: '222222222222', arn };
  await world.refuses(
    'GetRecords',
    { ShardIterator },
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: kinesis:GetRecords on resource: ${StreamARN}`,
  );
  assert.deepEqual((await get(world, { ShardIterator, StreamARN })).Records, []);
});

test('answers are shorter while others hold the memory, and hold none when they are out', async () => {
  const world = new TestWorld();
  await world.stream('s');
  world.answers = new AnswerBudget({ bytesMax: 64_000, bytesMin: 1000 });
  for (let i = 0; i < 8; i++) {
    const put = { StreamName: 's', Data: new Uint8Array(900), PartitionKey: 'k' };
    await world.call('PutRecord', put);
  }
  const ShardIterator = await iterator(world);
  const others = world.answers.borrow(64_000);
  const long = await get(world, { ShardIterator });
  assert.equal(long.Records.length, 8);
  const more = Array.from({ length: 20 }, () => world.answers.borrow(64_000));
  const short = await get(world, { ShardIterator });
  assert.equal(short.Records.length, 1);
  world.data.readThrottled = true;
  await world.failure('GetRecords', { ShardIterator });
  for (const loan of [others, ...more]) loan.end();
  assert.equal(world.answers.bytes, 0);
});
