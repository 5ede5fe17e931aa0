import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PoisoningPool } from '../common/poisoning-pool.suite.ts';
import type { Section } from '../model/section.ts';
import type { Clock } from '../runtime/clock.ts';
import { DiskError } from '../runtime/disk.ts';
import { immediately, SimDisk } from '../runtime/sim/disk.ts';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import type { CommitLog } from './commit-log.ts';
import { EngineUnavailableError, FencedError, LogFullError } from './commit-log.ts';
import { LocalCommitLog } from './local/local-commit-log.ts';
import { MemoryCommitLog } from './memory/memory-commit-log.ts';
import { section } from './test-frames.suite.ts';
import { fill } from './test-volume.suite.ts';
import type { VolumeOptions } from './volume.ts';
import { Volume } from './volume.ts';
import type { DamageReport, SectionRun } from './volume-store.ts';
import { VolumeBusyError } from './volume-store.ts';

const UNIT_BYTES = 8 * 1024;
const MANY = Number.MAX_SAFE_INTEGER;

/** An engine with a volume on it that can be closed and opened again. */
class Bench {
  readonly disk: SimDisk = new SimDisk({ random: new SimRandom(1), delay: immediately });
  readonly damage: DamageReport[] = [];
  readonly simulation: Simulation = new Simulation(1);
  readonly clock: Clock = this.simulation.clock();
  readonly buffers: PoisoningPool = new PoisoningPool();
  readonly #kind: 'memory' | 'local';
  #log: CommitLog;
  #epoch = 0;

  constructor(kind: 'memory' | 'local') {
    this.#kind = kind;
    this.#log = this.#newLog();
  }

  /** Number of segment files. */
  get segments(): number {
    return this.disk.paths().filter((path) => path.endsWith('.seg')).length;
  }

  async open(options: Partial<VolumeOptions> = {}): Promise<Volume> {
    this.#epoch += 1;
    const disk = this.#kind === 'local' ? this.disk : null;
    return Volume.open(
      { log: this.#log, disk, clock: this.clock, buffers: this.buffers },
      {
        volume: 1,
        epoch: this.#epoch,
        indexDirectory: '/index',
        unitBytesMax: UNIT_BYTES,
        ringBytesMax: 0,
        onDamage: (report) => this.damage.push(report),
        ...options,
      },
    );
  }

  /** Closes and opens again, as a restart of the process does. */
  async reopen(volume: Volume, options: Partial<VolumeOptions> = {}): Promise<Volume> {
    await volume.close();
    if (this.#kind === 'local') {
      await this.#log.close();
      this.#log = this.#newLog();
    }
    return this.open(options);
  }

  #newLog(): CommitLog {
    const random = new SimRandom(this.#epoch);
    return this.#kind === 'memory'
      ? new MemoryCommitLog({ random })
      : new LocalCommitLog(
          { disk: this.disk, random },
          { directory: '/log', segmentBytes: UNIT_BYTES },
        );
  }
}

async function readAll(volume: Volume, shard: number, from: number = 0): Promise<Section[]> {
  const all: Section[] = [];
  let cursor = from;
  for (;;) {
    const run: SectionRun = await volume.read(shard, cursor, 25, MANY);
    assert.equal(run.blocked, false);
    if (run.sections.length === 0) {
      return all;
    }
    all.push(...run.sections);
    const last = run.sections.at(-1) as Section;
    cursor = last.baseOrdinal + last.count;
  }
}

for (const kind of ['memory', 'local'] as const) {
  describe(`a volume on the ${kind} log`, () => {
    storing(kind);
    seeking(kind);
    retaining(kind);
    forgetting(kind);
    rewriting(kind);
    committing(kind);
    ending(kind);
  });
}

function storing(kind: 'memory' | 'local'): void {
  for (const ringBytesMax of [0, 4096, 1024 * 1024]) {
    test(`gives back what was appended, ${ringBytesMax} bytes in the ring`, async () => {
      const bench = new Bench(kind);
      let volume = await bench.open({ ringBytesMax });
      const stored = await fill(volume, [1, 2, 3], 40);
      for (let round = 0; round < 3; round += 1) {
        for (const shard of [1, 2, 3]) {
          const expected = stored.filter((one) => one.shard === shard);
          assert.deepEqual(await readAll(volume, shard), expected);
          assert.deepEqual(await readAll(volume, shard, 215), expected.slice(21));
        }
        assert.deepEqual(volume.bounds(1), { oldest: 1, next: 401, lastArrivalMs: 1039 });
        volume = await bench.reopen(volume, { ringBytesMax });
      }
      assert.deepEqual(bench.damage, []);
    });
  }

  test('stops at the records and bytes asked for, and gives one section at least', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open({ ringBytesMax: 3000 });
    await fill(volume, [1], 40);
    for (const from of [1, 5, 200, 390]) {
      assert.equal((await volume.read(1, from, 1, MANY)).sections.length, 1);
      assert.equal((await volume.read(1, from, MANY, 1)).sections.length, 1);
    }
    assert.equal((await volume.read(1, 1, 10, MANY)).sections.length, 1);
    assert.equal((await volume.read(1, 2, 10, MANY)).sections.length, 2);
    assert.equal((await volume.read(1, 1, MANY, 500)).sections.length, 1);
    assert.equal((await volume.read(1, 1, MANY, 501)).sections.length, 2);
    assert.equal((await volume.read(1, 1, MANY, MANY)).sections.length, 40);
    assert.equal((await volume.read(1, 401, MANY, MANY)).sections.length, 0);
    assert.equal((await volume.read(9, 1, MANY, MANY)).sections.length, 0);
  });

