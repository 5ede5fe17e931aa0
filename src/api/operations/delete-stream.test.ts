import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

test('the stream is named and consumers are spared unless told otherwise', async () => {
  const world = new TestWorld();
  assert.deepEqual(await world.call('DeleteStream', { StreamName: 's' }), {});
  const arn = 'arn:aws:kinesis:eu-west-1:999999999999:stream/t';
  await world.call('DeleteStream', { StreamARN: arn, EnforceConsumerDeletion: true });
  assert.deepEqual(world.control.commands, [
    ['deleteStream', ACCOUNT, 's', false],
    ['deleteStream', '999999999999', 't', true],
  ]);
  assert.deepEqual(world.accesses.at(-1), {
    action: 'kinesis:DeleteStream',
    target: { arn, account: '999999999999' },
  });
});
