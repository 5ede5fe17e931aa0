import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concat } from '../../common/bytes.ts';
import type { Disk } from '../../runtime/disk.ts';
import { immediately, SimDisk } from '../../runtime/sim/disk.ts';
import { SimRandom } from '../../runtime/sim/random.ts';
import type { CommitLog, LogEntry, VolumeWriter } from '../commit-log.ts';
import { CorruptionError, EngineUnavailableError, LogFullError } from '../commit-log.ts';
import { frameOf, section } from '../test-frames.suite.ts';
import { LocalCommitLog } from './local-commit-log.ts';

const SEGMENT_BYTES = 16 * 1024;
const VOLUME = '/log/volume-0001';
const FIRST = `${VOLUME}/0000000001.seg`;

function newDisk(): SimDisk {
  return new SimDisk({ random: new SimRandom(1), delay: immediately });
}

function open(disk: Disk): LocalCommitLog {
  const random = new SimRandom(7);
  return new LocalCommitLog({ disk, random }, { directory: '/log', segmentBytes: SEGMENT_BYTES });
}

async function append(writer: VolumeWriter, bytes: number): Promise<Uint8Array> {
  const { frameNumber } = writer.chain;
  const frame = frameOf(writer.chain, [section(1, frameNumber + 1, 1, bytes)]);
  await writer.append(frame.parts);
  return concat(frame.parts);
}

async function entries(log: CommitLog): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  for await (const entry of log.read(1, 0)) {
    found.push(entry);
  }
  return found;
}

async function frames(log: CommitLog): Promise<Uint8Array[]> {
  const found = await entries(log);
  return found.map((entry) => {
    assert.equal(entry.kind, 'frame');
    return entry.kind === 'frame' ? entry.frame : new Uint8Array(0);
  });
}

async function put(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  await disk.remove(path);
  const file = await disk.open(path, 'create');
  await file.write([bytes], 0);
  await file.sync();
  await file.close();
}

/** A log with frames of these sizes in one segment; gives the frames and the segment's bytes. */
async function written(
  disk: SimDisk,
  sizes: readonly number[],
): Promise<{ readonly stored: Uint8Array[]; readonly content: Uint8Array }> {
  const log = open(disk);
  const writer = await log.openWriter(1, 1);
  const stored: Uint8Array[] = [];
  for (const size of sizes) {
    stored.push(await append(writer, size));
  }
  await log.close();
  return { stored, content: disk.contentOf(FIRST) };
}