  test('reads the tail without waiting', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open({ ringBytesMax: 100_000 });
    const stored = await fill(volume, [1], 5);
    const run = volume.read(1, 31, MANY, MANY);
    assert.ok(!(run instanceof Promise));
    assert.deepEqual(run.sections, stored.slice(3));
    assert.deepEqual(run.sections[0]?.payload, stored[3]?.payload);
  });

  test('allows gaps between ordinals, and none to go back', async () => {
    const bench = new Bench(kind);
    let volume = await bench.open();
    await volume.append([section(1, 1, 10), section(1, 50, 5)]);
    await assert.rejects(async () => volume.append([section(1, 54)]), /rise/);
    assert.deepEqual((await readAll(volume, 1)).length, 2);
    for (const from of [11, 30, 50, 54]) {
      assert.equal((await volume.read(1, from, MANY, MANY)).sections[0]?.baseOrdinal, 50);
    }
    volume = await bench.reopen(volume);
    assert.equal(volume.bounds(1).next, 55);
    assert.equal((await volume.read(1, 11, MANY, MANY)).sections[0]?.baseOrdinal, 50);
  });
}

function seeking(kind: 'memory' | 'local'): void {
  for (const ringBytesMax of [0, 5000]) {
    test(`finds records by arrival, ${ringBytesMax} bytes in the ring`, async () => {
      const bench = new Bench(kind);
      let volume = await bench.open({ ringBytesMax });
      const stored = await fill(volume, [1, 2], 40);
      await volume.append([section(3, 1, 5, 50, 2000)]);
      for (let round = 0; round < 2; round += 1) {
        for (const one of stored) {
          assert.equal(await volume.seekTime(one.shard, one.arrivalMs), one.baseOrdinal);
        }
        assert.equal(await volume.seekTime(1, 0), 1);
        assert.equal(await volume.seekTime(1, 1040), 401);
        assert.equal(await volume.seekTime(3, 1999), 1);
        assert.equal(await volume.seekTime(3, 2001), 6);
        volume = await bench.reopen(volume, { ringBytesMax });
      }
    });
  }
}

