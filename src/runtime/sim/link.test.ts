import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkSuite } from '../link.suite.ts';
import { simLink } from './link.ts';
import { Simulation } from './simulation.ts';

for (const delayMsMax of [0, 50]) {
  linkSuite(`a simulated link with delays of up to ${delayMsMax} ms`, () => {
    const { scheduler, random } = new Simulation(1);
    const { left, right } = simLink({ scheduler, random }, { delayMsMax });
    return { left, right, run: (work) => scheduler.drive(work()) };
  });
}

test('what is on its way when the link breaks is lost, and both ends are told', async () => {
  const { scheduler, random } = new Simulation(1);
  const link = simLink({ scheduler, random }, { delayMsMax: 100 });
  const closed: string[] = [];
  link.left.onClose(() => closed.push('left'));
  link.right.onClose(() => closed.push('right'));
  let received = 0;
  link.right.onMessage(() => received++);
  await scheduler.drive(
    (async () => {
      link.left.send([Uint8Array.of(1)]);
      link.break();
      await Promise.resolve();
    })(),
  );
  await scheduler.runUntilIdle();
  assert.equal(received, 0);
  assert.deepEqual(closed.sort(), ['left', 'right']);
});
