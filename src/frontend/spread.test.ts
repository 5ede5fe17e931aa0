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

test('takes records one by one where most are alone, but has a call grouped now and then', () => {
  const spread = new Spread();
  const takes = (shards = 1000): number => {
    let taken = 0;
    for (let i = 0; i < 800; i++) if (spread.takesEach(500, shards)) taken++;
    return taken;
  };
  for (let i = 0; i < 32; i++) spread.note(500, 300);
  assert.equal(takes(), 0);
  for (let i = 0; i < 32; i++) spread.note(500, 400);
  assert.equal(takes(), 700);
  assert.equal(spread.takesEach(10, 1000), false, 'a small call costs little either way');
  assert.equal(takes(499), 0, 'another stream has fewer shards than records');
  for (let i = 0; i < 8; i++) spread.note(500, 1);
  assert.equal(takes(), 0);
});

test('calls of a few records say nothing', () => {
  const spread = new Spread();
  for (let i = 0; i < 1000; i++) spread.note(1, 1);
  assert.equal(spread.isWide, false);
});
