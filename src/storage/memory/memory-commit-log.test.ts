import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../../runtime/sim/random.ts';
import { LogFullError } from '../commit-log.ts';
import { commitLogSuite } from '../commit-log.suite.ts';
import { frameOf, section } from '../test-frames.suite.ts';
import { MemoryCommitLog } from './memory-commit-log.ts';

commitLogSuite('MemoryCommitLog', () => ({
  open: () => new MemoryCommitLog({ random: new SimRandom(1) }),
  durable: false,
  run: (work) => work(),
}));

test('MemoryCommitLog refuses more than its bytes until something is trimmed', async () => {
  const log = new MemoryCommitLog({ random: new SimRandom(1) }, { bytesMax: 2048 });
  const writer = await log.openWriter(1, 1);
  const append = (bytes: number): Promise<number> =>
    writer.append(frameOf(writer.chain, [section(1, 1, 1, bytes)]).parts);
  await append(1000);
  await assert.rejects(append(1000), LogFullError);
  writer.roll();
  const kept = await append(500);
  await log.trim(1, kept);
  await append(1000);
  assert.equal((await log.units(1)).length, 1);
});
