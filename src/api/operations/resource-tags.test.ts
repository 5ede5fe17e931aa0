import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

async function resources(): Promise<{ world: TestWorld; stream: string; consumer: string }> {
  const world = new TestWorld();
  const { arn } = await world.stream('s');
  const input = { StreamARN: arn, ConsumerName: 'c' };
  const answer = await world.call('RegisterStreamConsumer', input);
  const consumer = (answer['Consumer'] as { ConsumerARN: string }).ConsumerARN;
  return { world, stream: arn, consumer };
}

test('streams and consumers are tagged by ARN', async () => {
  const { world, stream, consumer } = await resources();
  for (const ResourceARN of [stream, consumer]) {
    assert.deepEqual(await world.call('TagResource', { ResourceARN, Tags: { b: '', a: '1' } }), {});
    assert.deepEqual(await world.call('ListTagsForResource', { ResourceARN }), {
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '' },
      ],
    });
    await world.call('UntagResource', { ResourceARN, TagKeys: ['a', 'none'] });
    const left = await world.call('ListTagsForResource', { ResourceARN });
    assert.deepEqual(left['Tags'], [{ Key: 'b', Value: '' }]);
    assert.deepEqual(world.accesses.at(-1), {
      action: 'kinesis:ListTagsForResource',
      target: { arn: ResourceARN, account: ACCOUNT },
    });
  }
});

test('resources that are not there', async () => {
  const { world, stream, consumer } = await resources();
  for (const ResourceARN of [
    `${stream}2`,
    consumer.replace(/\d+$/, '1'),
    `arn:aws:kinesis:eu-west-1:${ACCOUNT}:channel/none`,
  ]) {
    for (const [name, input] of [
      ['TagResource', { Tags: { a: '' } }],
      ['UntagResource', { TagKeys: ['a'] }],
      ['ListTagsForResource', {}],
    ] as const) {
      const failure = await world.failure(name, { ResourceARN, ...input });
      assert.equal(failure.__type, 'ResourceNotFoundException', `${name} ${ResourceARN}`);
    }
  }
});

test('an ARN of the right form that names nothing, and tags with odd characters', async () => {
  const { world, stream } = await resources();
  for (const input of [
    { ResourceARN: `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/a/b`, Tags: { a: '' } },
    { ResourceARN: stream, Tags: { 'a*': '' } },
    { ResourceARN: stream, Tags: { 'a%': '' } },
    { ResourceARN: stream, Tags: { 'AWS:a': '' } },
  ]) {
    const failure = await world.failure('TagResource', input);
    assert.equal(failure.__type, 'InvalidArgumentException');
  }
});
