import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSequenceNumber } from '../../model/sequence-number.ts';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

interface Entry {
  readonly SequenceNumber?: string;
  readonly ShardId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}
interface Answer {
  readonly FailedRecordCount: number;
  readonly Records: readonly Entry[];
  readonly EncryptionType?: string;
}

const hi = new TextEncoder().encode('hi');
const records = (...keys: string[]): object[] =>
  keys.map((key) => ({ Data: hi, PartitionKey: key }));
const put = async (world: TestWorld, input: object): Promise<Answer> =>
  (await world.call('PutRecords', input)) as unknown as Answer;

test('entries answer in order, numbers rise within a shard', async () => {
  for (const protocol of ['json', 'cbor'] as const) {
    for (const encrypted of [false, true]) {
      const world = new TestWorld();
      world.protocol = protocol;
      world.data.encrypted = encrypted;
      await world.stream('s', 3);
      const keys = ['a', 'b', 'e', 'f', 'a', 'b'];
      const answer = await put(world, { StreamName: 's', Records: records(...keys) });
      assert.equal(answer.FailedRecordCount, 0);
      assert.equal(answer.EncryptionType, encrypted ? 'KMS' : undefined);
      const seen = answer.Records.map(({ ShardId, SequenceNumber }) => {
        const decoded = decodeSequenceNumber(SequenceNumber!)!;
        assert.equal(ShardId, `shardId-00000000000${decoded.shardIndex}`);
        return [decoded.shardIndex, decoded.ordinal];
      });
      assert.deepEqual(seen, [
        [0, 1],
        [1, 1],
        [2, 1],
        [1, 2],
        [0, 2],
        [1, 3],
      ]);
    }
  }
});

test('bodies that are not plain are read the general way, with the same outcome', async () => {
  const world = new TestWorld();
  await world.stream('s', 3);
  const answer = await put(world, { StreamName: 's', Records: records('é"\\\n', 'a') });
  assert.equal(answer.Records[1]!.ShardId, 'shardId-000000000000');
});

test('each entry fails on its own', async () => {
  for (const protocol of ['json', 'cbor'] as const) {
    const world = new TestWorld();
    world.protocol = protocol;
    await world.stream('s', 3);
    world.data.refused.set(1, 1).set(2, 2);
    const { FailedRecordCount, Records } = await put(world, {
      StreamName: 's',
      Records: records('b', 'a', 'e'),
    });
    assert.equal(FailedRecordCount, 2);
    assert.deepEqual(
      { ...Records[0] },
      {
        ErrorCode: 'ProvisionedThroughputExceededException',
        ErrorMessage:
          'Rate exceeded for shard shardId-000000000001 in stream s ' + `under account ${ACCOUNT}.`,
      },
    );
    assert.equal(Records[1]!.ShardId, 'shardId-000000000000');
    assert.deepEqual(
      { ...Records[2] },
      {
        ErrorCode: 'InternalFailure',
        ErrorMessage: 'Internal Service Failure',
      },
    );
  }
});

test('one entry that breaks a rule fails the whole call and stores nothing', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s');
  const call = (entry: object): object => ({ StreamName: 's', Records: [...records('a'), entry] });
  await world.refuses(
    'PutRecords',
    call({ PartitionKey: 'a' }),
    'ValidationException',
    `1 validation error detected: Value null at 'records.2.member.data' failed to satisfy ` +
      `constraint: Member must not be null`,
  );
  await world.refuses(
    'PutRecords',
    call({ Data: hi }),
    'ValidationException',
    `1 validation error detected: Value null at 'records.2.member.partitionKey' failed to ` +
      `satisfy constraint: Member must not be null`,
  );
  await world.refuses(
    'PutRecords',
    call({ Data: new Uint8Array(1048576), PartitionKey: 'a' }),
    'ValidationException',
    `1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048576 cap=1048576]' ` +
      `at 'records.2.member.data' failed to satisfy constraint: Member must have length less ` +
      `than or equal to 1048576`,
  );
  await world.refuses(
    'PutRecords',
    call({ Data: hi, PartitionKey: 'a', ExplicitHashKey: '9'.repeat(39) }),
    'InvalidArgumentException',
    'Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ' +
      `Specified value was ${'9'.repeat(39)}`,
  );
  world.control.put({ ...stream, maxRecordSizeKiB: 10240 });
  const large = { Data: new Uint8Array(5 * 1024 * 1024), PartitionKey: 'a' };
  await world.refuses(
    'PutRecords',
    { StreamName: 's', Records: [large, large] },
    'InvalidArgumentException',
    'Records size exceeds 10 MB limit',
  );
  assert.equal(world.data.sections.size, 0);
});

test('a dry run stores nothing', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const input = { StreamName: 's', Records: records('a'), DryRun: true };
  assert.equal((await world.failure('PutRecords', input)).__type, 'DryRunOperationException');
  assert.equal(world.data.sections.size, 0);
});
