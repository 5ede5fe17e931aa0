import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
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
