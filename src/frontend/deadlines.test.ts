import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Clock } from '../runtime/clock.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { Deadlines } from './deadlines.ts';

describe('deadlines', () => {
  test('fire once, within two seconds after they have passed, unless they are moved', async () => {
    const simulation = new Simulation(1);
    const deadlines = new Deadlines(simulation.clock());
    const fired: string[] = [];
    const add = (name: string, delayMs: number) => {
      const entry = { deadlineMs: deadlines.in(delayMs), expire: () => fired.push(name) };
      deadlines.add(entry);
      return entry;
    };
    add('soon', 500);
    const moved = add('moved', 500);
    const removed = add('removed', 500);
    add('later', 5_000);
    await simulation.scheduler.advance(900);
    moved.deadlineMs = Infinity;
    deadlines.remove(removed);
    assert.deepEqual(fired, []);
    await simulation.scheduler.advance(1_600);
    assert.deepEqual(fired, ['soon']);
    await simulation.scheduler.advance(2_000);
    assert.deepEqual(fired, ['soon']);
    await simulation.scheduler.advance(10_000);
    assert.deepEqual(fired, ['soon', 'later']);
    assert.equal(deadlines.size, 1);
    deadlines.stop();
  });

  test('wait for what came while the process stood still', () => {
    let nowMs = 0;
    let sweep = (): void => undefined;
    const clock: Pick<Clock, 'monotonic' | 'every'> = {
      monotonic: () => nowMs,
      every: (_periodMs, run) => {
        sweep = run;
        return { cancel: () => undefined };
      },
    };
    const deadlines = new Deadlines(clock as Clock);
    let fired = 0;
    deadlines.add({ deadlineMs: deadlines.in(10_000), expire: () => fired++ });
    nowMs = 1_000;
    sweep();
    nowMs = 60_000;
    sweep();
    assert.equal(fired, 0, 'bytes that have come are still to be read');
    nowMs = 61_000;
    sweep();
    assert.equal(fired, 1);
  });
});
