/**
 * Commands on one stream's settings: state first, then arguments, then limits; all survive a crash.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shardsMatching, trimHorizonMs } from '../shardmap/lineage.ts';
import { ACCOUNT, ControlHarness, createCommand, failsWith, ref } from './control-harness.suite.ts';

const HOUR_MS = 3_600_000;

test('every command wants a stream that is there and ACTIVE', async () => {
  const harness = await ControlHarness.start();
  const { control } = harness;
  const s = ref('s');
  const commands: (() => Promise<unknown>)[] = [
    async () => control.splitShard(s, 0, '5'),
    async () => control.mergeShards(s, 0, 1),
    async () => control.updateShardCount(s, 1),
    async () => control.updateStreamMode(s, 'ON_DEMAND', null),
    async () => control.increaseRetention(s, 48),
    async () => control.decreaseRetention(s, 24),
    async () => control.updateMaxRecordSize(s, 2048),
    async () => control.updateWarmThroughput(s, 1),
    async () => control.updateRecordDistribution(s, 'USER_PARTITION_KEY'),
    async () => control.enableMonitoring(s, []),
    async () => control.disableMonitoring(s, []),
    async () => control.startEncryption(s, 'alias/a'),
    async () => control.stopEncryption(s),
    async () => control.addStreamTags(s, {}),
    async () => control.removeStreamTags(s, []),
    async () => control.putPolicy(s, '{}'),
    async () => control.deletePolicy(s),
  ];
  for (const command of commands) {
    const text = `Stream s under account ${ACCOUNT} not found.`;
    await assert.rejects(command(), failsWith('ResourceNotFoundException', text), String(command));
  }
  await control.createStream(createCommand('s'));
  for (const command of commands) {
    const text = `Stream s under account ${ACCOUNT} not ACTIVE, instead in state CREATING`;
    await assert.rejects(command(), failsWith('ResourceInUseException', text), String(command));
  }
});

test('retention changes within 24 and 8760 hours; what is hidden stays hidden', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const { control } = harness;
  const s = ref('s');
  await assert.rejects(
    control.increaseRetention(s, 23),
    failsWith(
      'InvalidArgumentException',
      'Minimum allowed retention period is 24 hours. ' +
        'Requested retention period (23 hours) is too short.',
    ),
  );
  await assert.rejects(
    control.increaseRetention(s, 8761),
    failsWith(
      'InvalidArgumentException',
      'Maximum allowed retention period is 8760 hours. ' +
        'Requested retention period (8761 hours) is too long.',
    ),
  );
  await assert.rejects(
    control.decreaseRetention(s, 25),
    failsWith(
      'InvalidArgumentException',
      'Requested retention period (25 hours) for stream s can not be longer than existing ' +
        'retention period (24 hours). Use IncreaseRetentionPeriod API.',
    ),
  );
  await control.increaseRetention(s, 100);
  assert.equal(harness.stream('s').status, 'UPDATING');
  await harness.settle();
  await assert.rejects(
    control.increaseRetention(s, 99),
    failsWith(
      'InvalidArgumentException',
      'Requested retention period (99 hours) for stream s can not be shorter than existing ' +
        'retention period (100 hours). Use DecreaseRetentionPeriod API.',
    ),
  );
  await harness.simulation.scheduler.advance(200 * HOUR_MS);
  await control.decreaseRetention(s, 48);
  await harness.settle();
  const now = harness.clock.now();
  const hidden = trimHorizonMs(harness.stream('s'), now);
  assert.equal(Math.round((now - hidden) / HOUR_MS), 48);
  await control.increaseRetention(s, 100);
  await harness.settle();
  assert.equal(trimHorizonMs(harness.stream('s'), harness.clock.now()), hidden);
  await harness.crash();
  assert.equal(trimHorizonMs(harness.stream('s'), harness.clock.now()), hidden);
  assert.equal(harness.stream('s').retention.hours, 100);
  const open = shardsMatching(harness.stream('s'), { type: 'AT_TRIM_HORIZON' }, now);
  assert.equal(open.length, 1);
});

test('monitoring keeps the order of the model and tells before and after', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const s = ref('s');
  const first = await harness.control.enableMonitoring(s, ['OutgoingBytes', 'IncomingBytes']);
  assert.deepEqual(first, { current: [], desired: ['IncomingBytes', 'OutgoingBytes'] });
  await harness.settle();
  const second = await harness.control.disableMonitoring(s, ['IncomingBytes', 'OutgoingRecords']);
  assert.deepEqual(second, {
    current: ['IncomingBytes', 'OutgoingBytes'],
    desired: ['OutgoingBytes'],
  });
  assert.deepEqual(harness.stream('s').shardLevelMetrics, ['OutgoingBytes']);
});

test('modes switch twice a day; distribution and warm throughput belong to on-demand', async () => {
  const harness = await ControlHarness.start({ onDemandStreamLimit: 1 });
  const { control } = harness;
  await harness.created('s', 2);
  const s = ref('s');
  const onProvisioned = failsWith('InvalidArgumentException', /RecordDistributionStrategy/);
  await assert.rejects(control.updateRecordDistribution(s, 'AUTO'), onProvisioned);
  await assert.rejects(
    control.updateStreamMode(s, 'PROVISIONED', 5),
    failsWith('ValidationException', /WarmThroughputMiBps/),
  );
  await assert.rejects(
    control.updateStreamMode(s, 'ON_DEMAND', 5),
    failsWith('ValidationException', /billing commitment/),
  );
  await control.updateStreamMode(s, 'PROVISIONED', null);
  assert.equal(harness.stream('s').status, 'ACTIVE');
  await control.updateStreamMode(s, 'ON_DEMAND', null);
  await harness.settle();
  assert.equal(harness.stream('s').shards.length, 2);
  assert.equal(harness.control.accountUse(ACCOUNT).onDemandStreamCount, 1);
  await control.updateRecordDistribution(s, 'AUTO');
  assert.equal(harness.stream('s').status, 'ACTIVE');
  await harness.created('other');
  await assert.rejects(
    control.updateStreamMode(ref('other'), 'ON_DEMAND', null),
    failsWith('LimitExceededException', /on-demand stream limit/),
  );
  await control.updateStreamMode(s, 'PROVISIONED', null);
  await harness.settle();
  assert.equal(harness.stream('s').distribution, 'USER_PARTITION_KEY');
  await assert.rejects(
    control.updateStreamMode(s, 'ON_DEMAND', null),
    failsWith('LimitExceededException', /Limit: 2 in a rolling 24-hour window/),
  );
  assert.deepEqual(
    control.scalingHistory(harness.stream('s')).map(({ reason }) => reason),
    ['mode'],
  );
});

test('warm throughput opens shards at once and gives them back', async () => {
  const harness = await ControlHarness.start();
  const { control } = harness;
  await assert.rejects(
    control.createStream(createCommand('s', 1, { mode: 'ON_DEMAND', warmThroughputMiBps: 9 })),
    failsWith('ValidationException', /billing commitment/),
  );
  await control.updateAccountSettings(ACCOUNT, true);
  await harness.created('s', 1, { mode: 'ON_DEMAND', warmThroughputMiBps: 9 });
  const s = ref('s');
  const open = (): number =>
    harness.stream('s').shards.filter((shard) => shard.closedSeconds === null).length;
  assert.equal(open(), 9);
  await assert.rejects(
    control.updateWarmThroughput(s, 10_241),
    failsWith('ValidationException', /cannot be greater than 10240/),
  );
  assert.deepEqual(await control.updateWarmThroughput(s, 20), {
    targetMiBps: 20,
    currentMiBps: 20,
  });
  assert.equal(open(), 20);
  await harness.settle();
  await assert.rejects(
    control.updateAccountSettings(ACCOUNT, false),
    failsWith('ValidationException', /warm throughput/),
  );
  await control.updateWarmThroughput(s, 0);
  assert.equal(open(), 4);
  assert.equal(control.warmThroughput(harness.stream('s')), null);
  await harness.settle();
  const history = control.scalingHistory(harness.stream('s'));
  assert.deepEqual(
    history.map(({ reason, shardsBefore, shardsAfter }) => [reason, shardsBefore, shardsAfter]),
    [
      ['created', 0, 9],
      ['warm-throughput', 9, 20],
      ['warm-throughput', 20, 4],
    ],
  );
  await control.updateAccountSettings(ACCOUNT, false);
});

test('a commitment lasts a day and ends by itself', async () => {
  const harness = await ControlHarness.start();
  const { control } = harness;
  assert.equal(control.accountSettings(ACCOUNT).status, 'DISABLED');
  const startedAtMs = harness.clock.now();
  const earliestAllowedEndAtMs = startedAtMs + 24 * HOUR_MS;
  assert.deepEqual(await control.updateAccountSettings(ACCOUNT, true), {
    status: 'ENABLED',
    startedAtMs,
    endedAtMs: null,
    earliestAllowedEndAtMs,
  });
  await harness.simulation.scheduler.advance(HOUR_MS);
  const status = 'ENABLED_UNTIL_EARLIEST_ALLOWED_END';
  assert.equal((await control.updateAccountSettings(ACCOUNT, false)).status, status);
  assert.equal((await control.updateAccountSettings(ACCOUNT, true)).status, 'ENABLED');
  harness.store.faults.push('refuse');
  await assert.rejects(control.updateAccountSettings(ACCOUNT, false), /injected/);
  assert.equal(control.accountSettings(ACCOUNT).status, 'ENABLED');
  assert.equal((await control.updateAccountSettings(ACCOUNT, false)).status, status);
  await harness.crash();
  assert.equal(harness.control.accountSettings(ACCOUNT).status, status);
  await harness.simulation.scheduler.advance(23 * HOUR_MS);
  assert.deepEqual(harness.control.accountSettings(ACCOUNT), {
    status: 'DISABLED',
    startedAtMs,
    endedAtMs: earliestAllowedEndAtMs,
    earliestAllowedEndAtMs,
  });
});

test('each start of encryption makes a data key, or tells why the key cannot be used', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const s = ref('s');
  await assert.rejects(
    harness.control.startEncryption(s, 'gone'),
    failsWith('KMSNotFoundException', 'no such key'),
  );
  assert.equal(harness.stream('s').status, 'ACTIVE');
  for (let at = 1; at <= 25; at += 1) {
    await harness.control.startEncryption(s, 'alias/a');
    await harness.settle();
    assert.deepEqual(harness.stream('s').encryption, { keyId: 'alias/a', dataKeyId: at });
  }
  await assert.rejects(
    harness.control.startEncryption(s, 'alias/a'),
    failsWith('LimitExceededException', /Limit: 25/),
  );
  await harness.control.stopEncryption(s);
  assert.equal(harness.stream('s').encryption, null);
});

test('tags are merged, bounded and removed by key', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 1, { tags: { a: '1', b: '2' } });
  const s = ref('s');
  await harness.control.addStreamTags(s, { b: '3', c: '', __proto__x: 'p' });
  await harness.control.removeStreamTags(s, ['a', 'zz']);
  assert.deepEqual(harness.stream('s').tags, { b: '3', c: '', __proto__x: 'p' });
  const many = Object.fromEntries(Array.from({ length: 48 }, (_, at) => [`k${at}`, '']));
  await assert.rejects(
    harness.control.addStreamTags(s, many),
    failsWith(
      'InvalidArgumentException',
      `Failed to add tags to stream s under account ${ACCOUNT} because a given stream cannot ` +
        'have more than 50 tags associated with it.',
    ),
  );
  await harness.crash();
  assert.deepEqual(harness.stream('s').tags, { b: '3', c: '', __proto__x: 'p' });
});
