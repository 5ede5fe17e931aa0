import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Memo } from './memo.ts';

test('makes each result once, within its bounds', () => {
  const made: string[] = [];
  const make = (text: string): { text: string } => {
    made.push(text);
    if (text === 'bad') throw new Error('bad');
    return { text };
  };
  const memo = new Memo(make, { entriesMax: 2, textMax: 4 });
  assert.equal(memo.get('a'), memo.get('a'));
  assert.deepEqual(made, ['a']);
  assert.notEqual(memo.get('longer'), memo.get('longer'));
  assert.throws(() => memo.get('bad'));
  assert.throws(() => memo.get('bad'));
  assert.equal(memo.size, 1);
  memo.get('b');
  memo.get('c');
  assert.equal(memo.size, 1);
  assert.deepEqual(memo.get('a'), { text: 'a' });
  assert.equal(memo.size, 2);
});
