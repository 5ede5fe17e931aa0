import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AssertionError } from '../../common/assert.ts';
import { diskSuite } from '../disk.suite.ts';
import type { DiskErrorCode, DiskFile } from '../disk.ts';
import { DiskError } from '../disk.ts';
import type { SimDiskOptions } from './disk.ts';
import { immediately, SimDisk } from './disk.ts';
import { SimRandom } from './random.ts';
import { Simulation } from './simulation.ts';

for (const seed of [1, 2]) {
  diskSuite(`SimDisk with seed ${seed}`, () => {
    const simulation = new Simulation(seed);
    const disk = simulation.disk('here');
    return {
      disk: disk.session(),
      root: '/root',
      run: (work) => simulation.scheduler.drive(disk.makeDirectory('/root').then(work)),
    };
  });
}

diskSuite('SimDisk without latency', () => {
  const disk = newDisk();
  return { disk, root: '', run: (work) => work() };
});

function newDisk(seed: number = 1, options: SimDiskOptions = {}): SimDisk {
  return new SimDisk({ random: new SimRandom(seed), delay: immediately }, options);
}

async function syncedFile(disk: SimDisk, bytes: Uint8Array): Promise<DiskFile> {
  const file = await disk.open('/file', 'create');
  await disk.syncDirectory('/');
  await file.write([bytes], 0);
  await file.sync();
  return file;
}

function withCode(code: DiskErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof DiskError && error.code === code;
}

function filled(count: number, byte: number): Uint8Array {
  return new Uint8Array(count).fill(byte);
}

describe('SimDisk at a power loss', () => {
  test('keeps what was synced and closes what was open', async () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const disk = newDisk(seed);
      const file = await syncedFile(disk, filled(10_000, 1));
      await file.write([filled(10_000, 2)], 10_000);
      disk.powerLoss();
      await assert.rejects(file.sync(), withCode('closed'));
      await file.close();
      const again = await disk.open('/file', 'write');
      const bytes = new Uint8Array(10_000);
      assert.equal(await again.read(bytes, 0), 10_000);
      assert.deepEqual(bytes, filled(10_000, 1));
      await again.write([filled(1, 3)], 0);
    }
  });

  test('keeps what was allocated', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const disk = newDisk(seed);
      const file = await disk.open('/file', 'create');
      await file.allocate(100_000);
      await disk.syncDirectory('/');
      disk.powerLoss();
      assert.equal(disk.contentOf('/file').byteLength, 100_000);
    }
  });

  test('loses a file whose name was not synced, though its bytes were', async () => {
    const found = new Set<number>();
    for (let seed = 0; seed < 50; seed += 1) {
      const disk = newDisk(seed);
      const file = await disk.open('/file', 'create');
      await file.write([filled(10, 1)], 0);
      await file.sync();
      disk.powerLoss();
      found.add(disk.paths().length);
    }
    assert.deepEqual([...found].sort(), [0, 1]);
  });

  test('fails what is under way, which may have happened all the same', async () => {
    const sizes = new Set<number>();
    for (let seed = 0; seed < 100; seed += 1) {
      const simulation = new Simulation(seed);
      const disk = simulation.disk('here');
      const file = await simulation.scheduler.drive(syncedFile(disk, filled(100, 1)));
      const failing = Promise.all([
        assert.rejects(file.write([filled(100, 2)], 100), withCode('closed')),
        assert.rejects(file.sync(), withCode('closed')),
        assert.rejects(disk.open('/other', 'create'), withCode('closed')),
      ]);
      disk.powerLoss();
      await simulation.scheduler.drive(failing);
      await simulation.scheduler.runUntilIdle();
      sizes.add(disk.contentOf('/file').byteLength);
    }
    assert.ok(sizes.has(100) && sizes.size > 5);
  });

  test('ends the session of the process, and a new one can be had', async () => {
    const disk = newDisk();
    const dead = disk.session();
    await (await dead.open('/a', 'create')).close();
    disk.kill();
    for (const operation of [
      () => dead.open('/a', 'read'),
      () => dead.makeDirectory('/b'),
      () => dead.list('/'),
      () => dead.rename('/a', '/b'),
      () => dead.remove('/a'),
      () => dead.syncDirectory('/'),
      () => dead.space('/'),
    ]) {
      await assert.rejects(operation, withCode('closed'));
    }
    assert.deepEqual(await disk.session().list('/'), [{ name: 'a', kind: 'file' }]);
  });
});

test('a kill keeps what was written, but makes nothing durable', async () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 50; seed += 1) {
    const disk = newDisk(seed);
    const file = await syncedFile(disk, filled(100, 1));
    await file.write([filled(100, 2)], 100);
    disk.kill();
    assert.equal(disk.contentOf('/file').byteLength, 200);
    disk.powerLoss();
    lengths.add(disk.contentOf('/file').byteLength);
  }
  assert.ok(lengths.has(100) && lengths.has(200));
});

