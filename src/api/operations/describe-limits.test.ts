import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestWorld } from '../test-world.suite.ts';

test('quotas and use of the account', async () => {
  const world = new TestWorld();
  assert.deepEqual(await world.call('DescribeLimits', {}), {
    ShardLimit: 6000,
    OpenShardCount: 7,
    OnDemandStreamCount: 1,
    OnDemandStreamCountLimit: 50,
    ChannelCount: 0,
    ChannelCountLimit: 100,
  });
  assert.deepEqual(world.accesses, [{ action: 'kinesis:DescribeLimits', target: null }]);
});
