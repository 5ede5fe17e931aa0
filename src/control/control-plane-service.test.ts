/** Streams come, change and go; what the store holds is what everybody sees, failures included. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, ControlHarness, createCommand, failsWith } from './control-harness.suite.ts';

test('a stream is CREATING without shards, then ACTIVE and in the map', async () => {
  const harness = await ControlHarness.start();
  const now = harness.clock.now();
  await harness.control.createStream(createCommand('s', 3, { tags: { a: 'b' } }));
  const creating = harness.stream('s');
  assert.equal(creating.status, 'CREATING');
  assert.deepEqual(creating.shards, []);
  assert.equal(creating.arn, `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`);
  assert.equal(creating.createdMs % 1000, 0);
  assert.deepEqual(creating.tags, { a: 'b' });
  assert.equal(harness.shardMap.stream(ACCOUNT, 's'), undefined);
  assert.equal(harness.control.accountUse(ACCOUNT).openShardCount, 3);
  await harness.settle();
  assert.equal(harness.clock.now() - now, 500);
  const active = harness.stream('s');
  assert.equal(active.status, 'ACTIVE');
  assert.deepEqual(
    active.shards.map((shard) => [shard.index, shard.startingHashKey, shard.closedSeconds]),
    [
      [0, '0', null],
      [1, '113427455640312821154458202477256070485', null],
      [2, '226854911280625642308916404954512140970', null],
    ],
  );
  assert.equal(active.shards[0]!.createdSeconds, Math.floor(now / 1000) - 2);
  assert.equal(harness.shardMap.stream(ACCOUNT, 's')?.document, active);
});

test('a deleted stream leaves the map at once, and its name is free later', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 2);
  const { uid, shards } = harness.stream('s');
  await harness.control.deleteStream(ACCOUNT, 's', false);
  assert.equal(harness.stream('s').status, 'DELETING');
  assert.deepEqual(harness.stream('s').shards, []);
  assert.equal(harness.shardMap.stream(ACCOUNT, 's'), undefined);
  assert.equal(harness.control.horizonMs(shards[0]!.key), Infinity);
  await assert.rejects(
    harness.control.createStream(createCommand('s')),
    failsWith('ResourceInUseException', `Stream s under account ${ACCOUNT} already exists.`),
  );
  await assert.rejects(
    harness.control.deleteStream(ACCOUNT, 's', false),
    failsWith(
      'ResourceInUseException',
      `Stream s under account ${ACCOUNT} not ACTIVE, instead in state DELETING`,
    ),
  );
  await harness.settle();
  assert.equal(harness.control.stream(ACCOUNT, 's'), null);
  await assert.rejects(
    harness.control.deleteStream(ACCOUNT, 's', false),
    failsWith('ResourceNotFoundException', `Stream s under account ${ACCOUNT} not found.`),
  );
  await harness.created('s');
  assert.ok(harness.stream('s').uid > uid);
  assert.ok(harness.stream('s').shards[0]!.key > shards[1]!.key);
});

test('quotas hold however many calls come at once', async () => {
  const harness = await ControlHarness.start({ shardLimit: 10, onDemandStreamLimit: 1 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, async (_, i) => harness.control.createStream(createCommand(`s${i}`))),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 3);
  for (const { reason } of refused) {
    failsWith(
      'LimitExceededException',
      'This request would have exceed the limit on the number of streams that can ' +
        'simultaneously be in CREATING or DELETING. Limit: 5',
    )(reason);
  }
  await harness.settle();
  await assert.rejects(
    harness.control.createStream(createCommand('big', 6)),
    failsWith(
      'LimitExceededException',
      `This request would exceed the shard limit for the account ${ACCOUNT} in us-east-1. ` +
        'Current shard count for the account: 5. Limit: 10. Number of additional shards that ' +
        'would have resulted from this request: 6. Refer to the AWS Service Limits page ' +
        '(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current ' +
        'limits and how to request higher limits.',
    ),
  );
  await harness.created('od', 1, { mode: 'ON_DEMAND' });
  assert.equal(harness.stream('od').shards.length, 4);
  await assert.rejects(
    harness.control.createStream(createCommand('od2', 1, { mode: 'ON_DEMAND' })),
    failsWith('LimitExceededException', /on-demand stream limit/),
  );
  assert.deepEqual(harness.control.accountUse(ACCOUNT), {
    openShardCount: 9,
    shardLimit: 10,
    onDemandStreamCount: 1,
    onDemandStreamLimit: 1,
    channelCount: 0,
    channelLimit: 100,
  });
  await assert.rejects(
    harness.control.createStream(createCommand('s0', 100)),
    failsWith('ResourceInUseException', /already exists/),
  );
});

test('streams are paged in name order, per account', async () => {
  const harness = await ControlHarness.start({ streamsCreatingMax: 100 });
  for (const name of ['b', 'a.1', 'a', 'B', 'c-2']) {
    await harness.created(name);
  }
  await harness.control.createStream(createCommand('a2', 1, { account: '999999999999' }));
  const names = (after: string | null, limit: number): string[] =>
    harness.control.streams(ACCOUNT, after, limit).map(({ name }) => name);
  assert.deepEqual(names(null, 10), ['B', 'a', 'a.1', 'b', 'c-2']);
  assert.deepEqual(names('a', 2), ['a.1', 'b']);
  assert.deepEqual(names('a0', 10), ['b', 'c-2']);
  assert.deepEqual(names('z', 10), []);
  assert.deepEqual(harness.control.streams('000000000000', null, 10), []);
});

test('transitions go on after a crash, with nothing lost or given twice', async () => {
  const harness = await ControlHarness.start();
  await harness.created('old', 2);
  await harness.control.createStream(createCommand('new', 3));
  await harness.control.deleteStream(ACCOUNT, 'old', false);
  await harness.crash();
  assert.equal(harness.stream('new').status, 'CREATING');
  assert.equal(harness.stream('old').status, 'DELETING');
  await harness.settle();
  assert.equal(harness.control.stream(ACCOUNT, 'old'), null);
  assert.equal(harness.stream('new').shards.length, 3);
  await harness.restart();
  assert.equal(harness.shardMap.stream(ACCOUNT, 'new')?.open.shards.length, 3);
  await harness.created('third');
  const keys = ['new', 'third'].flatMap((name) => harness.stream(name).shards.map((s) => s.key));
  assert.equal(new Set(keys).size, 4);
});

test('a commit that failed leaves nothing; one whose answer was lost counts', async () => {
  const harness = await ControlHarness.start();
  await harness.created('first');
  harness.store.faults.push('refuse');
  await assert.rejects(
    harness.control.createStream(createCommand('s')),
    failsWith('InternalFailure', null),
  );
  assert.equal(harness.control.stream(ACCOUNT, 's'), null);
  assert.equal(harness.control.accountUse(ACCOUNT).openShardCount, 1);
  harness.store.faults.push('forget');
  await harness.control.createStream(createCommand('s'));
  await harness.settle();
  assert.equal(harness.stream('s').status, 'ACTIVE');
});

test('a commit of unknown outcome is looked up before anything else happens', async () => {
  for (const fault of ['silence', 'lose'] as const) {
    const harness = await ControlHarness.start();
    await harness.created('first');
    harness.store.faults.push(fault);
    await assert.rejects(
      harness.control.createStream(createCommand('s')),
      failsWith('InternalFailure', null),
    );
    assert.equal(harness.control.stream(ACCOUNT, 's'), null);
    await assert.rejects(
      harness.control.createStream(createCommand('s')),
      failsWith('InternalFailure', null),
    );
    await harness.simulation.scheduler.advance(2_500);
    harness.store.silent = false;
    await harness.settle();
    assert.equal(
      harness.control.stream(ACCOUNT, 's')?.status,
      fault === 'lose' ? undefined : 'ACTIVE',
    );
    assert.equal(harness.control.accountUse(ACCOUNT).openShardCount, fault === 'lose' ? 1 : 2);
  }
});

test('a transition whose commit fails is repeated until it succeeds', async () => {
  const harness = await ControlHarness.start();
  await harness.created('first');
  await harness.control.createStream(createCommand('s'));
  harness.store.faults.push('refuse', 'lose');
  await harness.simulation.scheduler.advance(2_000);
  harness.store.silent = false;
  await harness.settle();
  assert.equal(harness.stream('s').status, 'ACTIVE');
  assert.ok(harness.warnings.length >= 2);
});

test('a delay of nothing still answers before it settles', async () => {
  const harness = await ControlHarness.start({ transitionMs: 0 });
  await harness.control.createStream(createCommand('s'));
  assert.equal(harness.stream('s').status, 'CREATING');
  await harness.settle();
  assert.equal(harness.stream('s').status, 'ACTIVE');
});

test('a stream of ten thousand shards is stored in parts and read back', async () => {
  const harness = await ControlHarness.start({ volumes: 3 });
  await harness.created('wide', 10_000);
  const keys = (await harness.store.list('stream-part/')).map(([key]) => key);
  assert.ok(keys.length >= 2, `${keys.length} parts`);
  const before = harness.stream('wide');
  await harness.crash();
  assert.deepEqual(harness.stream('wide'), before);
  assert.deepEqual([0, 1, 2].map((at) => before.shards[at]!.volume).sort(), [0, 1, 2]);
  await harness.control.deleteStream(ACCOUNT, 'wide', false);
  await harness.settle();
  assert.deepEqual(await harness.store.list('stream'), []);
});

test('arguments that do not fit a provisioned stream are refused', async () => {
  const harness = await ControlHarness.start();
  await assert.rejects(
    harness.control.createStream(createCommand('s', 1, { warmThroughputMiBps: 1 })),
    failsWith('ValidationException', /WarmThroughputMiBps/),
  );
  await assert.rejects(
    harness.control.createStream(createCommand('s', 1, { distribution: 'AUTO' })),
    failsWith('InvalidArgumentException', /RecordDistributionStrategy/),
  );
});

test('the horizon of a shard follows the retention of its stream', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const { key } = harness.stream('s').shards[0]!;
  assert.equal(harness.control.horizonMs(key), harness.clock.now() - 24 * 3_600_000);
  assert.equal(harness.control.horizonMs(key + 1), Infinity);
});

test('quotas that only count let everything through', async () => {
  for (const limits of ['observe', 'off'] as const) {
    const harness = await ControlHarness.start({ limits, shardLimit: 3, onDemandStreamLimit: 0 });
    for (let at = 0; at < 7; at += 1) {
      await harness.control.createStream(createCommand(`s${at}`, 1, { mode: 'ON_DEMAND' }));
    }
    await harness.settle();
    assert.equal(harness.control.accountUse(ACCOUNT).openShardCount, 28);
    assert.equal(harness.control.quotasPassed, limits === 'observe' ? 7 : 0);
  }
});
