import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

interface Consumer {
  readonly ConsumerName: string;
  readonly ConsumerARN: string;
}

async function registered(world: TestWorld, name: string, more = {}): Promise<Consumer> {
  const { arn } = world.control.documents[0] ?? (await world.stream('s'));
  const input = { StreamARN: arn, ConsumerName: name, ...more };
  const answer = await world.call('RegisterStreamConsumer', input);
  return answer['Consumer'] as Consumer;
}

const streamArn = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`;

test('registration answers with the consumer, whose ARN tells its creation', async () => {
  const world = new TestWorld();
  const seconds = Math.floor(world.nowMs / 1000);
  assert.deepEqual(await registered(world, 'c', { Tags: { a: 'b' } }), {
    ConsumerName: 'c',
    ConsumerARN: `${streamArn}/consumer/c:${seconds}`,
    ConsumerStatus: 'CREATING',
    ConsumerCreationTimestamp: seconds,
  });
  assert.deepEqual(
    world.accesses.slice(-2).map(({ action, target }) => [action, target?.arn]),
    [
      ['kinesis:RegisterStreamConsumer', `${streamArn}/consumer/c`],
      ['kinesis:TagResource', `${streamArn}/consumer/c`],
    ],
  );
  const bad = { StreamARN: streamArn, ConsumerName: 'd', Tags: { '*': '' } };
  const failure = await world.failure('RegisterStreamConsumer', bad);
  assert.equal(failure.__type, 'InvalidArgumentException');
  assert.equal(world.control.registered.length, 1);
});

test('a consumer is selected by ARN, by stream and name, or by all if they agree', async () => {
  const world = new TestWorld();
  const { ConsumerARN } = await registered(world, 'c');
  const named = { StreamARN: streamArn, ConsumerName: 'c' };
  for (const selector of [{ ConsumerARN }, named, { ...named, ConsumerARN }]) {
    const answer = await world.call('DescribeStreamConsumer', selector);
    const description = answer['ConsumerDescription'] as Record<string, unknown>;
    assert.equal(description['ConsumerARN'], ConsumerARN);
    assert.equal(description['StreamARN'], streamArn);
    assert.equal(world.accesses.at(-1)?.target?.arn, ConsumerARN);
  }
  for (const selector of [
    {},
    { StreamARN: streamArn },
    { ConsumerName: 'c' },
    { ConsumerARN, ConsumerName: 'd' },
    { ConsumerARN, StreamARN: `${streamArn}2` },
  ]) {
    for (const name of ['DescribeStreamConsumer', 'DeregisterStreamConsumer']) {
      const failure = await world.failure(name, selector);
      assert.equal(failure.__type, 'InvalidArgumentException');
    }
  }
});

test('consumers that are not there', async () => {
  const world = new TestWorld();
  await world.stream('s');
  const type = 'ResourceNotFoundException';
  await world.refuses(
    'DescribeStreamConsumer',
    { StreamARN: streamArn, ConsumerName: 'c' },
    type,
    `Consumer c, account ${ACCOUNT} not found.`,
  );
  const ConsumerARN = `${streamArn}/consumer/c:1`;
  const text = `Consumer ${ConsumerARN}, account ${ACCOUNT} not found.`;
  await world.refuses('DescribeStreamConsumer', { ConsumerARN }, type, text);
});

test('deregistration takes any selector', async () => {
  const world = new TestWorld();
  const { ConsumerARN } = await registered(world, 'c');
  assert.deepEqual(await world.call('DeregisterStreamConsumer', { ConsumerARN }), {});
  assert.equal(world.control.registered[0]!.status, 'DELETING');
});

test('lists come in name order and pages', async () => {
  const world = new TestWorld();
  for (const name of ['c', 'a', 'b']) await registered(world, name);
  const list = async (input: object): Promise<{ names: string[]; NextToken: unknown }> => {
    const answer = await world.call('ListStreamConsumers', { StreamARN: streamArn, ...input });
    const consumers = answer['Consumers'] as readonly Consumer[];
    return { names: consumers.map((c) => c.ConsumerName), NextToken: answer['NextToken'] };
  };
  const first = await list({ MaxResults: 2 });
  assert.deepEqual(first.names, ['a', 'b']);
  const { NextToken } = first;
  assert.deepEqual(await list({ NextToken }), { names: ['c'], NextToken: undefined });
  const created = Math.floor(world.nowMs / 1000);
  assert.equal((await list({ StreamCreationTimestamp: created })).names.length, 3);
  const expect = async (input: object, type: string): Promise<void> => {
    const failure = await world.failure('ListStreamConsumers', { StreamARN: streamArn, ...input });
    assert.equal(failure.__type, type);
  };
  await expect({ StreamCreationTimestamp: 1 }, 'ResourceNotFoundException');
  await expect({ NextToken, StreamCreationTimestamp: created }, 'InvalidArgumentException');
  await expect({ NextToken: 'AAAA' }, 'InvalidArgumentException');
  world.nowMs += 300_001;
  await expect({ NextToken }, 'ExpiredNextTokenException');
});

test('another account describes a consumer by its ARN only', async () => {
  const world = new TestWorld();
  const { ConsumerARN } = await registered(world, 'c');
  const arn = 'arn:aws:iam::222222222222:user/reader';
  world.caller = { account: '222222222222', arn };
  await world.refuses(
    'DescribeStreamConsumer',
    { StreamARN: streamArn, ConsumerName: 'c' },
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: kinesis:DescribeStreamConsumer on resource: ` +
      ConsumerARN,
  );
  const { ConsumerDescription } = await world.call('DescribeStreamConsumer', { ConsumerARN });
  assert.equal((ConsumerDescription as Consumer).ConsumerName, 'c');
});
