import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const statement = { Effect: 'Allow', Principal: '*', Action: 'kinesis:*', Resource: '*' };
const Policy = ` ${JSON.stringify({ Version: '2012-10-17', Statement: [statement] })}`;

test('a policy comes back as it was put; without one there is an empty one', async () => {
  const world = new TestWorld();
  const stream = await world.stream('s');
  const registered = await world.control.registerConsumer(stream, 'c', {});
  for (const ResourceARN of [stream.arn, registered.arn]) {
    const get = async (): Promise<unknown> =>
      (await world.call('GetResourcePolicy', { ResourceARN }))['Policy'];
    assert.equal(await get(), '{}');
    assert.deepEqual(await world.call('PutResourcePolicy', { ResourceARN, Policy }), {});
    assert.equal(await get(), Policy);
    assert.deepEqual(await world.call('DeleteResourcePolicy', { ResourceARN }), {});
    assert.equal(await get(), '{}');
  }
});

test('texts that are no policy', async () => {
  const world = new TestWorld();
  const { arn } = await world.stream('s');
  const noPrincipal = JSON.stringify({ Statement: [{ ...statement, Principal: undefined }] });
  for (const text of ['', '{', 'null', '[]', '{}', '{"Statement":[1]}', noPrincipal]) {
    const failure = await world.failure('PutResourcePolicy', { ResourceARN: arn, Policy: text });
    assert.equal(failure.__type, 'InvalidArgumentException', text);
  }
});

test('only the owner changes the policy of a resource', async () => {
  const world = new TestWorld();
  const { arn } = await world.stream('s');
  const other = 'arn:aws:iam::999999999999:user/eve';
  world.caller = { account: '999999999999', arn: other };
  for (const [name, input] of [
    ['PutResourcePolicy', { Policy }],
    ['DeleteResourcePolicy', {}],
  ] as const) {
    await world.refuses(
      name,
      { ResourceARN: arn, ...input },
      'AccessDeniedException',
      `User: ${other} is not authorized to perform: kinesis:${name} on resource: ${arn}`,
    );
  }
  const missing = { ResourceARN: `${arn}2` };
  world.caller = { account: ACCOUNT, arn: 'x' };
  const failure = await world.failure('GetResourcePolicy', missing);
  assert.equal(failure.__type, 'ResourceNotFoundException');
});