function forgetting(kind: 'memory' | 'local'): void {
  test('keeps shards apart that come when others have gone', async () => {
    for (const ringBytesMax of [0, 1024 * 1024]) {
      const bench = new Bench(kind);
      let volume = await bench.open({ ringBytesMax });
      const stored = await fill(volume, [1, 2, 3], 20);
      await volume.retain((shard) => (shard === 2 ? 0 : Infinity));
      assert.deepEqual(volume.bounds(3), { oldest: 1, next: 1, lastArrivalMs: 0 });
      stored.push(...(await fill(volume, [4], 20)), ...(await fill(volume, [2, 5, 6], 20)));
      for (let round = 0; round < 2; round += 1) {
        for (const shard of [2, 4, 5, 6]) {
          const expected = stored.filter((one) => one.shard === shard);
          assert.deepEqual(await readAll(volume, shard), expected);
          assert.equal(volume.bounds(shard).next, shard === 2 ? 401 : 201);
        }
        volume = await bench.reopen(volume, { ringBytesMax });
      }
      assert.deepEqual(bench.damage, []);
    }
  });
}

function retaining(kind: 'memory' | 'local'): void {
  test('drops what every shard is done with, and never an ordinal', async () => {
    const bench = new Bench(kind);
    let volume = await bench.open();
    const stored = await fill(volume, [1, 2], 40);
    await volume.retain(() => 1020);
    for (let round = 0; round < 2; round += 1) {
      const { oldest, next } = volume.bounds(1);
      assert.ok(oldest > 1 && oldest <= 201, `oldest is ${oldest}`);
      assert.equal(next, 401);
      const kept = stored.filter((one) => one.shard === 1 && one.baseOrdinal >= oldest);
      assert.deepEqual(await readAll(volume, 1), kept);
      assert.ok((await volume.seekTime(1, 0)) >= oldest);
      volume = await bench.reopen(volume);
    }
    await volume.retain(() => Infinity);
    volume = await bench.reopen(volume);
    assert.deepEqual(bench.damage, []);
  });

  test('drops the unit being written as well when nothing in it is needed', async () => {
    const bench = new Bench(kind);
    let volume = await bench.open();
    await fill(volume, [1], 3);
    await volume.retain(() => 5000);
    await volume.retain(() => 5000);
    volume = await bench.reopen(volume);
    assert.deepEqual(volume.bounds(1), { oldest: 31, next: 31, lastArrivalMs: 1002 });
    assert.ok(!bench.disk.paths().includes('/log/volume-0001/0000000001.seg'));
    const stored = await fill(volume, [1], 1);
    assert.deepEqual(await readAll(volume, 1), stored);
  });

  test('looks again at a unit when its time has come, or retention is shortened', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open();
    await fill(volume, [1, 2], 40);
    // Every period is the same as before and no time has passed: nothing to look at.
    await volume.retain(() => 900);
    await volume.retain((shard) => (shard === 1 ? 1020 : 900));
    const { oldest } = volume.bounds(1);
    assert.ok(oldest > 100 && oldest <= 201, 'the first shard looks back less');
    assert.equal(volume.bounds(2).oldest, 1);
    await bench.simulation.scheduler.advance(2000);
    await volume.retain((shard) => (shard === 1 ? 1030 : 910));
    assert.ok(volume.bounds(1).oldest > oldest, 'time has passed');
  });

  test('remembers the ordinals of a shard all of whose records are gone', async () => {
    const bench = new Bench(kind);
    let volume = await bench.open();
    await fill(volume, [1], 5);
    const stored = await fill(volume, [2], 40);
    await volume.retain((shard) => (shard === 1 ? 5000 : 0));
    volume = await bench.reopen(volume);
    await volume.retain((shard) => (shard === 1 ? 5000 : 0));
    assert.deepEqual(volume.bounds(1), { oldest: 51, next: 51, lastArrivalMs: 1004 });
    assert.deepEqual(await readAll(volume, 1), []);
    assert.deepEqual(await readAll(volume, 2), stored);
    await fill(volume, [1], 1);
    assert.equal((await readAll(volume, 1))[0]?.baseOrdinal, 51);
  });
}

