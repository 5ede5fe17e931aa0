import { test } from 'node:test';
import { ACCOUNT, TestWorld } from './test-world.suite.ts';

const arn = (name: string): string => `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/${name}`;
const invalid = 'InvalidArgumentException';

test('a stream is selected by name, by ARN, or by both if they agree', async () => {
  const world = new TestWorld();
  await world.stream('s');
  for (const selector of [
    { StreamName: 's' },
    { StreamARN: arn('s') },
    { StreamName: 's', StreamARN: arn('s') },
    { StreamName: 's', StreamId: 'abcdefghij0123456789-abc' },
  ]) {
    await world.call('DescribeStreamSummary', selector);
  }
  const name = 'DescribeStreamSummary';
  await world.refuses(name, {}, invalid, 'Either StreamName or StreamARN should be provided.');
  await world.refuses(
    name,
    { StreamName: 't', StreamARN: arn('s') },
    invalid,
    `StreamName t and StreamARN ${arn('s')} do not refer to the same stream.`,
  );
  const consumer = `${arn('s')}/consumer/c:1`;
  await world.refuses(name, { StreamARN: consumer }, invalid, `Invalid ARN: ${consumer}`);
});

test('a name means a stream of the caller, an ARN may mean that of another account', async () => {
  const world = new TestWorld();
  await world.stream('s');
  world.caller = { account: '999999999999', arn: 'arn:aws:iam::999999999999:root' };
  await world.call('DescribeStreamSummary', { StreamARN: arn('s') });
  await world.refuses(
    'DescribeStreamSummary',
    { StreamName: 's' },
    'ResourceNotFoundException',
    'Stream s under account 999999999999 not found.',
  );
});
