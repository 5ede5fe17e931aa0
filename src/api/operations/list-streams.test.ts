import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestWorld } from '../test-world.suite.ts';

interface Answer {
  readonly StreamNames: readonly string[];
  readonly HasMoreStreams: boolean;
  readonly NextToken?: string;
  readonly StreamSummaries: readonly { readonly StreamName: string }[];
}

const list = async (world: TestWorld, input: object): Promise<Answer> =>
  (await world.call('ListStreams', input)) as unknown as Answer;

async function worldOf(count: number): Promise<TestWorld> {
  const world = new TestWorld();
  for (let i = 0; i < count; i++) await world.stream(`s${String(i).padStart(3, '0')}`);
  return world;
}

test('names come in order, with summaries beside them', async () => {
  const world = new TestWorld();
  for (const name of ['b', 'a', 'C']) await world.stream(name);
  const answer = await list(world, {});
  assert.deepEqual(answer.StreamNames, ['C', 'a', 'b']);
  assert.deepEqual(
    answer.StreamSummaries.map((summary) => summary.StreamName),
    ['C', 'a', 'b'],
  );
  assert.equal(answer.HasMoreStreams, false);
  assert.ok(!('NextToken' in answer));
  world.caller = { account: '999999999999', arn: 'x' };
  assert.deepEqual((await list(world, {})).StreamNames, []);
});

test('pages by token and by name, at most 100 each', async () => {
  const world = await worldOf(230);
  const names: string[] = [];
  let token: string | undefined;
  do {
    const page = await list(world, {
      Limit: 10000,
      // Paginators keep sending what they began with.
      ExclusiveStartStreamName: 's000',
      ...(token === undefined ? {} : { NextToken: token }),
    });
    assert.ok(page.StreamNames.length <= 100);
    assert.equal(page.HasMoreStreams, page.NextToken !== undefined);
    names.push(...page.StreamNames);
    token = page.NextToken;
  } while (token !== undefined);
  assert.equal(names.length, 229);
  assert.equal(new Set(names).size, 229);
  const between = await list(world, { ExclusiveStartStreamName: 's1', Limit: 1 });
  assert.deepEqual(between.StreamNames, ['s100']);
});

test('tokens are good for 300 seconds, and for this operation only', async () => {
  const world = await worldOf(2);
  const { NextToken } = await list(world, { Limit: 1 });
  world.nowMs += 300_000;
  assert.deepEqual((await list(world, { NextToken })).StreamNames, ['s001']);
  world.nowMs += 1;
  const old = await world.failure('ListStreams', { NextToken });
  assert.equal(old.__type, 'ExpiredNextTokenException');
  const other = await world.failure('ListShards', { NextToken });
  assert.equal(other.__type, 'InvalidArgumentException');
  const strange = await world.failure('ListStreams', { NextToken: 'AAAA' });
  assert.equal(strange.__type, 'InvalidArgumentException');
});
