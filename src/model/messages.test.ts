import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  inUse,
  invalidPosition,
  invalidReshard,
  iteratorExpired,
  limitExceeded,
  notFound,
  throughputExceeded,
} from './messages.ts';

const stream = { name: 's', account: '000000000000' };

test('texts that tools match are to the letter', () => {
  assert.equal(notFound.stream(stream), 'Stream s under account 000000000000 not found.');
  assert.equal(
    notFound.shard(5, stream),
    'Shard shardId-000000000005 in stream s under account 000000000000 does not exist',
  );
  assert.match(limitExceeded.rate(stream), /^Rate exceeded for stream s/);
  assert.match(limitExceeded.streamsInTransition(5), /simultaneously be in CREATING or DELETING/);
  assert.equal(
    throughputExceeded.shard(0, stream),
    'Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.',
  );
  assert.equal(inUse.hasConsumers(stream).charCodeAt('DeleteStream can'.length), 0x2019);
  assert.equal(
    invalidReshard.notAdjacent(0, 1, stream),
    'Shards shardId-000000000000 and shardId-000000000001 in stream s under account ' +
      '000000000000 are not an adjacent pair of shards eligible for merging',
  );
  assert.equal(
    invalidPosition.numberMissing('AT_SEQUENCE_NUMBER'),
    'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ' +
      'StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ' +
      'Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.',
  );
});

test('instants of an expired iterator are printed in UTC', () => {
  assert.equal(
    iteratorExpired(Date.parse('2015-12-10T01:59:39Z'), Date.parse('2015-12-10T02:06:15Z'), 300000),
    'Iterator expired. The iterator was created at time Thu Dec 10 01:59:39 UTC 2015 while ' +
      'right now it is Thu Dec 10 02:06:15 UTC 2015 which is further in the future than the ' +
      'tolerated delay of 300000 milliseconds.',
  );
});