function rewriting(kind: 'memory' | 'local'): void {
  test('rewrites a unit of which little is needed, beside appends and reads', async () => {
    const bench = new Bench(kind);
    let volume = await bench.open();
    const stored = await fill(volume, [1, 2, 3, 4], 30);
    const used = kind === 'local' ? bytesOf(bench.disk) : 0;
    const retained = volume.retain((shard) => (shard === 3 ? 0 : Infinity));
    const more = fill(volume, [3], 20);
    const expected = stored.filter((one) => one.shard === 3);
    assert.deepEqual((await readAll(volume, 3)).slice(0, 30), expected);
    await retained;
    expected.push(...(await more));
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await readAll(volume, 3), expected);
      await volume.retain((shard) => (shard === 3 ? 0 : Infinity));
      volume = await bench.reopen(volume);
    }
    assert.deepEqual(await readAll(volume, 1), []);
    assert.ok(kind === 'memory' || bytesOf(bench.disk) < used * 0.75);
    assert.deepEqual(bench.damage, []);
  });

  test('makes one unit of many that have become small', async () => {
    const bench = new Bench(kind);
    let volume = await bench.open();
    const shards = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const stored = await fill(volume, shards, 30);
    const expected = stored.filter((one) => one.shard === 3);
    const before = bench.segments;
    for (let round = 0; round < 6; round += 1) {
      await volume.retain((shard) => (shard === 3 ? 0 : Infinity));
      assert.deepEqual(await readAll(volume, 3), expected);
      for (const one of expected) {
        assert.equal(await volume.seekTime(3, one.arrivalMs), one.baseOrdinal);
      }
      volume = await bench.reopen(volume);
    }
    assert.ok(kind === 'memory' || bench.segments < before / 3, `${bench.segments} of ${before}`);
    expected.push(...(await fill(volume, [3], 20)));
    assert.deepEqual(await readAll(volume, 3), expected);
    assert.deepEqual(bench.damage, []);
  });
}

/** Bytes of all segments. */
function bytesOf(disk: SimDisk): number {
  const segments = disk.paths().filter((path) => path.endsWith('.seg'));
  return segments.reduce((sum, path) => sum + disk.contentOf(path).byteLength, 0);
}

function committing(kind: 'memory' | 'local'): void {
  test('tells listeners of each commit, in order, before its appends resolve', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open();
    const heard: number[] = [];
    const stop = volume.onCommitted((sections) => {
      for (let i = 0; i < sections.count; i += 1) {
        heard.push(sections.shard(i));
      }
    });
    await Promise.all(
      [1, 2, 3, 4, 5].map(async (shard) => {
        await volume.append([section(shard, 1)]);
        assert.ok(heard.includes(shard));
      }),
    );
    assert.deepEqual(heard, [1, 2, 3, 4, 5]);
    stop();
    await volume.append([section(6, 1)]);
    assert.equal(heard.length, 5);
  });

  test('commits at once when idle, and together what came meanwhile', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open();
    const commits: number[] = [];
    volume.onCommitted(({ count }) => commits.push(count));
    const appends = Array.from({ length: 20 }, (_, index) =>
      volume.append([section(1, index + 1)]),
    );
    await Promise.all(appends);
    assert.deepEqual(commits, [1, 19]);
  });

  test('closes a frame before it grows beyond its bytes', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open({ frameBytesMax: 2048 });
    const commits: number[] = [];
    volume.onCommitted(({ count }) => commits.push(count));
    const sizes = [10, 500, 500, 500, 5000, 100, 100];
    await volume.append(sizes.map((bytes, index) => section(1, index + 1, 1, bytes)));
    assert.deepEqual(commits, [4, 1, 2]);
    assert.equal((await readAll(volume, 1)).length, 7);
  });

  test('refuses more than may wait', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open({ queueBytesMax: 1000 });
    const first = volume.append([section(1, 1, 1, 5000)]);
    await assert.rejects(volume.append([section(1, 2, 1, 10)]), VolumeBusyError);
    await first;
    await volume.append([section(1, 2, 1, 10)]);
    assert.equal(volume.bounds(1).next, 3);
  });
}

