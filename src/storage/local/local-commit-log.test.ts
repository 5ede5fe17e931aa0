import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { NodeDisk } from '../../runtime/node/disk.ts';
import { immediately, SimDisk } from '../../runtime/sim/disk.ts';
import { SimRandom } from '../../runtime/sim/random.ts';
import { Simulation } from '../../runtime/sim/simulation.ts';
import type { CommitLogSubject } from '../commit-log.suite.ts';
import { commitLogSuite } from '../commit-log.suite.ts';
import { LocalCommitLog } from './local-commit-log.ts';

const segmentBytes = 64 * 1024;

commitLogSuite('LocalCommitLog on a SimDisk', () => {
  const random = new SimRandom(1);
  const disk = new SimDisk({ random, delay: immediately });
  return {
    open: () => new LocalCommitLog({ disk, random }, { directory: '/log', segmentBytes }),
    durable: true,
    run: (work) => work(),
  };
});

for (const seed of [1, 2]) {
  commitLogSuite(`LocalCommitLog on a SimDisk with latency, seed ${seed}`, () => slow(seed));
}

function slow(seed: number): CommitLogSubject {
  const simulation = new Simulation(seed);
  const { random } = simulation;
  const disk = simulation.disk('machine');
  return {
    open: () => new LocalCommitLog({ disk, random }, { directory: '/log', segmentBytes }),
    durable: true,
    run: (work) => simulation.scheduler.drive(work()),
  };
}

commitLogSuite('LocalCommitLog on the disk of this machine', () => {
  const directory = mkdtempSync(`${tmpdir()}/tailrace-log-`);
  const disk = new NodeDisk();
  const random = new SimRandom(1);
  return {
    open: () => new LocalCommitLog({ disk, random }, { directory, segmentBytes }),
    durable: true,
    run: async (work) => {
      try {
        await work();
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
});
