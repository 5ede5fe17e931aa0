import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const created = async (input: object): Promise<unknown> => {
  const world = new TestWorld();
  assert.deepEqual(await world.call('CreateStream', input), {});
  return world.control.commands[0]?.[1];
};
const command = {
  account: ACCOUNT,
  name: 's',
  mode: 'PROVISIONED',
  shardCount: 3,
  tags: {},
  warmThroughputMiBps: null,
  maxRecordSizeKiB: 1024,
  distribution: 'USER_PARTITION_KEY',
};

test('the mode follows from what is given', async () => {
  assert.deepEqual(await created({ StreamName: 's', ShardCount: 3 }), command);
  const onDemand = { ...command, mode: 'ON_DEMAND', shardCount: 4 };
  assert.deepEqual(await created({ StreamName: 's' }), onDemand);
  assert.deepEqual(
    await created({
      StreamName: 's',
      ShardCount: 3,
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      RecordDistributionStrategy: 'AUTO',
      MaxRecordSizeInKiB: 2048,
      WarmThroughputMiBps: 10,
      Tags: { a: 'b' },
    }),
    {
      ...onDemand,
      shardCount: 10,
      distribution: 'AUTO',
      maxRecordSizeKiB: 2048,
      warmThroughputMiBps: 10,
      tags: { a: 'b' },
    },
  );
});

test('settings that do not go with the mode', async () => {
  const world = new TestWorld();
  const provisioned = { StreamName: 's', StreamModeDetails: { StreamMode: 'PROVISIONED' } };
  assert.equal((await world.failure('CreateStream', provisioned)).__type, 'ValidationException');
  for (const [extra, type] of [
    [{ WarmThroughputMiBps: 1 }, 'ValidationException'],
    [{ RecordDistributionStrategy: 'AUTO' }, 'InvalidArgumentException'],
  ] as const) {
    const failure = await world.failure('CreateStream', {
      ...provisioned,
      ShardCount: 1,
      ...extra,
    });
    assert.equal(failure.__type, type);
  }
  const warm = await world.failure('CreateStream', { StreamName: 's', WarmThroughputMiBps: 10241 });
  assert.equal(warm.__type, 'ValidationException');
  assert.deepEqual(world.control.commands, []);
});

test('tags need their own permission and must be well-formed', async () => {
  const world = new TestWorld();
  await world.call('CreateStream', { StreamName: 's', Tags: { 'a:/=+-@ é1': '' } });
  assert.deepEqual(
    world.accesses.map(({ action, target }) => [action, target?.arn]),
    [
      ['kinesis:CreateStream', `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`],
      ['kinesis:AddTagsToStream', `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`],
    ],
  );
  await world.refuses(
    'CreateStream',
    { StreamName: 't', Tags: { a: '*' } },
    'InvalidArgumentException',
    'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white ' +
      'space, _ . / = + - % @.',
  );
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, '']));
  await world.refuses(
    'CreateStream',
    { StreamName: 't', Tags: many },
    'InvalidArgumentException',
    `Failed to add tags to stream t under account ${ACCOUNT} because a given stream cannot have ` +
      `more than 50 tags associated with it.`,
  );
});
