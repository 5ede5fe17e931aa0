import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadLetterKey, keyTemplateProblem, objectKey } from './object-key.ts';

const parts = {
  channelName: 'orders-to-s3',
  channelId: 'abc',
  streamName: 'orders',
  shardId: 'shardId-000000000003',
  firstSequenceNumber: '1',
  lastSequenceNumber: '9',
  timeMs: Date.parse('2026-08-01T13:45:59.999Z'),
};
const name = 'abc-shardId-000000000003-1-9';

test('every key ends with the name that makes it one of a kind', () => {
  const cases: readonly (readonly [string | null, string])[] = [
    [null, 'orders/orders-to-s3/2026/08/01/13/'],
    ['raw', 'raw/'],
    ['raw/', 'raw/'],
    ['y={year}/m={month}/d={day}/{hour}{minute}', 'y=2026/m=08/d=01/1345/'],
    ['{channelId}/{shardId}/{streamName}', 'abc/shardId-000000000003/orders/'],
  ];
  for (const [template, folder] of cases) {
    assert.equal(objectKey(template, parts, '.jsonl.gz'), `${folder}${name}.jsonl.gz`);
  }
  const folder = 'errors/orders/orders-to-s3/2026/08/01/13/';
  assert.equal(deadLetterKey('errors/', parts), `${folder}${name}.jsonl`);
});

test('templates that cannot be filled in are found', () => {
  assert.equal(keyTemplateProblem('a/{year}', 'c'), null);
  assert.match(keyTemplateProblem('{toString}', 'c')!, /is not one of channelName/);
  assert.match(keyTemplateProblem('{}', 'c')!, /\{\} is not one of/);
  assert.match(keyTemplateProblem('{year', 'c')!, /brace/);
  assert.match(keyTemplateProblem('x'.repeat(900), 'c')!, /longer than 1024 bytes/);
});
