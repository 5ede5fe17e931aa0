/**
 * Payloads of reads are lent: what a reader has not given back must stay as it is, whatever is read
 * and appended beside it, and however often buffers are used again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PoisoningPool } from '../common/poisoning-pool.suite.ts';
import type { Section } from '../model/section.ts';
import { immediately, SimDisk } from '../runtime/sim/disk.ts';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { LocalCommitLog } from './local/local-commit-log.ts';
import { MemoryCommitLog } from './memory/memory-commit-log.ts';
import { section } from './test-frames.suite.ts';
import type { SectionRun } from './volume-store.ts';
import { Volume } from './volume.ts';

const UNIT_BYTES = 128 * 1024;
const SHARDS = 3;
const ROUNDS = 120;
const READERS = 8;
/** Sections that a reader holds on to before it gives the oldest back. */
const HELD_MAX = 4;

async function open(kind: string, buffers: PoisoningPool, ringBytesMax: number): Promise<Volume> {
  const disk = new SimDisk({ random: new SimRandom(1), delay: immediately });
  const random = new SimRandom(2);
  const log =
    kind === 'memory'
      ? new MemoryCommitLog({ random })
      : new LocalCommitLog({ disk, random }, { directory: '/log', segmentBytes: UNIT_BYTES });
  const clock = new Simulation(1).clock();
  return Volume.open(
    { log, buffers, clock, disk: kind === 'memory' ? null : disk },
    { volume: 1, epoch: 1, indexDirectory: '/index', unitBytesMax: UNIT_BYTES, ringBytesMax },
  );
}

function matches(run: SectionRun, stored: ReadonlyMap<number, Section>): void {
  for (const one of run.sections) {
    const wanted = stored.get(one.baseOrdinal);
    assert.ok(wanted !== undefined && one.count === wanted.count);
    assert.ok(Buffer.compare(one.payload, wanted.payload) === 0, 'a payload changed in our hands');
  }
}

for (const kind of ['memory', 'local']) {
  for (const ringBytesMax of [0, 20_000, 200_000]) {
    test(`what is read stays until it is given back: ${kind}, ${ringBytesMax} bytes`, async () => {
      const buffers = new PoisoningPool();
      const volume = await open(kind, buffers, ringBytesMax);
      const random = new SimRandom(3);
      const stored = Array.from({ length: SHARDS }, () => new Map<number, Section>());
      let writing = true;
      const write = async (): Promise<void> => {
        for (let round = 0; round < ROUNDS; round++) {
          const sections = stored.map((known, shard) => {
            const { next } = volume.bounds(shard + 1);
            // Of one's own, for what is appended is the volume's from then on.
            const bytes = 100 + random.below(4000);
            known.set(next, section(shard + 1, next, 5, bytes));
            return section(shard + 1, next, 5, bytes);
          });
          await volume.append(sections);
        }
        writing = false;
      };
      const read = async (): Promise<void> => {
        const held: { run: SectionRun; known: ReadonlyMap<number, Section> }[] = [];
        while (writing) {
          const shard = random.below(SHARDS);
          const from = 1 + random.below(volume.bounds(shard + 1).next);
          const run = await volume.read(shard + 1, from, 1 + random.below(100), 50_000);
          held.push({ run, known: stored[shard]! });
          for (const one of held) matches(one.run, one.known);
          if (held.length < HELD_MAX) continue;
          const [oldest] = held.splice(random.below(HELD_MAX), 1);
          if (random.below(4) > 0) oldest!.run.release?.();
          if (random.below(4) > 0) oldest!.run.release?.();
        }
      };
      await Promise.all([write(), ...Array.from({ length: READERS }, read)]);
      if (ringBytesMax < 200_000) assert.ok(buffers.given > 0, 'buffers were used again');
      await volume.close();
    });
  }
}
