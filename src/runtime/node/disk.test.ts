import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { platform } from 'node:process';
import { test } from 'node:test';
import { concat } from '../../common/bytes.ts';
import { diskSuite } from '../disk.suite.ts';
import { NodeDisk } from './disk.ts';
import { Staging } from './staging.ts';

diskSuite('NodeDisk', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'tailrace-disk-'));
  return {
    disk: new NodeDisk(),
    root,
    run: async (work) => {
      try {
        await work();
      } finally {
        fs.rmSync(root, { recursive: true });
      }
    },
  };
});

/** Gives copies that no host takes for writing past its cache. */
class CrookedStaging extends Staging {
  copies = 0;

  override blocksOf(
    buffers: readonly Uint8Array[],
    position: number,
  ): readonly Uint8Array[] | null {
    const blocks = super.blocksOf(buffers, position);
    if (blocks === null) return null;
    this.copies += 1;
    const copy = concat(blocks);
    const crooked = new Uint8Array(copy.length + 1).subarray(1);
    crooked.set(copy);
    return [crooked];
  }
}

test('large writes that the host does not take past its cache are written through it', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tailrace-disk-'));
  const staging = new CrookedStaging();
  const file = await new NodeDisk(staging).open(path.join(directory, 'file'), 'create');
  const bytes = randomBytes(256 * 1024);
  await file.writeDurable([bytes.subarray(0, 100), bytes.subarray(100)], 4096);
  await file.writeDurable([bytes], 4096 + bytes.length);
  const read = Buffer.alloc(2 * bytes.length);
  assert.equal(await file.read(read, 4096), read.length);
  assert.deepEqual(read, Buffer.concat([bytes, bytes]));
  assert.equal(staging.copies, platform === 'linux' ? 1 : 0);
  await file.close();
  fs.rmSync(directory, { recursive: true });
});

test('memory for large writes is used again, and not without end', () => {
  const staging = new Staging();
  const large = [new Uint8Array(200_000), new Uint8Array(256 * 1024 - 200_000).fill(7)];
  const copies = [1, 2, 3, 4].map((block) => staging.blocksOf(large, block * 4096)!);
  assert.deepEqual(copies[3], [concat(large)]);
  assert.equal(staging.blocksOf(large, 0), null);
  staging.give(copies[0]!);
  assert.equal(staging.blocksOf(large, 0)?.[0]!.buffer, copies[0]![0]!.buffer);
  staging.give(copies[1]!);
  assert.equal(staging.blocksOf(large, 100), null);
  assert.equal(staging.blocksOf(large.slice(1), 0), null);
  assert.equal(staging.blocksOf([new Uint8Array(4096)], 0), null);
});

test('whole blocks of memory that is made for them are written from where they lie', () => {
  const staging = new Staging();
  const [head, room] = [staging.room(8192), staging.room(256 * 1024)];
  const blocks = [head.subarray(4096), room.subarray(4096)];
  for (let i = 0; i < 9; i += 1) assert.equal(staging.blocksOf(blocks, 4096), blocks);
  staging.give(blocks);
  const refused = [
    [head.subarray(100, 4196), room],
    [head.subarray(0, 100), room.subarray(100)],
    [new Uint8Array(4096), room],
  ];
  for (const buffers of refused) {
    const copy = staging.blocksOf(buffers, 4096)!;
    assert.notEqual(copy, buffers);
    assert.deepEqual(concat(copy), concat(buffers));
    staging.give(copy);
  }
});

test('a full device is told apart from a broken one', async (context) => {
  const full = '/dev/full'; // A device of Linux that has never any room.
  if (!fs.existsSync(full)) {
    context.skip('the system has no device that is always full');
    return;
  }
  const file = await new NodeDisk().open(full, 'write');
  await assert.rejects(file.write([Uint8Array.of(1)], 0), { name: 'DiskError', code: 'full' });
  await assert.rejects(file.write([Uint8Array.of(1), Uint8Array.of(2)], 0), { code: 'full' });
  await file.close();
});

test('an operation that the host refuses outright does not keep a file from closing', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tailrace-disk-'));
  const file = await new NodeDisk().open(path.join(directory, 'file'), 'create');
  await assert.rejects(file.truncate(Number.NaN), { name: 'DiskError', code: 'io' });
  await file.close();
  fs.rmSync(directory, { recursive: true });
});
