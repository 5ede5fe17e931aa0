import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  channelArn,
  consumerArn,
  parseArn,
  parseConsumerArn,
  parseStreamArn,
  streamArn,
} from './arn.ts';

const account = '000000000000';

test('ARNs have the forms of the service and read back', () => {
  const stream = streamArn('eu-west-1', account, 'a.b-c_1');
  assert.equal(stream, 'arn:aws:kinesis:eu-west-1:000000000000:stream/a.b-c_1');
  assert.deepEqual(parseArn(stream), {
    kind: 'stream',
    region: 'eu-west-1',
    account,
    name: 'a.b-c_1',
  });
  const consumer = consumerArn(stream, 'app', 1_548_118_964);
  assert.equal(consumer, `${stream}/consumer/app:1548118964`);
  assert.deepEqual(parseConsumerArn(consumer), {
    kind: 'consumer',
    region: 'eu-west-1',
    account,
    name: 'a.b-c_1',
    consumer: 'app',
    createdSeconds: 1_548_118_964,
  });
  const channel = channelArn('eu-west-1', account, 'c-123');
  assert.equal(channel, 'arn:aws:kinesis:eu-west-1:000000000000:channel/c-123');
  assert.deepEqual(parseArn(channel), {
    kind: 'channel',
    region: 'eu-west-1',
    account,
    channelId: 'c-123',
  });
});

test('regions of other partitions keep theirs', () => {
  assert.match(streamArn('cn-north-1', account, 's'), /^arn:aws-cn:/);
  assert.match(streamArn('us-gov-west-1', account, 's'), /^arn:aws-us-gov:/);
});

test('one kind is not taken for another', () => {
  const stream = streamArn('us-east-1', account, 's');
  assert.equal(parseStreamArn(consumerArn(stream, 'c', 1)), null);
  assert.equal(parseConsumerArn(stream), null);
  for (const arn of [
    '',
    'arn:aws:kinesis:us-east-1:1:stream/s',
    'arn:aws:s3:us-east-1:000000000000:stream/s',
    `${stream}/consumer/c`,
    `${stream}/x`,
    `${stream}/consumer/c:1:2`,
  ]) {
    assert.equal(parseArn(arn), null, arn);
  }
});
