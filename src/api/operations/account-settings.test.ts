import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestWorld } from '../test-world.suite.ts';

test('the billing commitment is described and changed', async () => {
  const world = new TestWorld();
  const member = 'MinimumThroughputBillingCommitment';
  assert.deepEqual(await world.call('DescribeAccountSettings', {}), {
    [member]: { Status: 'DISABLED' },
  });
  const enabled = { [member]: { Status: 'ENABLED', StartedAt: 1.5 } };
  const update = { [member]: { Status: 'ENABLED' } };
  assert.deepEqual(await world.call('UpdateAccountSettings', update), enabled);
  assert.deepEqual(await world.call('DescribeAccountSettings', {}), enabled);
  assert.deepEqual(world.accesses.at(-1), {
    action: 'kinesis:DescribeAccountSettings',
    target: null,
  });
});
