import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runPowerLoss } from './power-loss.ts';

describe('a volume whose machine loses power', () => {
  test('has everything it acknowledged, over 30 seeds', async () => {
    let acked = 0;
    const reached = { rewritten: 0, merged: 0, dropped: 0 };
    for (let seed = 1; seed <= 30; seed += 1) {
      const result = await runPowerLoss(seed, { lives: 3 });
      assert.deepEqual(
        [result.lost, result.corrupted],
        [0, 0],
        `seed ${seed}: ${result.findings[0]}`,
      );
      acked += result.acked;
      reached.rewritten += result.units.rewritten;
      reached.merged += result.units.merged;
      reached.dropped += result.units.dropped;
    }
    assert.ok(acked > 30_000, `the workload stored ${acked} records only`);
    const counts = Object.values(reached);
    assert.ok(Math.min(...counts) > 5, `the workload hardly reached units: ${counts.join()}`);
  });

  test('runs the same way for the same seed', async () => {
    const [first, second] = [
      await runPowerLoss(7, { lives: 3 }),
      await runPowerLoss(7, { lives: 3 }),
    ];
    assert.deepEqual(first, second);
  });
});
