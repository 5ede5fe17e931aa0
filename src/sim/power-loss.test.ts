import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runPowerLoss } from './power-loss.ts';

describe('a volume whose machine loses power', () => {
  test('has everything it acknowledged, over 50 seeds', async () => {
    let acked = 0;
    for (let seed = 1; seed <= 50; seed += 1) {
      const result = await runPowerLoss(seed, { lives: 3 });
      assert.deepEqual(
        [result.lost, result.corrupted],
        [0, 0],
        `seed ${seed}: ${result.findings[0]}`,
      );
      acked += result.acked;
    }
    assert.ok(acked > 50_000, `the workload stored ${acked} records only`);
  });

  test('runs the same way for the same seed', async () => {
    const [first, second] = [
      await runPowerLoss(7, { lives: 3 }),
      await runPowerLoss(7, { lives: 3 }),
    ];
    assert.deepEqual(first, second);
  });
});