describe('a local log whose last write was torn', () => {
  test('has everything before it and goes on, wherever the tear is', async () => {
    const disk = newDisk();
    const { stored, content } = await written(disk, [100, 300, 200]);
    const [first, second, third] = stored as [Uint8Array, Uint8Array, Uint8Array];
    const tornAt = 64 + first.byteLength + second.byteLength;
    const payloadEnd = 64 + 40 + 200;
    for (let kept = 0; kept <= third.byteLength; kept += 1) {
      const torn = content.slice();
      torn.fill(0, tornAt + kept);
      await put(disk, FIRST, torn);
      const log = open(disk);
      const writer = await log.openWriter(1, 1);
      const whole = kept >= payloadEnd;
      const expected = whole ? stored : [first, second];
      assert.deepEqual(await frames(log), expected, `${kept} bytes kept`);
      const next = await append(writer, 50);
      assert.deepEqual(await frames(log), [...expected, next]);
      await log.close();
    }
  });

  test('has everything before it when the file is cut off', async () => {
    const disk = newDisk();
    const { stored, content } = await written(disk, [100, 300, 200]);
    const [first, second, third] = stored as [Uint8Array, Uint8Array, Uint8Array];
    const tornAt = 64 + first.byteLength + second.byteLength;
    for (let kept = 0; kept < third.byteLength; kept += 1) {
      await put(disk, FIRST, content.slice(0, tornAt + kept));
      const log = open(disk);
      const writer = await log.openWriter(1, 1);
      assert.deepEqual(await frames(log), [first, second], `${kept} bytes kept`);
      await append(writer, 50);
      await log.close();
    }
  });

  test('forgets a first frame that was torn, and what it was torn from stays readable', async () => {
    const disk = newDisk();
    const { content } = await written(disk, [100]);
    for (const kept of [1, 30, 64, 65, 130, 167, 200]) {
      const torn = content.slice();
      torn.fill(0, kept);
      await put(disk, FIRST, torn);
      const log = open(disk);
      const writer = await log.openWriter(1, 1);
      assert.deepEqual(await frames(log), []);
      const next = await append(writer, 10);
      assert.deepEqual(await frames(log), [next]);
      await log.trim(1, Number.MAX_SAFE_INTEGER);
      await log.close();
      for (const path of disk.paths()) {
        if (path.endsWith('.seg')) {
          await disk.remove(path);
        }
      }
    }
  });

  test('does not take up a frame of another history', async () => {
    const disk = newDisk();
    const { stored, content } = await written(disk, [100, 100]);
    const log = open(disk);
    const { chain } = await log.openWriter(1, 1);
    await log.close();
    // The right number, volume and identity, but it follows another second frame.
    const stray = frameOf({ ...chain, headCrc: chain.headCrc ^ 1 }, [section(1, 3)]);
    content.set(concat(stray.parts), 64 + 2 * 256);
    await put(disk, FIRST, content);
    const again = open(disk);
    const writer = await again.openWriter(1, 2);
    assert.deepEqual(await frames(again), stored);
    const next = await append(writer, 10);
    assert.deepEqual(await frames(again), [...stored, next]);
    await again.close();
  });

  test('never takes up the remains of an earlier tear', async () => {
    const disk = newDisk();
    const { content } = await written(disk, [100, 3000]);
    // The first page of the second frame is lost, its end is not: nothing may be left of it.
    const torn = content.slice();
    torn.fill(0, 64 + 256, 64 + 256 + 1000);
    await put(disk, FIRST, torn);
    const log = open(disk);
    const writer = await log.openWriter(1, 1);
    await append(writer, 10);
    await log.close();
    const after = disk.contentOf(FIRST);
    const end = 64 + 256 + 128;
    assert.ok(after.subarray(end).every((byte) => byte === 0));
  });
});

describe('a local log with damage before its end', () => {
  test('reports every flipped bit of a head and serves the frames around it', async () => {
    const disk = newDisk();
    const { stored, content } = await written(disk, [100, 100, 100, 100]);
    const [first] = stored as [Uint8Array];
    for (let byte = 0; byte < 104; byte += 1) {
      const damaged = content.slice();
      const at = 64 + first.byteLength + byte;
      damaged[at] = (damaged[at] as number) ^ (1 << (byte % 8));
      await put(disk, FIRST, damaged);
      const log = open(disk);
      const writer = await log.openWriter(1, 1);
      const found = await entries(log);
      assert.deepEqual(
        found.map((entry) => (entry.kind === 'frame' ? entry.frame : entry.bytes)),
        [stored[0], first.byteLength, stored[2], stored[3]],
        `byte ${byte}`,
      );
      assert.equal(writer.beginsUnit, true, 'a damaged segment gets no more frames');
      await append(writer, 10);
      assert.equal((await entries(log)).length, 5);
      await log.close();
      await disk.remove(`${VOLUME}/0000000002.seg`);
    }
  });

  test('reports a damaged segment header and serves the frames', async () => {
    const disk = newDisk();
    const { stored } = await written(disk, [100, 100]);
    disk.flipBit(FIRST, 20);
    const log = open(disk);
    await log.openWriter(1, 1);
    const found = await entries(log);
    assert.deepEqual(
      found.map((entry) => (entry.kind === 'frame' ? entry.frame : 'damage')),
      ['damage', ...stored],
    );
    await log.close();
  });

  test('finds its identity in the segments when the volume file is lost', async () => {
    const disk = newDisk();
    const { stored } = await written(disk, [100, 100]);
    await disk.remove(`${VOLUME}/volume.id`);
    const log = open(disk);
    const writer = await log.openWriter(1, 1);
    assert.deepEqual(await frames(log), stored);
    await append(writer, 10);
    await log.close();
  });

  test('refuses to open where nothing tells which volume it is', async () => {
    const disk = newDisk();
    await written(disk, [100, 100]);
    await disk.remove(`${VOLUME}/volume.id`);
    disk.flipBit(FIRST, 9);
    await assert.rejects(open(disk).openWriter(1, 1), CorruptionError);
  });

  test('tells of a sector that cannot be read', async () => {
    const disk = newDisk();
    await written(disk, [100, 5000, 100]);
    const log = open(disk);
    await log.openWriter(1, 1);
    const [, second] = await entries(log);
    disk.damage(FIRST, 64 + 256 + 2000);
    const read = log.readAt(1, second?.position ?? 0, 104, new Uint8Array(5000));
    await assert.rejects(read, CorruptionError);
    await log.close();
  });
});

