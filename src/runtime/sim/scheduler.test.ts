import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextTurn } from '../node/turn.ts';
import { Scheduler } from './scheduler.ts';

function scheduler(options: { readonly eventsMax?: number } = {}): Scheduler {
  return new Scheduler({ turn: nextTurn }, options);
}

test('runs by time, and what is due together in the order it came', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }),
      async (delays) => {
        const queue = scheduler();
        const ran: [number, number][] = [];
        delays.forEach((delayMs, index) =>
          queue.schedule(delayMs, () => ran.push([queue.nowMs, index])),
        );
        await queue.runUntilIdle();
        const expected = delays
          .map((delayMs, index): [number, number] => [delayMs, index])
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        assert.deepEqual(ran, expected);
      },
    ),
    { numRuns: 30 },
  );
});

test('leaves out what was cancelled, however much that is', async () => {
  const queue = scheduler();
  const ran: number[] = [];
  const timers = Array.from({ length: 1000 }, (_, index) =>
    queue.schedule((index * 37) % 1000, () => ran.push(queue.nowMs)),
  );
  timers.forEach((timer, index) => {
    if (index % 10 !== 0) {
      timer.cancel();
      timer.cancel();
    }
  });
  await queue.runUntilIdle();
  assert.equal(ran.length, 100);
  assert.deepEqual(
    ran,
    [...ran].sort((a, b) => a - b),
  );
  timers[0]?.cancel();
  assert.equal(queue.eventsRun, 100);
});

test('lets all promises settle between two events', async () => {
  const queue = scheduler();
  const seen: string[] = [];
  queue.schedule(1, () => {
    let work = Promise.resolve();
    for (let step = 0; step < 50; step += 1) {
      work = work.then(() => undefined);
    }
    work.then(() => seen.push('settled'), assert.ifError);
  });
  queue.schedule(1, () => seen.push('next'));
  await queue.runUntilIdle();
  assert.deepEqual(seen, ['settled', 'next']);
});

test('what promises schedule before the run begins is part of it', async () => {
  const queue = scheduler();
  let ran = false;
  Promise.resolve().then(() => queue.schedule(5, () => (ran = true)), assert.ifError);
  await queue.runUntilIdle();
  assert.ok(ran);
});

test('advance runs what is due and stops at the moment asked for', async () => {
  const queue = scheduler();
  const ran: number[] = [];
  for (const delayMs of [5, 10, 15]) {
    queue.schedule(delayMs, () => ran.push(delayMs));
  }
  await queue.advance(10);
  assert.deepEqual([ran, queue.nowMs], [[5, 10], 10]);
  await queue.advance(2);
  assert.deepEqual([ran, queue.nowMs], [[5, 10], 12]);
  await queue.advance(100);
  assert.deepEqual([ran, queue.nowMs], [[5, 10, 15], 112]);
});

test('background events run in their turn but keep nothing going', async () => {
  const queue = scheduler();
  let beats = 0;
  const beat = (): void => {
    beats += 1;
    queue.schedule(10, beat, true);
  };
  queue.schedule(10, beat, true);
  queue.schedule(35, () => undefined);
  await queue.runUntilIdle();
  assert.deepEqual([beats, queue.nowMs], [3, 35]);
});

test('runUntil stops as soon as its condition holds, or fails', async () => {
  const queue = scheduler();
  let count = 0;
  const tick = (): void => {
    count += 1;
    queue.schedule(1, tick);
  };
  tick();
  await queue.runUntil(() => count === 10);
  assert.equal(queue.nowMs, 9);
  await assert.rejects(
    queue.runUntil(() => count < 0, 50),
    /does not hold/,
  );
  assert.equal(count, 60);
  await assert.rejects(
    scheduler().runUntil(() => false),
    /does not hold/,
  );
});

test('drive gives the outcome of the work, good or bad', async () => {
  const queue = scheduler();
  const later = <T>(value: T): Promise<T> =>
    new Promise((resolve) => queue.schedule(10, () => resolve(value)));
  assert.equal(await queue.drive(later('done')), 'done');
  const failing = later(0).then(() => {
    throw new Error('failed');
  });
  await assert.rejects(queue.drive(failing), /failed/);
  await assert.rejects(queue.drive(new Promise(() => undefined)), /does not hold/);
});

test('a simulation that never comes to rest is stopped', async () => {
  const queue = scheduler({ eventsMax: 100 });
  const again = (): void => {
    queue.schedule(0, again);
  };
  again();
  await assert.rejects(queue.runUntilIdle(), /does not come to rest/);
  assert.equal(queue.eventsRun, 100);
});

test('runs one thing at a time', async () => {
  const queue = scheduler();
  queue.schedule(1, () => undefined);
  const first = queue.runUntilIdle();
  await assert.rejects(queue.runUntilIdle(), /running already/);
  await first;
});

test('an error of an event comes out of the run', async () => {
  const queue = scheduler();
  queue.schedule(1, () => {
    throw new Error('broken');
  });
  await assert.rejects(queue.runUntilIdle(), /broken/);
  await queue.runUntilIdle();
});

test('notes are part of the trace', async () => {
  const lines: string[] = [];
  const traced = new Scheduler({ turn: nextTurn }, { trace: (line) => lines.push(line) });
  const other = scheduler();
  traced.schedule(1.5, () => traced.note('here'));
  other.schedule(1.5, () => other.note('there'));
  await traced.runUntilIdle();
  await other.runUntilIdle();
  assert.deepEqual(lines, ['1.500 #1 here']);
  assert.notEqual(traced.traceHash, other.traceHash);
});
