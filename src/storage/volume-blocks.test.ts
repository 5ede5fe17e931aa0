import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PoisoningPool } from '../common/poisoning-pool.suite.ts';
import type { Section } from '../model/section.ts';
import { immediately, SimDisk } from '../runtime/sim/disk.ts';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { FrameHead } from './frame.ts';
import { LocalCommitLog } from './local/local-commit-log.ts';
import { section } from './test-frames.suite.ts';
import { Volume } from './volume.ts';

const MIB = 1024 * 1024;
const SHARDS = [1, 2, 3, 4];

class Machine {
  readonly #disk = new SimDisk({ random: new SimRandom(1), delay: immediately });
  readonly #clock = new Simulation(1).clock();
  #epoch = 0;
  log!: LocalCommitLog;

  async open(ringBytesMax: number): Promise<Volume> {
    this.#epoch += 1;
    const random = new SimRandom(this.#epoch);
    this.log = new LocalCommitLog(
      { disk: this.#disk, random },
      { directory: '/log', segmentBytes: 4 * MIB },
    );
    const deps = { log: this.log, disk: this.#disk, clock: this.#clock };
    return Volume.open(
      { ...deps, buffers: new PoisoningPool() },
      {
        volume: 1,
        epoch: this.#epoch,
        indexDirectory: '/index',
        ringBytesMax,
        frameBytesMax: MIB,
        overlapBytesMin: 64 * 1024,
        unitBytesMax: 4 * MIB,
        onDamage: ({ detail }) => assert.fail(detail),
      },
    );
  }

  /** How many frames lie in blocks, and were begun beside another; all payloads are intact. */
  async frames(): Promise<{ inBlocks: number; overlapping: number }> {
    const found = { inBlocks: 0, overlapping: 0 };
    for await (const entry of this.log.read(1, 0)) {
      assert.ok(entry.kind === 'frame');
      const head = FrameHead.parse(entry.frame);
      assert.ok(typeof head !== 'string' && head.payloadsIntact(entry.frame));
      if (head.payloadAt(0, head.headBytes) > head.headBytes) found.inBlocks += 1;
      if (head.durableBefore < head.number - 1) found.overlapping += 1;
    }
    return found;
  }
}

/** What is stored of each shard is what was appended to it. */
async function check(volume: Volume, appended: readonly Section[]): Promise<void> {
  for (const shard of SHARDS) {
    const expected = appended.filter((one) => one.shard === shard);
    const found: Section[] = [];
    for (let next = 1; found.length < expected.length;) {
      const run = await volume.read(shard, next, 10, MIB);
      assert.ok(!run.blocked && run.sections.length > 0);
      for (const one of run.sections) {
        found.push({ ...one, payload: one.payload.slice() });
        next = one.baseOrdinal + one.count;
      }
      run.release?.();
    }
    assert.deepEqual(found, expected);
  }
}

// A slab of the ring is an eighth of it, and what is larger than a quarter of one lies alone: runs
// end because slabs are full, because something large comes between, and at the end of a frame.
const bytes = fc.oneof(
  fc.integer({ min: 1, max: 2000 }),
  fc.integer({ min: 1, max: 30_000 }),
  fc.constantFrom(4096, 8192, 32_768, 200_000),
);
const round = fc.array(bytes, { minLength: 1, maxLength: 60 });
/** How many jobs pass before the next append, or that all before it are waited for. */
const pause = fc.constantFrom<'all' | number>(0, 2, 3, 4, 5, 'all');

test('large frames in blocks, small ones between, from memory and from the disk', async () => {
  const all = { inBlocks: 0, overlapping: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(round, pause), { minLength: 4, maxLength: 24 }),
      fc.constantFrom(0, MIB, 8 * MIB),
      async (rounds, ringBytesMax) => {
        const machine = new Machine();
        let volume = await machine.open(ringBytesMax);
        const next = new Map<number, number>();
        const appended: Section[] = [];
        let waiting: Promise<void>[] = [];
        for (const [sizes, jobs] of rounds) {
          const sections = sizes.map((size, index) => {
            const shard = SHARDS[index % SHARDS.length]!;
            const baseOrdinal = next.get(shard) ?? 1;
            next.set(shard, baseOrdinal + 1);
            return section(shard, baseOrdinal, 1, size);
          });
          appended.push(...sections);
          waiting.push(volume.append(sections));
          if (jobs === 'all') {
            await Promise.all(waiting);
            waiting = [];
          } else {
            for (let job = 0; job < jobs; job += 1) await Promise.resolve();
          }
        }
        await Promise.all(waiting);
        await check(volume, appended);
        const frames = await machine.frames();
        all.inBlocks += frames.inBlocks;
        all.overlapping += frames.overlapping;
        await volume.close();
        volume = await machine.open(ringBytesMax);
        await check(volume, appended);
        await volume.close();
      },
    ),
    { numRuns: 40 },
  );
  assert.ok(all.inBlocks > 0, 'no frame was large enough');
  assert.ok(all.overlapping > 0, 'no frame was begun beside another');
});
