import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { diskSuite } from '../disk.suite.ts';
import { NodeDisk } from './disk.ts';

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