describe('SimDisk with faults', () => {
  test('a failed sync saves nothing, and neither does the next', async () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 50; seed += 1) {
      const disk = newDisk(seed);
      const file = await syncedFile(disk, filled(100, 1));
      await file.write([filled(100, 2)], 100);
      disk.failNextSync('/other');
      disk.failNextSync('/file');
      await assert.rejects(file.sync(), withCode('io'));
      await file.sync();
      assert.equal(disk.contentOf('/file').byteLength, 200);
      disk.powerLoss();
      lengths.add(disk.contentOf('/file').byteLength);
    }
    assert.ok(lengths.has(100) && lengths.has(200));
  });

  test('a failed sync of a directory saves none of its names', async () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 50; seed += 1) {
      const disk = newDisk(seed);
      await disk.open('/file', 'create');
      disk.fail('syncDirectory');
      await assert.rejects(disk.syncDirectory('/'), withCode('io'));
      await disk.syncDirectory('/');
      disk.powerLoss();
      found.add(disk.paths().join());
    }
    assert.deepEqual(found, new Set(['', '/file']));
  });

  test('operations fail as often as planned, and then work again', async () => {
    const disk = newDisk();
    const file = await syncedFile(disk, filled(100, 1));
    disk.fail('read', '/file', 'io', 2);
    disk.fail('open', null, 'full');
    const into = new Uint8Array(100);
    await assert.rejects(file.read(into, 0), withCode('io'));
    await assert.rejects(file.read(into, 0), withCode('io'));
    assert.equal(await file.read(into, 0), 100);
    await assert.rejects(disk.open('/new', 'create'), withCode('full'));
    assert.deepEqual(disk.paths(), ['/file']);
    disk.fail('rename');
    disk.clearFaults();
    await disk.rename('/file', '/renamed');
  });

  test('a failed write may have written a part', async () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 50; seed += 1) {
      const disk = newDisk(seed);
      const file = await disk.open('/file', 'create');
      disk.fail('write');
      await assert.rejects(file.write([filled(10, 1)], 0), withCode('io'));
      lengths.add(await file.size());
    }
    assert.ok(lengths.size > 5 && Math.max(...lengths) <= 10);
  });

  test('a flipped bit is read by everybody, and survives', async () => {
    const disk = newDisk();
    const file = await syncedFile(disk, filled(100, 0));
    await file.write([filled(1, 0)], 20);
    disk.flipBit('/file', 20, 3);
    const into = new Uint8Array(100);
    await file.read(into, 0);
    const expected = filled(100, 0);
    expected[20] = 8;
    assert.deepEqual(into, expected);
    disk.powerLoss();
    assert.deepEqual(disk.contentOf('/file'), expected);
    assert.throws(() => disk.flipBit('/file', 100), AssertionError);
  });

  test('a damaged sector cannot be read until it is written', async () => {
    const disk = newDisk();
    const file = await syncedFile(disk, filled(2000, 1));
    disk.damage('/file', 600);
    await assert.rejects(file.read(new Uint8Array(10), 1020), withCode('io'));
    assert.equal(await file.read(new Uint8Array(512), 0), 512);
    assert.equal(await file.read(new Uint8Array(100), 1024), 100);
    await file.write([filled(512, 2)], 512);
    assert.equal(await file.read(new Uint8Array(2000), 0), 2000);
  });
});

describe('SimDisk with a capacity', () => {
  test('writes what fits, refuses the rest, and takes writes into what was allocated', async () => {
    const disk = newDisk(1, { capacityBytes: 1000 });
    const log = await disk.open('/log', 'create');
    await log.allocate(600);
    const other = await disk.open('/other', 'create');
    await assert.rejects(other.write([filled(500, 1)], 0), withCode('full'));
    assert.equal(await other.size(), 400);
    await log.write([filled(600, 2)], 0);
    await assert.rejects(log.write([filled(2, 2)], 599), withCode('full'));
    assert.deepEqual(await disk.space('/'), { freeBytes: 0, totalBytes: 1000 });
  });

  test('an allocation that does not fit takes nothing', async () => {
    const disk = newDisk(1, { capacityBytes: 1000 });
    const file = await disk.open('/file', 'create');
    await assert.rejects(file.allocate(1001), withCode('full'));
    assert.equal(await file.size(), 0);
    await file.allocate(1000);
  });

  test('what is removed takes up space as long as it is open', async () => {
    const disk = newDisk(1, { capacityBytes: 1000 });
    const file = await syncedFile(disk, filled(1000, 1));
    await disk.remove('/file');
    assert.equal((await disk.space('/')).freeBytes, 0);
    await file.close();
    assert.equal((await disk.space('/')).freeBytes, 1000);
    disk.setCapacity(10);
    assert.deepEqual(await disk.space('/'), { freeBytes: 10, totalBytes: 10 });
  });
});

test('to change a buffer while it is written is found out', async () => {
  const simulation = new Simulation(1);
  const file = await simulation.scheduler.drive(simulation.disk('here').open('/file', 'create'));
  const buffer = filled(100, 1);
  const written = assert.rejects(file.write([buffer], 0), AssertionError);
  buffer[50] = 2;
  await assert.rejects(simulation.scheduler.runUntilIdle(), AssertionError);
  await written;
});

test('counts its operations', async () => {
  const disk = newDisk();
  const file = await syncedFile(disk, filled(10, 1));
  await file.sync();
  await assert.rejects(disk.open('/none', 'read'));
  assert.deepEqual(
    [disk.count('sync'), disk.count('write'), disk.count('open'), disk.count('read')],
    [2, 1, 2, 0],
  );
});

test('takes the time its latency says', async () => {
  const simulation = new Simulation(1);
  const disk = simulation.disk('here');
  disk.setLatency({
    readMs: [0, 0],
    writeMs: [0, 0],
    syncMs: [50, 50],
    nameMs: [7, 7],
    bytesPerMs: 1000,
    slowOneIn: 2 ** 32,
    slowFactor: 1,
  });
  const { scheduler } = simulation;
  const file = await scheduler.drive(disk.open('/file', 'create'));
  assert.equal(scheduler.nowMs, 7);
  await scheduler.drive(file.write([filled(3000, 1)], 0));
  assert.equal(scheduler.nowMs, 10);
  await scheduler.drive(file.sync());
  assert.equal(scheduler.nowMs, 60);
});
