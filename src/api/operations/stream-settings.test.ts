import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const s = { StreamName: 's' };
const path = `${ACCOUNT}/s`;

test('each operation gives its command and an empty answer', async () => {
  const world = new TestWorld();
  const { arn } = await world.stream('s');
  const cases: readonly (readonly [string, object, readonly unknown[]])[] = [
    [
      'UpdateMaxRecordSize',
      { StreamARN: arn, MaxRecordSizeInKiB: 4096 },
      ['updateMaxRecordSize', path, 4096],
    ],
    [
      'UpdateStreamMode',
      { StreamARN: arn, StreamModeDetails: { StreamMode: 'ON_DEMAND' }, WarmThroughputMiBps: 9 },
      ['updateStreamMode', path, 'ON_DEMAND', 9],
    ],
    [
      'UpdateStreamMode',
      { StreamARN: arn, StreamModeDetails: { StreamMode: 'PROVISIONED' } },
      ['updateStreamMode', path, 'PROVISIONED', null],
    ],
    [
      'UpdateStreamRecordDistributionStrategy',
      { StreamARN: arn, RecordDistributionStrategy: 'AUTO' },
      ['updateRecordDistribution', path, 'AUTO'],
    ],
    [
      'IncreaseStreamRetentionPeriod',
      { ...s, RetentionPeriodHours: 48 },
      ['increaseRetention', path, 48],
    ],
    [
      'DecreaseStreamRetentionPeriod',
      { StreamARN: arn, RetentionPeriodHours: 24 },
      ['decreaseRetention', path, 24],
    ],
    [
      'StartStreamEncryption',
      { ...s, EncryptionType: 'KMS', KeyId: 'alias/x' },
      ['startEncryption', path, 'alias/x'],
    ],
    [
      'StopStreamEncryption',
      { ...s, EncryptionType: 'KMS', KeyId: 'alias/x' },
      ['stopEncryption', path],
    ],
  ];
  for (const [name, input, command] of cases) {
    assert.deepEqual(await world.call(name, input), {}, name);
    assert.deepEqual(world.control.commands.at(-1), command);
    assert.deepEqual(world.accesses.at(-1), {
      action: `kinesis:${name}`,
      target: { arn, account: ACCOUNT },
    });
  }
});

test('the encryption type must be KMS', async () => {
  const world = new TestWorld();
  await world.stream('s');
  for (const name of ['StartStreamEncryption', 'StopStreamEncryption']) {
    const failure = await world.failure(name, { ...s, EncryptionType: 'NONE', KeyId: 'k' });
    assert.equal(failure.__type, 'InvalidArgumentException');
  }
});

test('warm throughput tells the goal and what is there', async () => {
  const world = new TestWorld();
  const { arn } = await world.stream('s');
  const input = { ...s, WarmThroughputMiBps: 10 };
  assert.deepEqual(await world.call('UpdateStreamWarmThroughput', input), {
    StreamARN: arn,
    StreamName: 's',
    WarmThroughput: { TargetMiBps: 10, CurrentMiBps: 4 },
  });
});

test('ALL stands for the seven metrics', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s');
  const all = [
    'IncomingBytes',
    'IncomingRecords',
    'OutgoingBytes',
    'OutgoingRecords',
    'WriteProvisionedThroughputExceeded',
    'ReadProvisionedThroughputExceeded',
    'IteratorAgeMilliseconds',
  ];
  assert.deepEqual(
    await world.call('EnableEnhancedMonitoring', { ...s, ShardLevelMetrics: ['ALL'] }),
    {
      StreamName: 's',
      CurrentShardLevelMetrics: [],
      DesiredShardLevelMetrics: all,
      StreamARN: stream.arn,
    },
  );
  world.control.put({ ...stream, shardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'] });
  const off = { ...s, ShardLevelMetrics: ['OutgoingBytes', 'OutgoingRecords'] };
  const answer = await world.call('DisableEnhancedMonitoring', off);
  assert.deepEqual(answer['CurrentShardLevelMetrics'], ['IncomingBytes', 'OutgoingBytes']);
  assert.deepEqual(answer['DesiredShardLevelMetrics'], ['IncomingBytes']);
});
