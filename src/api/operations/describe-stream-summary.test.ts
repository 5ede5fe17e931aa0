import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestWorld } from '../test-world.suite.ts';

interface Answer {
  readonly StreamDescriptionSummary: Record<string, unknown>;
}

async function summary(world: TestWorld): Promise<Record<string, unknown>> {
  const answer = await world.call('DescribeStreamSummary', { StreamName: 's' });
  return (answer as unknown as Answer).StreamDescriptionSummary;
}

test('counts, settings, and nothing that provisioned streams do not have', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s', 2);
  for (const name of ['a', 'b', 'c']) await world.control.registerConsumer(stream, name, {});
  world.control.put({
    ...stream,
    retention: { hours: 48, hiddenBeforeMs: 0 },
    encryption: { keyId: 'alias/aws/kinesis', dataKeyId: 1 },
    shardLevelMetrics: ['IncomingBytes'],
  });
  const found = await summary(world);
  assert.equal(found['OpenShardCount'], 2);
  assert.equal(found['ConsumerCount'], 3);
  assert.equal(found['MaxRecordSizeInKiB'], 1024);
  assert.equal(found['RetentionPeriodHours'], 48);
  assert.equal(found['EncryptionType'], 'KMS');
  assert.equal(found['KeyId'], 'alias/aws/kinesis');
  assert.deepEqual(found['EnhancedMonitoring'], [{ ShardLevelMetrics: ['IncomingBytes'] }]);
  for (const absent of ['StreamId', 'Shards', 'WarmThroughput', 'RecordDistributionStrategy']) {
    assert.ok(!(absent in found), absent);
  }
});

test('on-demand streams tell how they spread records and what they are warmed for', async () => {
  const world = new TestWorld();
  await world.call('CreateStream', { StreamName: 's', RecordDistributionStrategy: 'AUTO' });
  const plain = await summary(world);
  assert.equal(plain['RecordDistributionStrategy'], 'AUTO');
  assert.ok(!('WarmThroughput' in plain));
  const stream = world.control.documents[0]!;
  world.control.put({ ...stream, warmThroughputMiBps: 9 });
  assert.deepEqual((await summary(world))['WarmThroughput'], { TargetMiBps: 9, CurrentMiBps: 4 });
});
