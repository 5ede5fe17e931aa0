/** Consumers come and go beside their stream and never outlive it; so do their policies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerRef } from '../api/ports.ts';
import { ACCOUNT, ControlHarness, createCommand, failsWith, ref } from './control-harness.suite.ts';

function consumerRef(consumer: string, createdSeconds: number | null = null): ConsumerRef {
  return { ...ref('s'), consumer, createdSeconds };
}

test('a consumer is CREATING, then ACTIVE; its name is taken until it is gone', async () => {
  const harness = await ControlHarness.start();
  const { control } = harness;
  await control.createStream(createCommand('s'));
  await assert.rejects(
    control.registerConsumer(ref('s'), 'c', {}),
    failsWith(
      'ResourceInUseException',
      `Stream s under account ${ACCOUNT} not ACTIVE or UPDATING, instead in state CREATING`,
    ),
  );
  await harness.settle();
  const consumer = await control.registerConsumer(ref('s'), 'c', { t: 'v' });
  assert.equal(consumer.status, 'CREATING');
  const stream = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`;
  assert.equal(consumer.arn, `${stream}/consumer/c:${consumer.createdSeconds}`);
  await assert.rejects(
    control.registerConsumer(ref('s'), 'c', {}),
    failsWith('ResourceInUseException', /already exists/),
  );
  await harness.settle();
  assert.equal(control.consumer(consumerRef('c'))?.status, 'ACTIVE');
  assert.equal(control.consumer(consumerRef('c', consumer.createdSeconds))?.name, 'c');
  assert.equal(control.consumer(consumerRef('c', consumer.createdSeconds - 1)), null);
  assert.equal(control.consumerCount(harness.stream('s')), 1);
  await control.deregisterConsumer(consumerRef('c', consumer.createdSeconds));
  await control.deregisterConsumer(consumerRef('c'));
  assert.equal(control.consumer(consumerRef('c'))?.status, 'DELETING');
  await harness.settle();
  assert.equal(control.consumer(consumerRef('c')), null);
  await assert.rejects(
    control.deregisterConsumer(consumerRef('c')),
    failsWith('ResourceNotFoundException', `Consumer c, account ${ACCOUNT} not found.`),
  );
  const again = await control.registerConsumer(ref('s'), 'c', {});
  assert.notEqual(again.arn, consumer.arn);
});

test('a consumer that goes in the second it came has a successor of another ARN', async () => {
  const harness = await ControlHarness.start({ transitionMs: 0 });
  await harness.created('s');
  const first = await harness.control.registerConsumer(ref('s'), 'c', {});
  await harness.control.deregisterConsumer(consumerRef('c'));
  await harness.settle();
  const second = await harness.control.registerConsumer(ref('s'), 'c', {});
  assert.ok(second.createdSeconds > first.createdSeconds);
});

test('consumers are limited per stream, and more so while they are being made', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const register = async (at: number): Promise<unknown> =>
    harness.control.registerConsumer(ref('s'), `c${String(at).padStart(2, '0')}`, {});
  const outcomes = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(register));
  const last = outcomes[5];
  assert.ok(last?.status === 'rejected');
  failsWith('LimitExceededException', /more than 5 consumers in CREATING/)(last.reason);
  for (let at = 5; at < 20; at += 1) {
    await harness.settle();
    await register(at);
  }
  await harness.settle();
  await assert.rejects(
    register(20),
    failsWith('LimitExceededException', /more than 20 registered consumers/),
  );
  await harness.control.updateAccountSettings(ACCOUNT, true);
  await register(20);
  const names = (after: string | null, limit: number): string[] =>
    harness.control.consumers(harness.stream('s'), after, limit).map(({ name }) => name);
  assert.deepEqual(names(null, 2), ['c00', 'c01']);
  assert.deepEqual(names('c18', 10), ['c19', 'c20']);
});

test('a stream with consumers is deleted only by force, and takes them along', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  await harness.control.registerConsumer(ref('s'), 'c', {});
  await harness.settle();
  await harness.control.putPolicy(ref('s'), '{"a":1}');
  await harness.control.putPolicy(consumerRef('c'), '{"b":2}');
  await assert.rejects(
    harness.control.deleteStream(ACCOUNT, 's', false),
    failsWith(
      'ResourceInUseException',
      `DeleteStream can’t delete ${ACCOUNT}:s because there are consumers associated with this ` +
        'data stream. To delete s anyway, set the EnforceConsumerDeletion parameter to true to ' +
        'force the deletion of all the consumers that are associated with it.',
    ),
  );
  await harness.control.deleteStream(ACCOUNT, 's', true);
  assert.equal(harness.control.consumer(consumerRef('c')), null);
  await harness.settle();
  assert.deepEqual(
    (await harness.store.list('')).map(([key]) => key),
    ['control/counters'],
  );
});

test('transitions of consumers go on after a crash, and after commits that fail', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  await harness.control.registerConsumer(ref('s'), 'c', {});
  await harness.control.registerConsumer(ref('s'), 'd', {});
  await harness.control.deregisterConsumer(consumerRef('d'));
  await harness.crash();
  harness.store.faults.push('refuse', 'lose');
  await harness.simulation.scheduler.advance(3_000);
  harness.store.silent = false;
  await harness.settle();
  assert.equal(harness.control.consumer(consumerRef('c'))?.status, 'ACTIVE');
  assert.equal(harness.control.consumer(consumerRef('d')), null);
});

test('tags of consumers are merged, bounded and removed', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const { arn } = await harness.control.registerConsumer(ref('s'), 'c', { a: '1' });
  await harness.control.addConsumerTags(consumerRef('c'), { b: '2' });
  await harness.control.removeConsumerTags(consumerRef('c'), ['a', 'x']);
  assert.deepEqual(harness.control.consumer(consumerRef('c'))?.tags, { b: '2' });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, '']));
  await assert.rejects(
    harness.control.addConsumerTags(consumerRef('c'), many),
    failsWith('InvalidArgumentException', new RegExp(`resource ${arn} .* more than 50`)),
  );
  await assert.rejects(
    harness.control.addConsumerTags(consumerRef('c', 1), {}),
    failsWith(
      'ResourceNotFoundException',
      `Consumer arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s/consumer/c:1, ` +
        `account ${ACCOUNT} not found.`,
    ),
  );
});

test('policies are replaced as a whole, read as stored and deleted once', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const { control } = harness;
  const { createdSeconds } = await control.registerConsumer(ref('s'), 'c', {});
  assert.equal(control.policy(ref('s')), null);
  await control.putPolicy(ref('s'), '{"one":1}');
  await control.putPolicy(ref('s'), '{ "two": 2 }');
  await control.putPolicy(consumerRef('c', createdSeconds), '{"c":1}');
  await harness.crash();
  assert.equal(harness.control.policy(ref('s')), '{ "two": 2 }');
  assert.equal(harness.control.policy(consumerRef('c')), '{"c":1}');
  await harness.control.deletePolicy(ref('s'));
  assert.equal(harness.control.policy(ref('s')), null);
  await assert.rejects(
    harness.control.deletePolicy(ref('s')),
    failsWith(
      'ResourceNotFoundException',
      `No resource policy found for resource ARN arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s.`,
    ),
  );
  await harness.control.deregisterConsumer(consumerRef('c'));
  await harness.settle();
  assert.throws(
    () => harness.control.policy(consumerRef('c')),
    failsWith('ResourceNotFoundException', /Consumer c/),
  );
  await harness.control.registerConsumer(ref('s'), 'c', {});
  assert.equal(harness.control.policy(consumerRef('c')), null);
});
