import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockSuite } from '../clock.suite.ts';
import { START_MS } from './clock.ts';
import { Simulation } from './simulation.ts';

clockSuite('SimClock', () => {
  const simulation = new Simulation(1);
  return {
    clock: simulation.clock(),
    run: (work) => simulation.scheduler.drive(work()),
  };
});

test('wall time starts where the options say', () => {
  assert.equal(new Simulation(1).clock().now(), START_MS);
  assert.equal(new Simulation(1).clock({ startMs: 7 }).now(), 7);
});

test('a step moves wall time only', async () => {
  const simulation = new Simulation(1);
  const clock = simulation.clock({ startMs: 5000 });
  let called = false;
  clock.after(100, () => (called = true));
  clock.stepWall(-3000);
  await simulation.scheduler.advance(99);
  assert.deepEqual([clock.now(), clock.monotonic(), called], [2099, 99, false]);
  clock.stepWall(1_000_000);
  await simulation.scheduler.advance(1);
  assert.deepEqual([clock.now(), clock.monotonic(), called], [1_002_100, 100, true]);
});

test('a halted clock calls nothing any more, and no other clock minds', async () => {
  const simulation = new Simulation(1);
  const [dead, alive] = [simulation.clock(), simulation.clock()];
  const called: string[] = [];
  dead.after(10, () => called.push('dead'));
  dead.every(10, () => called.push('dead'));
  alive.after(20, () => called.push('alive'));
  dead.halt();
  dead.soon(() => called.push('dead'));
  await simulation.scheduler.runUntilIdle();
  assert.deepEqual(called, ['alive']);
});
