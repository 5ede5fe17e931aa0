import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  endingSequenceNumber,
  sequenceNumber,
  startingSequenceNumber,
} from '../../model/sequence-number.ts';
import type { StreamDocument } from '../../model/stream.ts';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const invalid = 'InvalidArgumentException';
const missing = 'ResourceNotFoundException';
const ask = { StreamName: 's', ShardId: 'shardId-000000000000' };

async function ordinalOf(world: TestWorld, input: object): Promise<number> {
  const { ShardIterator } = await world.call('GetShardIterator', { ...ask, ...input });
  const token = world.tokens.openIterator(ShardIterator as string)!;
  assert.equal(token.streamName, 's');
  assert.equal(token.issuedMs, world.nowMs);
  return token.ordinal;
}

/** Three records, a second apart. */
async function filled(): Promise<{ world: TestWorld; stream: StreamDocument; numbers: string[] }> {
  const world = new TestWorld();
  const stream = await world.stream('s', 2);
  const numbers: string[] = [];
  for (let i = 0; i < 3; i++) {
    const put = { StreamName: 's', Data: new Uint8Array(1), PartitionKey: 'a' };
    numbers.push((await world.call('PutRecord', put))['SequenceNumber'] as string);
    world.nowMs += 1000;
  }
  return { world, stream, numbers };
}

test('every type finds its place', async () => {
  const { world, numbers } = await filled();
  const at = (ShardIteratorType: string, more: object): Promise<number> =>
    ordinalOf(world, { ShardIteratorType, ...more });
  assert.equal(await at('TRIM_HORIZON', {}), 1);
  assert.equal(await at('LATEST', {}), 4);
  assert.equal(await at('AT_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[1] }), 2);
  assert.equal(await at('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber: numbers[1] }), 3);
  const seconds = world.nowMs / 1000;
  assert.equal(await at('AT_TIMESTAMP', { Timestamp: seconds - 2 }), 2);
  assert.equal(await at('AT_TIMESTAMP', { Timestamp: seconds }), 4);
  assert.equal(await at('AT_TIMESTAMP', { Timestamp: 0 }), 1);
});

test('the numbers of the shard itself are positions too', async () => {
  const { world, stream } = await filled();
  const { createdSeconds } = stream.shards[0]!;
  const start = startingSequenceNumber(createdSeconds, 0);
  const end = endingSequenceNumber(createdSeconds, 0, createdSeconds + 9);
  for (const type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']) {
    const input = { ShardIteratorType: type };
    assert.equal(await ordinalOf(world, { ...input, StartingSequenceNumber: start }), 1);
    assert.ok((await ordinalOf(world, { ...input, StartingSequenceNumber: end })) > 3);
  }
});

test('shard ids are read leniently, before the stream is looked up', async () => {
  const { world } = await filled();
  for (const ShardId of ['0', 'x-0', 'shard-00']) {
    assert.equal(await ordinalOf(world, { ShardId, ShardIteratorType: 'TRIM_HORIZON' }), 1);
  }
  const type = { ShardIteratorType: 'AT_SEQUENCE_NUMBER' };
  await world.refuses(
    'GetShardIterator',
    { ...type, StreamName: 'none', ShardId: 'a' },
    missing,
    `Could not find shard a in stream none under account ${ACCOUNT}.`,
  );
  await world.refuses(
    'GetShardIterator',
    { ...type, StreamName: 'none', ShardId: '7' },
    missing,
    `Shard shardId-000000000007 in stream none under account ${ACCOUNT} does not exist`,
  );
  await world.refuses(
    'GetShardIterator',
    { ...type, StreamName: 's', ShardId: 'x-2' },
    missing,
    `Shard shardId-000000000002 in stream s under account ${ACCOUNT} does not exist`,
  );
});

test('what a type needs and what it must not have', async () => {
  const { world, numbers } = await filled();
  const rule =
    'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ' +
    'StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ' +
    'Request specified';
  for (const ShardIteratorType of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']) {
    await world.refuses(
      'GetShardIterator',
      { ...ask, ShardIteratorType },
      invalid,
      `${rule} ${ShardIteratorType} and no StartingSequenceNumber.`,
    );
  }
  for (const ShardIteratorType of ['TRIM_HORIZON', 'LATEST']) {
    await world.refuses(
      'GetShardIterator',
      { ...ask, ShardIteratorType, StartingSequenceNumber: numbers[0] },
      invalid,
      `${rule} ${ShardIteratorType} and also a StartingSequenceNumber.`,
    );
  }
  const timestamp = { ...ask, ShardIteratorType: 'AT_TIMESTAMP' };
  await world.refuses(
    'GetShardIterator',
    timestamp,
    invalid,
    'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current ' +
      'request has no timestamp parameter.',
  );
  await world.refuses(
    'GetShardIterator',
    { ...timestamp, Timestamp: (world.nowMs + 1) / 1000 },
    invalid,
    'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ' +
      `timestampInMillis: ${world.nowMs + 1}, currentTimestampInMillis: ${world.nowMs}`,
  );
});

test('numbers of elsewhere', async () => {
  const { world, stream } = await filled();
  const { createdSeconds } = stream.shards[0]!;
  const at = (number: string): object => ({
    ...ask,
    ShardIteratorType: 'AT_SEQUENCE_NUMBER',
    StartingSequenceNumber: number,
  });
  await world.refuses(
    'GetShardIterator',
    at(startingSequenceNumber(createdSeconds, 1)),
    invalid,
    'Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a ' +
      'call to a shard with shardId-000000000000',
  );
  const used = (number: string): string =>
    `StartingSequenceNumber ${number} used in GetShardIterator on shard shardId-000000000000 in ` +
    `stream s under account ${ACCOUNT} is invalid`;
  const older = sequenceNumber(createdSeconds - 1, 0, 1, createdSeconds);
  await world.refuses(
    'GetShardIterator',
    at(older),
    invalid,
    `${used(older)} because it did not come from this stream.`,
  );
  const none = String(2n ** 185n + 3n);
  await world.refuses('GetShardIterator', at(none), invalid, `${used(none)}.`);
});

test('a dry run checks and hands out nothing', async () => {
  const { world } = await filled();
  const dry = { ...ask, DryRun: true };
  const fine = await world.failure('GetShardIterator', { ...dry, ShardIteratorType: 'LATEST' });
  assert.equal(fine.__type, 'DryRunOperationException');
  const broken = { ...dry, ShardIteratorType: 'AT_TIMESTAMP' };
  assert.equal((await world.failure('GetShardIterator', broken)).__type, invalid);
});
