import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshBuffers } from '../common/buffer-pool.ts';
import { equal } from '../common/bytes.ts';
import type { Section } from '../model/section.ts';
import { immediately, SimDisk } from '../runtime/sim/disk.ts';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { LocalCommitLog } from './local/local-commit-log.ts';
import { section } from './test-frames.suite.ts';
import { Volume } from './volume.ts';
import type { DamageReport } from './volume-store.ts';

const SHARDS = [1, 2, 3];
const MANY = Number.MAX_SAFE_INTEGER;
const UNIT_BYTES = 4 * 1024;
const FLIPS = 400;

interface Opened {
  readonly volume: Volume;
  readonly log: LocalCommitLog;
  readonly damage: DamageReport[];
}

async function open(disk: SimDisk, epoch: number): Promise<Opened> {
  const damage: DamageReport[] = [];
  const log = new LocalCommitLog(
    { disk, random: new SimRandom(1) },
    { directory: '/log', segmentBytes: UNIT_BYTES },
  );
  const volume = await Volume.open(
    { log, disk, buffers: freshBuffers, clock: new Simulation(1).clock() },
    {
      volume: 1,
      epoch,
      indexDirectory: '/index',
      unitBytesMax: UNIT_BYTES,
      ringBytesMax: 0,
      onDamage: (report) => damage.push(report),
    },
  );
  return { volume, log, damage };
}

/** A volume of several units; the last frame holds a section of every shard. */
async function written(disk: SimDisk): Promise<Section[]> {
  const { volume, log } = await open(disk, 1);
  const stored: Section[] = [];
  for (let index = 0; index < 40; index += 1) {
    const shards = index === 39 ? SHARDS : [SHARDS[index % 3] as number];
    const sections = shards.map((shard) =>
      section(shard, volume.bounds(shard).next, 5, 200 + index, 1000 + index),
    );
    await volume.append(sections);
    stored.push(...sections);
  }
  await volume.close();
  await log.close();
  return stored;
}

/** What of `stored` can still be read, each compared byte by byte. */
async function readable(volume: Volume, stored: readonly Section[]): Promise<Set<Section>> {
  const found = new Set<Section>();
  for (const one of stored) {
    const run = await volume.read(one.shard, one.baseOrdinal, 1, MANY);
    for (const read of run.sections) {
      const original = stored.find(
        (other) => other.shard === read.shard && other.baseOrdinal === read.baseOrdinal,
      );
      assert.ok(original !== undefined, `ordinal ${read.baseOrdinal} was never stored`);
      assert.ok(equal(read.payload, original.payload), 'other bytes than were stored');
      assert.deepEqual([read.count, read.arrivalMs], [original.count, original.arrivalMs]);
      found.add(original);
    }
    const first = run.sections[0];
    const skipped = first !== undefined && first.baseOrdinal > one.baseOrdinal && !run.blocked;
    assert.ok(!skipped, `ordinal ${one.baseOrdinal} was passed over in silence`);
  }
  return found;
}

async function copy(disk: SimDisk): Promise<SimDisk> {
  const other = new SimDisk({ random: new SimRandom(1), delay: immediately });
  await other.makeDirectory('/log/volume-0001');
  await other.makeDirectory('/index');
  for (const path of disk.paths()) {
    const file = await other.open(path, 'create');
    await file.write([disk.contentOf(path)], 0);
    await file.sync();
    await file.close();
  }
  return other;
}

describe('a volume with one flipped bit', () => {
  test('never serves other bytes, tells what is damaged, and never reuses an ordinal', async () => {
    const random = new SimRandom('flips');
    const disk = new SimDisk({ random, delay: immediately });
    const stored = await written(disk);
    const lastFrame = new Set(stored.slice(-3));
    const paths = disk.paths();
    const bytes = paths.map((path) => disk.contentOf(path).byteLength);
    const total = bytes.reduce((sum, one) => sum + one, 0);
    const outcomes = { whole: 0, reported: 0, tail: 0 };
    for (let round = 0; round < FLIPS; round += 1) {
      const damaged = await copy(disk);
      let offset = random.below(total);
      let index = 0;
      while (offset >= (bytes[index] as number)) {
        offset -= bytes[index] as number;
        index += 1;
      }
      const where = `${paths[index]} at ${offset}`;
      damaged.flipBit(paths[index] as string, offset);
      const { volume, log, damage } = await open(damaged, 2);
      const found = await readable(volume, stored);
      const missing = stored.filter((one) => !found.has(one));
      if (missing.length === 0) {
        outcomes.whole += 1;
      } else if (missing.every((one) => lastFrame.has(one)) && damage.length === 0) {
        // The last frame of all cannot be told from one that a crash tore before it was
        // acknowledged.
        outcomes.tail += 1;
      } else {
        assert.ok(damage.length > 0, `nothing reported: ${where}`);
        outcomes.reported += 1;
        for (const shard of SHARDS) {
          assert.ok(volume.bounds(shard).next >= 71, `${where} makes ordinals be reused`);
        }
      }
      const again = section(1, volume.bounds(1).next, 5, 100, 2000);
      await volume.append([again]);
      assert.deepEqual((await volume.read(1, again.baseOrdinal, 1, MANY)).sections, [again]);
      await volume.close();
      await log.close();
    }
    assert.ok(
      outcomes.reported > FLIPS / 4 && outcomes.whole > FLIPS / 20,
      JSON.stringify(outcomes),
    );
  });
});

describe('a volume with damage in the unit being written', () => {
  test('gives no ordinal again that the damaged frame may have given out', async () => {
    const disk = new SimDisk({ random: new SimRandom(1), delay: immediately });
    const first = await open(disk, 1);
    await first.volume.append([section(1, 1, 5, 100), section(2, 1, 5, 100)]);
    await first.volume.append([section(2, 6, 50, 100)]);
    await first.volume.append([section(1, 6, 5, 100)]);
    await first.volume.close();
    await first.log.close();
    const path = '/log/volume-0001/0000000001.seg';
    const second = Buffer.from(disk.contentOf(path)).indexOf('TRF1', 64 + 4);
    disk.flipBit(path, second + 30);
    for (let epoch = 2; epoch <= 4; epoch += 1) {
      const { volume, log } = await open(disk, epoch);
      const { next } = volume.bounds(2);
      assert.ok(next >= 56, `the next ordinal of shard 2 is ${next}`);
      assert.deepEqual(volume.bounds(1).next, 11 + (epoch - 2));
      assert.equal((await volume.read(2, 6, MANY, MANY)).blocked, true);
      assert.equal((await volume.read(1, 1, MANY, MANY)).blocked, false);
      await volume.append([section(1, volume.bounds(1).next, 1)]);
      await volume.close();
      await log.close();
    }
  });
});
