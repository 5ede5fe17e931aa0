import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Spread } from './spread.ts';

test('is wide while large calls go to nearly as many shards as they have records', () => {
  const spread = new Spread();
  assert.equal(spread.isWide, false);
  for (let i = 0; i < 32; i++) spread.note(500, 490);
  assert.equal(spread.isWide, true);
  spread.note(500, 8);
  assert.equal(spread.isWide, true, 'one call of another stream changes nothing');
  for (let i = 0; i < 32; i++) spread.note(500, 100);
  assert.equal(spread.isWide, false);
});

test('calls of a few records say nothing', () => {
  const spread = new Spread();
  for (let i = 0; i < 1000; i++) spread.note(1, 1);
  assert.equal(spread.isWide, false);
});