function ending(kind: 'memory' | 'local'): void {
  test('refuses appends once it is closed, after what was waiting is stored', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open();
    const waiting = [1, 2, 3].map((ordinal) => volume.append([section(1, ordinal)]));
    const closed = volume.close();
    await Promise.all(waiting);
    await closed;
    await assert.rejects(volume.append([section(1, 4)]), EngineUnavailableError);
    assert.equal((await bench.open()).bounds(1).next, 4);
  });

  test('stops when a later epoch has opened it', async () => {
    const bench = new Bench(kind);
    const volume = await bench.open();
    await fill(volume, [1], 3);
    const later = await bench.open();
    await assert.rejects(volume.append([section(1, 31)]), FencedError);
    assert.equal(later.bounds(1).next, 31);
  });
}

describe('a volume on a disk that fails', () => {
  test('stores nothing of a call that did not fit, and its ordinals may be given again', async () => {
    const bench = new Bench('local');
    const volume = await bench.open();
    const stored = await fill(volume, [1], 10);
    bench.disk.setCapacity(1);
    const { next } = volume.bounds(1);
    await assert.rejects(volume.append([section(1, next, 1, 20_000)]), LogFullError);
    assert.equal(volume.bounds(1).next, next);
    assert.deepEqual(await readAll(volume, 1), stored);
    bench.disk.setCapacity(2 ** 30);
    const again = section(1, next, 1, 20_000);
    await volume.append([again]);
    assert.deepEqual(await readAll(volume, 1), [...stored, again]);
  });

  test('frees space by retention when there is none left', async () => {
    const bench = new Bench('local');
    const volume = await bench.open();
    await fill(volume, [1], 60);
    bench.disk.setCapacity(1);
    const { next } = volume.bounds(1);
    const large = section(1, next, 1, 20_000, 2000);
    await assert.rejects(volume.append([large]), LogFullError);
    const before = bytesOf(bench.disk);
    bench.disk.setCapacity(before + 20_000);
    await volume.retain(() => 1050);
    assert.ok(bytesOf(bench.disk) < before / 2);
    await volume.append([large]);
    assert.equal(volume.bounds(1).next, next + 1);
  });

  test('frees space in a later pass when the catalog had no room in the first', async () => {
    const bench = new Bench('local');
    const volume = await bench.open();
    await fill(volume, [1], 60);
    const before = bytesOf(bench.disk);
    bench.disk.setCapacity(1);
    await assert.rejects(
      volume.retain(() => 1050),
      DiskError,
    );
    bench.disk.setCapacity(2 ** 30);
    await volume.retain(() => 1050);
    assert.ok(bytesOf(bench.disk) < before / 2);
    assert.deepEqual(bench.damage, []);
  });

  test('makes lost and damaged indexes and catalogs anew', async () => {
    const bench = new Bench('local');
    let volume = await bench.open();
    const stored = await fill(volume, [1, 2], 40);
    await volume.close();
    const indexes = bench.disk.paths().filter((path) => path.startsWith('/index/'));
    assert.ok(indexes.length > 4);
    for (const [index, path] of indexes.entries()) {
      if (index % 2 === 0) {
        await bench.disk.remove(path);
      } else {
        bench.disk.flipBit(path, 70 + index);
      }
    }
    volume = await bench.reopen(volume);
    for (const shard of [1, 2]) {
      const expected = stored.filter((one) => one.shard === shard);
      assert.deepEqual(await readAll(volume, shard), expected);
      assert.equal(await volume.seekTime(shard, 1007), 71);
    }
    assert.deepEqual(bench.damage, []);
  });

  test('says that a unit is missing, and serves what lies before', async () => {
    const bench = new Bench('local');
    let volume = await bench.open();
    const stored = await fill(volume, [1], 60);
    await volume.close();
    const segments = bench.disk.paths().filter((path) => path.endsWith('.seg'));
    await bench.disk.remove(segments[1] ?? '');
    volume = await bench.reopen(volume);
    assert.equal(bench.damage.length, 1);
    const run = await volume.read(1, 1, MANY, MANY);
    assert.equal(run.blocked, true);
    assert.deepEqual(run.sections, stored.slice(0, run.sections.length));
    assert.ok(run.sections.length > 5);
    const last = stored.at(-1) as Section;
    assert.deepEqual((await volume.read(1, last.baseOrdinal, MANY, MANY)).sections, [last]);
  });
});
