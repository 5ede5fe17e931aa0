import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewOf } from '../common/bytes.ts';
import { parseShardId, shardId, writeShardDigits } from './shard-id.ts';

test('ids have twelve digits and read back', () => {
  assert.equal(shardId(0), 'shardId-000000000000');
  assert.equal(shardId(2147483647), 'shardId-002147483647');
  for (const index of [0, 1, 99, 2147483647]) assert.equal(parseShardId(shardId(index)), index);
});

test('digits written into the id of shard 0 give the id', () => {
  for (const index of [0, 1, 10, 99, 123456, 2147483647]) {
    const bytes = Buffer.from(`<${shardId(0)}>`);
    writeShardDigits(viewOf(bytes), bytes.length - 1, index);
    assert.equal(bytes.toString(), `<${shardId(index)}>`);
  }
});

test('the part after the first hyphen counts, or all of it', () => {
  for (const text of ['shardId-0', 'shard-0', '0', 'x-0', 'shardId-00000000000000000000']) {
    assert.equal(parseShardId(text), 0, text);
  }
  assert.equal(parseShardId('a.b_c-12'), 12);
});

test('what is no index within 0 … 2147483647 is not read', () => {
  for (const text of [
    'shardId-',
    'shardId',
    '-1-2',
    'x-1a',
    'x-2147483648',
    '99999999999999',
    '.',
  ]) {
    assert.equal(parseShardId(text), null, text);
  }
});
