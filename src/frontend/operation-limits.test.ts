import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callRate } from '../api/call-rates.ts';
import { operations } from '../api/registry.ts';
import type { Target } from '../api/operation.ts';
import type { LimitsMode } from '../backend/throttle.ts';
import { consumerArn, streamArn } from '../model/arn.ts';
import { ServiceError } from '../model/service-error.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { OperationLimits } from './operation-limits.ts';

const caller = { account: '111111111111', arn: 'arn:aws:iam::111111111111:root' };
const other = { account: '222222222222', arn: 'arn:aws:iam::222222222222:root' };

function stream(name: string): Target {
  return { arn: streamArn('us-east-1', caller.account, name), account: caller.account };
}

function limits(mode: LimitsMode = 'aws'): OperationLimits {
  return new OperationLimits({ clock: new Simulation(1).clock() }, mode);
}

/** How many of `tries` calls pass. */
function passing(tries: number, call: () => void): number {
  let passed = 0;
  for (let i = 0; i < tries; i++) {
    try {
      call();
      passed++;
    } catch (error) {
      assert.ok(error instanceof ServiceError);
    }
  }
  return passed;
}

function refusal(call: () => void): { code: string; text: string | null } {
  for (;;) {
    try {
      call();
    } catch (error) {
      assert.ok(error instanceof ServiceError);
      return { code: error.code, text: error.text };
    }
  }
}

test('every operation but those of records has a rate', () => {
  const free = [...operations.keys()].filter((name) => callRate(name) === null);
  assert.deepEqual(free.sort(), ['GetRecords', 'PutRecord', 'PutRecords', 'SubscribeToShard']);
});

test('account rates are shared by all streams of the account, and only there', () => {
  const guard = limits();
  assert.equal(
    passing(8, () => guard.admit('CreateStream', caller, stream('a'), {})),
    5,
  );
  assert.equal(
    passing(8, () => guard.admit('CreateStream', caller, stream('b'), {})),
    0,
  );
  assert.equal(
    passing(8, () => guard.admit('CreateStream', other, null, {})),
    5,
  );
  assert.equal(
    passing(8, () => guard.admit('DeleteStream', caller, stream('a'), {})),
    5,
  );
  assert.equal(guard.overRate, 17);
});

test('stream rates are shared by a stream and its consumers', () => {
  const guard = limits();
  const consumer = { arn: consumerArn(stream('a').arn, 'c', 1), account: caller.account };
  assert.equal(
    passing(4, () => guard.admit('DeregisterStreamConsumer', caller, consumer, {})),
    4,
  );
  const call = () => guard.admit('DeregisterStreamConsumer', caller, stream('a'), {});
  assert.equal(passing(4, call), 1);
  assert.deepEqual(refusal(call), {
    code: 'LimitExceededException',
    text: 'Rate exceeded for stream a under account 111111111111.',
  });
});

test('iterators are counted by shard, whatever form its id has', () => {
  const guard = limits();
  const call = (ShardId: string) => () =>
    guard.admit('GetShardIterator', caller, stream('a'), { ShardId });
  assert.equal(passing(4, call('shardId-000000000007')), 4);
  assert.equal(passing(4, call('7')), 1);
  assert.equal(passing(9, call('8')), 5);
  assert.deepEqual(refusal(call('7')), {
    code: 'ProvisionedThroughputExceededException',
    text: 'Rate exceeded for shard shardId-000000000007 in stream a under account 111111111111.',
  });
});

test('calls that name no stream are refused for the account', () => {
  const guard = limits();
  assert.deepEqual(
    refusal(() => guard.admit('DescribeLimits', caller, null, {})),
    { code: 'LimitExceededException', text: 'Rate exceeded for account 111111111111.' },
  );
});

test('observe counts and off does nothing', () => {
  const observing = limits('observe');
  assert.equal(
    passing(8, () => observing.admit('ListStreams', caller, null, {})),
    8,
  );
  assert.equal(observing.overRate, 3);
  const off = limits('off');
  assert.equal(
    passing(8, () => off.admit('ListStreams', caller, null, {})),
    8,
  );
  assert.equal(off.overRate, 0);
});
