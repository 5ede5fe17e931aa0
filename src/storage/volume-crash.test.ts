/**
 * What a volume shows after a start must be what the next start shows as well, whatever of the
 * first one's directory changes the disk had made durable.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshBuffers } from '../common/buffer-pool.ts';
import type { Section } from '../model/section.ts';
import type { Disk } from '../runtime/disk.ts';
import { DiskError } from '../runtime/disk.ts';
import { immediately, SimDisk } from '../runtime/sim/disk.ts';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { EngineUnavailableError } from './commit-log.ts';
import { LocalCommitLog } from './local/local-commit-log.ts';
import { fill } from './test-volume.suite.ts';
import { Volume } from './volume.ts';

const UNIT_BYTES = 8 * 1024;
const MANY = Number.MAX_SAFE_INTEGER;
/** Each loses another part of what was not synced. */
const SEEDS = 16;

/** A machine with one volume; every `open` is a new process. */
class Machine {
  readonly disk: SimDisk;
  readonly damage: string[] = [];
  #epoch = 0;

  constructor(seed: number) {
    this.disk = new SimDisk({ random: new SimRandom(seed), delay: immediately });
  }

  async open(disk: Disk = this.disk.session()): Promise<Volume> {
    this.#epoch += 1;
    const log = new LocalCommitLog(
      { disk, random: new SimRandom(1) },
      { directory: '/log', segmentBytes: UNIT_BYTES },
    );
    return Volume.open(
      { log, disk, buffers: freshBuffers, clock: new Simulation(1).clock() },
      {
        volume: 1,
        epoch: this.#epoch,
        indexDirectory: '/index',
        unitBytesMax: UNIT_BYTES,
        ringBytesMax: 0,
        onDamage: ({ detail }) => this.damage.push(detail),
      },
    );
  }

  /** A process in which `act` runs before each sync of a directory that a rename has changed. */
  beforeSyncOfRename(directory: string, act: () => void): Disk {
    const session = this.disk.session();
    let renamed = false;
    return {
      room: (bytes) => session.room(bytes),
      open: (...args) => session.open(...args),
      makeDirectory: (...args) => session.makeDirectory(...args),
      list: (...args) => session.list(...args),
      remove: (...args) => session.remove(...args),
      space: (...args) => session.space(...args),
      lock: (...args) => session.lock(...args),
      rename: async (from, to) => {
        await session.rename(from, to);
        renamed ||= to.startsWith(`${directory}/`);
      },
      syncDirectory: (synced) => {
        if (renamed && synced === directory) {
          renamed = false;
          act();
        }
        return session.syncDirectory(synced);
      },
    };
  }
}

async function readAll(volume: Volume, shard: number): Promise<Section[]> {
  const run = await volume.read(shard, 0, MANY, MANY);
  assert.equal(run.blocked, false);
  return [...run.sections];
}

describe('a volume whose catalog has no durable name yet', () => {
  for (const how of ['died before the sync', 'saw the sync fail']) {
    test(`is as it was at its start, where the process before ${how}`, async () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const machine = new Machine(seed);
        const { disk } = machine;
        const filled = await machine.open();
        await fill(filled, [1, 2], 40);
        await filled.close();
        const dies = how === 'died before the sync';
        let armed = false;
        const process = machine.beforeSyncOfRename('/index', () => {
          if (armed && dies) {
            disk.kill();
          } else if (armed) {
            disk.fail('syncDirectory', '/index');
          }
        });
        const before = await machine.open(process);
        armed = true;
        await assert.rejects(
          before.retain(() => 1020),
          DiskError,
        );
        disk.kill();
        const started = await machine.open();
        const { oldest } = started.bounds(1);
        assert.ok(oldest > 1);
        const stored = await readAll(started, 1);
        disk.powerLoss();
        const again = await machine.open();
        assert.equal(again.bounds(1).oldest, oldest, `seed ${seed}`);
        assert.deepEqual(await readAll(again, 1), stored);
        assert.deepEqual(machine.damage, [], `seed ${seed}`);
      }
    });
  }
});

describe('a volume whose merged unit has no durable name', () => {
  test('keeps the units it was made of', async () => {
    const shards = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const horizon = (shard: number): number => (shard === 3 ? 0 : Infinity);
    // The sync after another rewrite fails each time; some of them are merges.
    for (let failing = 1; failing <= 24; failing += 1) {
      const machine = new Machine(failing);
      const { disk } = machine;
      let rewrites = -1;
      const process = machine.beforeSyncOfRename('/log/volume-0001', () => {
        rewrites += 1;
        if (rewrites === failing) {
          disk.fail('syncDirectory', '/log/volume-0001');
        }
      });
      const volume = await machine.open(process);
      const expected = (await fill(volume, shards, 15)).filter((one) => one.shard === 3);
      for (let pass = 0; pass < 6; pass += 1) {
        await volume.retain(horizon).catch((error: unknown) => {
          assert.ok(error instanceof EngineUnavailableError);
        });
      }
      assert.deepEqual(await readAll(volume, 3), expected);
      if (rewrites >= failing) {
        await assert.rejects(fill(volume, [3], 1), EngineUnavailableError);
      }
      disk.powerLoss();
      const again = await machine.open();
      assert.deepEqual(await readAll(again, 3), expected, `rewrite ${failing}`);
      assert.deepEqual(machine.damage, [], `rewrite ${failing}`);
    }
  });
});
