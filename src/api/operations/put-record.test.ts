import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSequenceNumber, sequenceNumber } from '../../model/sequence-number.ts';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const invalid = 'InvalidArgumentException';
const put = { StreamName: 's', Data: new TextEncoder().encode('hi'), PartitionKey: 'a' };

test('records go to the shard of their key and get rising numbers', async () => {
  for (const protocol of ['json', 'cbor'] as const) {
    const world = new TestWorld();
    world.protocol = protocol;
    const stream = await world.stream('s', 3);
    for (const [key, index] of [
      ['a', 0],
      ['b', 1],
      ['e', 2],
      ['f', 1],
    ] as const) {
      const answer = await world.call('PutRecord', { ...put, PartitionKey: key });
      assert.equal(answer['ShardId'], `shardId-00000000000${index}`);
      assert.ok(!('EncryptionType' in answer));
      const decoded = decodeSequenceNumber(answer['SequenceNumber'] as string)!;
      assert.equal(decoded.shardIndex, index);
      assert.equal(decoded.createdSeconds, stream.shards[0]!.createdSeconds);
      assert.equal(decoded.recordSeconds, Math.floor(world.nowMs / 1000));
      assert.equal(decoded.ordinal, key === 'f' ? 2 : 1);
    }
  }
});

test('an explicit hash key decides, within the ring', async () => {
  const world = new TestWorld();
  await world.stream('s', 3);
  const last = { ...put, ExplicitHashKey: String(2n ** 128n - 1n) };
  assert.equal((await world.call('PutRecord', last))['ShardId'], 'shardId-000000000002');
  await world.refuses(
    'PutRecord',
    { ...put, ExplicitHashKey: String(2n ** 128n) },
    invalid,
    'Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ' +
      `Specified value was ${2n ** 128n}`,
  );
});

test('a number to order by must be one that was given out', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const { SequenceNumber } = await world.call('PutRecord', put);
  const next = await world.call('PutRecord', { ...put, SequenceNumberForOrdering: SequenceNumber });
  assert.ok(BigInt(next['SequenceNumber'] as string) > BigInt(SequenceNumber as string));
  const future = sequenceNumber(1, 0, 1, Math.floor(world.nowMs / 1000) + 1);
  for (const text of [future, String(2n ** 124n)]) {
    await world.refuses(
      'PutRecord',
      { ...put, SequenceNumberForOrdering: text },
      invalid,
      `ExclusiveMinimumSequenceNumber ${text} used in PutRecord on stream s under account ` +
        `${ACCOUNT} is invalid.`,
    );
  }
});

test('the stream decides how large a record may be and whether it needs a key', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s');
  const kib = new Uint8Array(1024 * 1024);
  const unkeyed = { StreamName: 's', Data: kib.subarray(0, 1) };
  await world.call('PutRecord', { ...put, Data: kib.subarray(1) });
  await world.refuses(
    'PutRecord',
    { ...put, Data: kib },
    'ValidationException',
    `1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=1048576 cap=1048576]' ` +
      `at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576`,
  );
  await world.refuses(
    'PutRecord',
    unkeyed,
    'ValidationException',
    `1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: ` +
      `Member must not be null`,
  );
  world.control.put({ ...stream, maxRecordSizeKiB: 2048, distribution: 'AUTO', mode: 'ON_DEMAND' });
  await world.call('PutRecord', { ...put, Data: kib });
  await world.call('PutRecord', unkeyed);
});

test('a stream that is missing or not there yet', async () => {
  const world = new TestWorld();
  const text = `Stream s under account ${ACCOUNT} not found.`;
  await world.refuses('PutRecord', put, 'ResourceNotFoundException', text);
});

test('refused and failed writes', async () => {
  const world = new TestWorld();
  await world.stream('s');
  world.data.refused.set(0, 1);
  await world.refuses(
    'PutRecord',
    put,
    'ProvisionedThroughputExceededException',
    `Rate exceeded for shard shardId-000000000000 in stream s under account ${ACCOUNT}.`,
  );
  world.data.refused.set(0, 2);
  assert.deepEqual({ ...(await world.failure('PutRecord', put)) }, { __type: 'InternalFailure' });
});

test('encrypted streams say so, dry runs store nothing', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const dry = await world.failure('PutRecord', { ...put, DryRun: true });
  assert.equal(dry.__type, 'DryRunOperationException');
  assert.equal(world.data.sections.size, 0);
  const broken = await world.failure('PutRecord', { ...put, DryRun: true, StreamName: 't' });
  assert.equal(broken.__type, 'ResourceNotFoundException');
  world.data.encrypted = true;
  assert.equal((await world.call('PutRecord', put))['EncryptionType'], 'KMS');
});