describe('a local log on a full disk', () => {
  test('refuses appends, reads on, and appends again when there is space', async () => {
    const disk = newDisk();
    const log = open(disk);
    const writer = await log.openWriter(1, 1);
    const stored = [await append(writer, 100)];
    disk.setCapacity(20 * 1024);
    for (;;) {
      try {
        stored.push(await append(writer, 3000));
      } catch (error) {
        assert.ok(error instanceof LogFullError, String(error));
        break;
      }
      if (stored.length % 4 === 0) {
        writer.roll();
      }
    }
    assert.deepEqual(await frames(log), stored);
    await assert.rejects(append(writer, 3000), LogFullError);
    disk.setCapacity(1024 * 1024);
    for (let count = 0; count < 10; count += 1) {
      stored.push(await append(writer, 3000));
    }
    assert.deepEqual(await frames(log), stored);
    await log.close();
    const again = open(disk);
    await again.openWriter(1, 2);
    assert.deepEqual(await frames(again), stored);
    await again.close();
  });

  test('leaves nothing of a frame that did not fit', async () => {
    const disk = newDisk();
    const log = open(disk);
    const writer = await log.openWriter(1, 1);
    const stored = [await append(writer, 100)];
    disk.fail('write', FIRST, 'full');
    await assert.rejects(append(writer, 4000), LogFullError);
    stored.push(await append(writer, 10));
    assert.deepEqual(await frames(log), stored);
    disk.powerLoss();
    const again = open(disk);
    await again.openWriter(1, 2);
    assert.deepEqual(await frames(again), stored);
    await again.close();
  });
});

describe('a local log whose sync fails', () => {
  test('stops for good, and reads on', async () => {
    const disk = newDisk();
    const log = open(disk);
    const writer = await log.openWriter(1, 1);
    const stored = [await append(writer, 100)];
    disk.failNextSync(FIRST);
    await assert.rejects(append(writer, 100), EngineUnavailableError);
    await assert.rejects(append(writer, 100), EngineUnavailableError);
    assert.deepEqual(await frames(log), stored);
    await log.close();
  });

  test('does not serve after a restart what the failed sync did not save', async () => {
    const disk = newDisk();
    const log = open(disk.session());
    const writer = await log.openWriter(1, 1);
    await append(writer, 100);
    disk.failNextSync(FIRST);
    await assert.rejects(append(writer, 100), EngineUnavailableError);
    // The process dies, but what it wrote is still in the cache and looks stored to the next one.
    disk.kill();
    const second = open(disk.session());
    await second.openWriter(1, 2);
    const seen = await frames(second);
    disk.powerLoss();
    const third = open(disk);
    await third.openWriter(1, 3);
    assert.deepEqual(await frames(third), seen);
    await third.close();
  });
});
