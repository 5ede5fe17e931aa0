import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RingBuffer } from './ring-buffer.ts';

test('behaves as a plain array with a bound', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('push') },
    { weight: 5, arbitrary: fc.constant('shift') },
    { weight: 1, arbitrary: fc.constant('clear') },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.array(step, { maxLength: 60 }),
      (bound, steps) => {
        const ring = new RingBuffer<number>(bound);
        const model: number[] = [];
        steps.forEach((action, n) => {
          if (action === 'push') {
            const fits = model.length < bound;
            if (fits) model.push(n);
            assert.equal(ring.push(n), fits);
          } else if (action === 'shift') {
            assert.equal(ring.shift(), model.shift());
          } else {
            ring.clear();
            model.length = 0;
          }
          assert.deepEqual([...ring], model);
          assert.equal(ring.size, model.length);
          assert.equal(ring.full, model.length === bound);
          assert.equal(ring.peek(), model[0]);
          assert.equal(ring.last(), model.at(-1));
          for (let i = 0; i <= bound; i++) assert.equal(ring.at(i), model[i]);
        });
      },
    ),
  );
});

test('refuses a useless capacity and changes while iterated', () => {
  for (const capacity of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new RingBuffer(capacity), /capacity/);
  }
  const ring = new RingBuffer<number>(3);
  ring.push(1);
  ring.push(2);
  assert.throws(() => {
    for (const item of ring) if (item === 1) ring.shift();
  }, /changed/);
});
