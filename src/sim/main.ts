/**
 * `npm run sim -- power-loss --seeds 1000 [--seed N] [--lives N]`: runs simulations and ends with
 * one line that counts what went wrong; exits 1 when anything did.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runPowerLoss } from './power-loss.ts';

const LIVES = 5;

async function powerLoss(first: number, seeds: number, lives: number): Promise<boolean> {
  const total = { acked: 0, lost: 0, corrupted: 0 };
  for (let seed = first; seed < first + seeds; seed += 1) {
    const result = await runPowerLoss(seed, { lives }).catch((error: unknown) => {
      console.error(`seed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
      return { acked: 0, lost: 0, corrupted: 1, findings: [], trace: '' };
    });
    total.acked += result.acked;
    total.lost += result.lost;
    total.corrupted += result.corrupted;
    if (result.lost + result.corrupted > 0) {
      console.error(`seed ${seed}, trace ${result.trace}:`);
      for (const finding of result.findings) {
        console.error(`  ${finding}`);
      }
      console.error(`  replay: npm run sim -- power-loss --seed ${seed} --lives ${lives}`);
    }
  }
  const { acked, lost, corrupted } = total;
  console.log(`seeds=${seeds} acked=${acked} lost=${lost} corrupted=${corrupted}`);
  return lost + corrupted === 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    lives: { type: 'string', default: String(LIVES) },
  },
});
if (positionals[0] !== 'power-loss') {
  console.error('usage: npm run sim -- power-loss [--seeds COUNT] [--seed FIRST] [--lives COUNT]');
  process.exit(2);
}
const good = await powerLoss(Number(values.seed ?? 1), Number(values.seeds), Number(values.lives));
process.exitCode = good ? 0 : 1;
