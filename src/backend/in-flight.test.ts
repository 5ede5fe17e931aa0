import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InFlight } from './in-flight.ts';

/** Whether a promise is resolved once all that is due has run. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  let isDone = false;
  void promise.then(() => {
    isDone = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return isDone;
}

test('waits for what has begun, not for what begins later', async () => {
  const calls = new InFlight();
  assert.ok(await isResolved(calls.ended()), 'nothing has begun');
  const first = calls.begin();
  const second = calls.begin();
  const ended = calls.ended();
  const third = calls.begin();
  first.end();
  assert.ok(!(await isResolved(ended)), 'the second goes on');
  second.end();
  assert.ok(await isResolved(ended));
  const later = calls.ended();
  assert.ok(!(await isResolved(later)), 'the third goes on');
  third.end();
  assert.ok(await isResolved(later));
});

test('waits for older ones that end after newer ones', async () => {
  const calls = new InFlight();
  const old = calls.begin();
  const forOld = calls.ended();
  const young = calls.begin();
  const forBoth = calls.ended();
  young.end();
  assert.ok(!(await isResolved(forBoth)), 'the old one goes on');
  old.end();
  assert.ok(await isResolved(forBoth));
  assert.ok(await isResolved(forOld));
});
