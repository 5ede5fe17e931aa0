import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../common/buffer-pool.ts';
import { idleBodies } from '../runtime/body-buffers.ts';
import { BodyBudget, BodyCollector } from './body-collector.ts';

function budgetOf(bytesMax: number): BodyBudget {
  const slots = new BufferPool({ idleBytesMax: 2 ** 20, bufferBytesMax: 2 ** 20 });
  return new BodyBudget(bytesMax, idleBodies(slots));
}

/** A body of `bytes` that was lent in two parts. */
function collected(budget: BodyBudget, bytes: Uint8Array): BodyCollector {
  const collector = new BodyCollector(budget, 2 ** 20, bytes.length);
  const half = bytes.length >> 1;
  assert.equal(collector.add(bytes.subarray(0, half), true), 'taken');
  assert.equal(collector.add(bytes.subarray(half), true), 'taken');
  return collector;
}

test('the buffer of a small body is used again once nobody looks at it any more', () => {
  const budget = budgetOf(2 ** 20);
  const first = collected(budget, Buffer.from('the first body'));
  const second = collected(budget, Buffer.from('the second body'));
  const { buffer } = first.take();
  assert.notEqual(second.take().buffer, buffer);
  first.release(true);
  first.release(true);
  const third = collected(budget, Buffer.from('the third'));
  assert.equal(third.take().buffer, buffer);
  assert.equal(Buffer.from(third.take()).toString(), 'the third');
  assert.equal(Buffer.from(second.take()).toString(), 'the second body');
  const fourth = collected(budget, Buffer.from('the fourth'));
  assert.notEqual(fourth.take().buffer, buffer, 'given back twice, lent once');
});

test('the buffer of a body that may still be looked at is not', () => {
  const budget = budgetOf(2 ** 20);
  const first = collected(budget, Buffer.from('the first body'));
  const { buffer } = first.take();
  first.release(false);
  assert.notEqual(collected(budget, Buffer.from('the second')).take().buffer, buffer);
});

test('bodies of all sizes hold what was sent, and no more than their bytes count', () => {
  const budget = budgetOf(2 ** 20);
  for (const length of [2, 100, 4095, 4096, 4097, 65_535, 65_536, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
    const collector = collected(budget, bytes);
    assert.deepEqual(Uint8Array.from(collector.take()), bytes);
    assert.equal(budget.bytes, length);
    collector.release(true);
    assert.equal(budget.bytes, 0);
  }
});
