/**
 * Splits, merges and new shard counts: the service's order of checks, its texts, one commit each.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, ControlHarness, createCommand, failsWith, ref } from './control-harness.suite.ts';

const HALF = (1n << 127n).toString();

test('a split closes the parent and opens two children in one publication', async () => {
  const harness = await ControlHarness.start({ volumes: 2 });
  await harness.created('s');
  const parent = harness.stream('s').shards[0]!;
  const published: number[] = [];
  harness.shardMap.onChange((_uid, entry) => published.push(entry?.open.shards.length ?? 0));
  await harness.control.splitShard(ref('s'), 0, HALF);
  const { status, shards } = harness.stream('s');
  assert.equal(status, 'UPDATING');
  const closedSeconds = Math.floor(harness.clock.now() / 1000);
  assert.deepEqual(shards[0], { ...parent, closedSeconds });
  assert.deepEqual(
    shards
      .slice(1)
      .map((s) => [s.index, s.parent, s.createdSeconds, s.startingHashKey, s.endingHashKey]),
    [
      [1, 0, closedSeconds + 1, '0', `${BigInt(HALF) - 1n}`],
      [2, 0, closedSeconds + 1, HALF, `${(1n << 128n) - 1n}`],
    ],
  );
  assert.deepEqual([...harness.backend.sealed], [parent.key]);
  assert.deepEqual(published, [2]);
  await assert.rejects(
    harness.control.splitShard(ref('s'), 1, HALF),
    failsWith(
      'ResourceInUseException',
      `Stream s under account ${ACCOUNT} not ACTIVE, instead in state UPDATING`,
    ),
  );
  await harness.settle();
  assert.equal(harness.stream('s').status, 'ACTIVE');
});

test('a split is refused in the order of the service', async () => {
  const harness = await ControlHarness.start({ shardLimit: 2 });
  const split = async (index: number, key: string): Promise<void> =>
    harness.control.splitShard(ref('s'), index, key);
  await assert.rejects(
    split(9, '0'),
    failsWith('ResourceNotFoundException', `Stream s under account ${ACCOUNT} not found.`),
  );
  await harness.control.createStream(createCommand('s', 2));
  await assert.rejects(
    split(9, '0'),
    failsWith('ResourceInUseException', /instead in state CREATING/),
  );
  await harness.settle();
  await assert.rejects(
    split(9, '0'),
    failsWith(
      'ResourceNotFoundException',
      `Could not find shard shardId-000000000009 in stream s under account ${ACCOUNT}.`,
    ),
  );
  const end = harness.stream('s').shards[0]!.endingHashKey;
  for (const key of ['0', '1', end, `${BigInt(end) + 1n}`, '9'.repeat(39)]) {
    await assert.rejects(
      split(0, key),
      failsWith(
        'InvalidArgumentException',
        `NewStartingHashKey ${key} used in SplitShard() on shard shardId-000000000000 in ` +
          `stream s under account ${ACCOUNT} is not both greater than one plus the shard's ` +
          `StartingHashKey 0 and less than the shard's EndingHashKey ${end}.`,
      ),
    );
  }
  await assert.rejects(
    split(0, '2'),
    failsWith('LimitExceededException', /Current shard count for the account: 2/),
  );
  assert.equal(harness.backend.sealed.size, 0);
});

test('only adjacent open shards merge, lower first', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 3);
  const merge = async (first: number, second: number): Promise<void> =>
    harness.control.mergeShards(ref('s'), first, second);
  for (const [first, second] of [
    [1, 0],
    [0, 2],
    [1, 1],
  ] as const) {
    await assert.rejects(
      merge(first, second),
      failsWith(
        'InvalidArgumentException',
        `Shards shardId-00000000000${first} and shardId-00000000000${second} in stream s under ` +
          `account ${ACCOUNT} are not an adjacent pair of shards eligible for merging`,
      ),
    );
  }
  await assert.rejects(merge(0, 7), failsWith('ResourceNotFoundException', /shardId-000000000007/));
  await merge(0, 1);
  await harness.settle();
  const { shards } = harness.stream('s');
  assert.deepEqual(
    shards.map((shard) => [shard.index, shard.parent, shard.adjacentParent]),
    [
      [0, null, null],
      [1, null, null],
      [2, null, null],
      [3, 0, 1],
    ],
  );
  await assert.rejects(
    merge(0, 1),
    failsWith(
      'InvalidArgumentException',
      `Shard shardId-000000000000 in stream s under account ${ACCOUNT} has already been ` +
        'merged or split, and thus is not eligible for merging or splitting.',
    ),
  );
  await merge(3, 2);
});

test('a shard count is reached with equal ranges, within the documented steps', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 4);
  const update = async (target: number): Promise<number> => {
    const before = await harness.control.updateShardCount(ref('s'), target);
    await harness.settle();
    return before;
  };
  await assert.rejects(
    update(9),
    failsWith(
      'LimitExceededException',
      'UpdateShardCount cannot scale up over double your current open shard count. ' +
        'Current open shard count: 4 Target shard count: 9',
    ),
  );
  await assert.rejects(
    update(1),
    failsWith(
      'LimitExceededException',
      'UpdateShardCount cannot scale down below half your current open shard count. ' +
        'Current open shard count: 4, Target shard count: 1',
    ),
  );
  await assert.rejects(
    update(10_001),
    failsWith(
      'LimitExceededException',
      'Target shard count or number of open shards cannot be greater than 10000. ' +
        'Current open shard count: 4, Target shard count: 10001',
    ),
  );
  assert.equal(await update(6), 4);
  assert.equal(await update(3), 6);
  const widths = harness
    .stream('s')
    .shards.filter((shard) => shard.closedSeconds === null)
    .map((shard) => BigInt(shard.endingHashKey) - BigInt(shard.startingHashKey));
  const third = (1n << 128n) / 3n;
  assert.equal(widths.length, 3);
  assert.ok(
    widths.every((width) => third - 10n < width && width < third + 10n),
    widths.join(),
  );
});

test('ten updates of the shard count in rolling 24 hours, counted over restarts', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 1);
  for (let at = 0; at < 10; at += 1) {
    await harness.control.updateShardCount(ref('s'), at % 2 === 0 ? 2 : 1);
    await harness.settle();
  }
  await harness.crash();
  await assert.rejects(
    harness.control.updateShardCount(ref('s'), 2),
    failsWith('LimitExceededException', /Limit: 10 in a rolling 24-hour window/),
  );
  await harness.simulation.scheduler.advance(24 * 3_600_000);
  await harness.control.updateShardCount(ref('s'), 2);
});

test('on-demand streams are not resharded by hand', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 1, { mode: 'ON_DEMAND' });
  const refused = failsWith(
    'ValidationException',
    `Request is invalid. Stream s under account ${ACCOUNT} is in On-Demand mode.`,
  );
  await assert.rejects(harness.control.splitShard(ref('s'), 0, HALF), refused);
  await assert.rejects(harness.control.mergeShards(ref('s'), 0, 1), refused);
  await assert.rejects(harness.control.updateShardCount(ref('s'), 8), refused);
});

test('a shard closes no earlier than its last record arrived, whatever the clock says', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  harness.backend.lastArrivalMs = harness.clock.now() + 90_500;
  await harness.control.splitShard(ref('s'), 0, HALF);
  const lastSecond = Math.floor(harness.backend.lastArrivalMs / 1000);
  assert.deepEqual(
    harness.stream('s').shards.map((shard) => [shard.closedSeconds, shard.createdSeconds]),
    [
      [lastSecond, harness.stream('s').shards[0]!.createdSeconds],
      [null, lastSecond + 1],
      [null, lastSecond + 1],
    ],
  );
});

test('a failed commit takes the seal back; a lost answer does not undo the reshard', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  harness.store.faults.push('refuse');
  await assert.rejects(
    harness.control.splitShard(ref('s'), 0, HALF),
    failsWith('InternalFailure', null),
  );
  assert.equal(harness.backend.sealed.size, 0);
  assert.equal(harness.stream('s').status, 'ACTIVE');
  harness.store.faults.push('lose');
  await assert.rejects(
    harness.control.splitShard(ref('s'), 0, HALF),
    failsWith('InternalFailure', null),
  );
  assert.equal(harness.backend.sealed.size, 1, 'nobody may write while the outcome is open');
  harness.store.silent = false;
  await harness.settle();
  assert.equal(harness.backend.sealed.size, 0);
  harness.store.faults.push('forget');
  await harness.control.splitShard(ref('s'), 0, HALF);
  assert.equal(harness.stream('s').shards.length, 3);
});

test('closed shards leave once all their records have expired', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const [parent] = harness.stream('s').shards;
  await harness.control.splitShard(ref('s'), 0, HALF);
  await harness.settle();
  await harness.simulation.scheduler.advance(24 * 3_600_000 - 2_000);
  await harness.control.removeExpiredShards();
  assert.equal(harness.stream('s').shards.length, 3);
  await harness.simulation.scheduler.advance(3_000);
  await harness.control.removeExpiredShards();
  assert.deepEqual(
    harness.stream('s').shards.map(({ index }) => index),
    [1, 2],
  );
  assert.equal(harness.control.horizonMs(parent!.key), Infinity);
  await assert.rejects(
    harness.control.splitShard(ref('s'), 0, HALF),
    failsWith('ResourceNotFoundException', /Could not find shard shardId-000000000000/),
  );
});
