/**
 * `npm run sim -- power-loss`: runs simulations and ends with one line that counts what went wrong;
 * exits 1 when anything did.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runPowerLoss } from './power-loss.ts';

const USAGE = `usage: npm run sim -- power-loss [options]

  --seeds COUNT   how many seeds to run (1)
  --from SEED     the first of them (1); --seed is the same
  --lives COUNT   how often each machine comes back (5)
`;

interface Range {
  readonly from: number;
  readonly seeds: number;
  readonly lives: number;
}

async function powerLoss({ from, seeds, lives }: Range): Promise<boolean> {
  const total = { acked: 0, lost: 0, corrupted: 0, rewritten: 0, merged: 0, dropped: 0 };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = await runPowerLoss(seed, { lives }).catch((error: unknown) => {
      console.error(`seed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
      const units = { rewritten: 0, merged: 0, dropped: 0 };
      return { acked: 0, lost: 0, corrupted: 1, findings: [], units, trace: '' };
    });
    const { acked, lost, corrupted, units } = result;
    for (const [name, count] of Object.entries({ acked, lost, corrupted, ...units })) {
      total[name as keyof typeof total] += count;
    }
    if (lost + corrupted > 0) {
      console.error(`seed ${seed}, trace ${result.trace}:`);
      for (const finding of result.findings) {
        console.error(`  ${finding}`);
      }
      console.error(`  replay: npm run sim -- power-loss --seed ${seed} --lives ${lives}`);
    }
  }
  const { acked, lost, corrupted, rewritten, merged, dropped } = total;
  console.log(`units: ${rewritten} rewritten, ${merged} merged, ${dropped} dropped`);
  console.log(`seeds=${seeds} acked=${acked} lost=${lost} corrupted=${corrupted}`);
  return lost + corrupted === 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    lives: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});
const range: Range = {
  from: Number(values.seed ?? values.from ?? 1),
  seeds: Number(values.seeds),
  lives: Number(values.lives),
};
const numbers = Object.values(range).every((value) => Number.isSafeInteger(value) && value > 0);
if (values.help) {
  console.log(USAGE);
} else if (positionals[0] !== 'power-loss' || positionals.length > 1 || !numbers) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = (await powerLoss(range)) ? 0 : 1;
}
