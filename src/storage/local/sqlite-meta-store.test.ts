/**
 * The SQLite engine: the suite, every kind of flipped bit, and a lock that dies with its process.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NodeDisk } from '../../runtime/node/disk.ts';
import { MetaCorruptionError, StoreLockedError } from '../meta-store.ts';
import { dump, metaStoreSuite, put } from '../meta-store.suite.ts';
import { SqliteMetaStore } from './sqlite-meta-store.ts';

const disk = new NodeDisk();
const open = async (directory: string): Promise<SqliteMetaStore> =>
  SqliteMetaStore.open({ disk }, { directory });

async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-meta-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

metaStoreSuite('sqlite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-meta-'));
  return {
    open: async () => open(join(directory, 'data')),
    dispose: async () => rm(directory, { recursive: true, force: true }),
  };
});

async function fill(directory: string): Promise<Awaited<ReturnType<typeof dump>>> {
  const store = await open(directory);
  for (let round = 0; round < 3; round += 1) {
    await store.commit(
      Array.from({ length: 40 }, (_, index) => put(`stream/${index}`, `${round}-`.repeat(60))),
    );
  }
  await store.commit([put('stream/3', 'last'), { key: 'stream/4', expect: 'any', value: null }]);
  const contents = await dump(store, '');
  await store.close();
  return contents;
}

/** Opening a damaged store either fails as damaged or still shows exactly what was stored. */
async function expectDetected(directory: string, contents: unknown): Promise<boolean> {
  let store: SqliteMetaStore;
  try {
    store = await open(directory);
  } catch (error) {
    assert.ok(error instanceof MetaCorruptionError, `unexpected: ${String(error)}`);
    return true;
  }
  assert.deepEqual(await dump(store, ''), contents);
  await store.close();
  return false;
}

test('sqlite: any flipped bit of the database is detected or without effect', async () => {
  await inDirectory(async (directory) => {
    const contents = await fill(directory);
    const path = join(directory, 'metadata.db');
    const sound = await readFile(path);
    let detected = 0;
    for (let at = 0; at < sound.length; at += at < 120 ? 1 : 37) {
      const damaged = Uint8Array.from(sound);
      damaged[at]! ^= 1 << (at % 8);
      await writeFile(path, damaged);
      detected += Number(await expectDetected(directory, contents));
    }
    assert.ok(detected > 200, `only ${detected} flips were noticed`);
  });
});

test('sqlite: a flipped bit in the log of a crashed store never turns time back', async () => {
  await inDirectory(async (directory) => {
    const store = await open(directory);
    await store.commit([put('a', '1'), put('b', '1')]);
    await store.commit([put('a', '2')]);
    await store.commit([put('b', '3')]);
    const contents = await dump(store, '');
    const copy = join(directory, 'copy');
    for (const name of ['metadata.db', 'metadata.db-wal']) {
      await cp(join(directory, name), join(copy, name));
    }
    await store.close();
    const database = await readFile(join(copy, 'metadata.db'));
    const log = await readFile(join(copy, 'metadata.db-wal'));
    assert.ok(log.length > 0);
    for (let at = 0; at < log.length; at += at < 100 ? 1 : 53) {
      const damaged = Uint8Array.from(log);
      damaged[at]! ^= 1 << (at % 8);
      await writeFile(join(copy, 'metadata.db'), database);
      await writeFile(join(copy, 'metadata.db-wal'), damaged);
      await expectDetected(copy, contents);
    }
  });
});

test('sqlite: a database cut to nothing is damage, not a fresh start', async () => {
  await inDirectory(async (directory) => {
    await fill(directory);
    for (const length of [0, 100, 4096]) {
      const path = join(directory, 'metadata.db');
      await writeFile(path, (await readFile(path)).subarray(0, length));
      await assert.rejects(open(directory), MetaCorruptionError);
    }
  });
});

test('sqlite: an unfinished creation is begun again', async () => {
  await inDirectory(async (directory) => {
    await writeFile(join(directory, 'metadata.db.new'), 'half of something');
    const store = await open(directory);
    await store.commit([put('k', 'v')]);
    await store.close();
    assert.ok(!(await readdir(directory)).includes('metadata.db.new'));
  });
});

const HOLDER = `
  const [, disk, store, directory] = process.argv;
  const { NodeDisk } = await import(disk);
  const { SqliteMetaStore } = await import(store);
  const meta = await SqliteMetaStore.open({ disk: new NodeDisk() }, { directory });
  await meta.commit([{ key: 'from-child', expect: 'absent', value: new Uint8Array([1]) }]);
  process.stdout.write('ready');
  process.stdin.resume();
`;

test('sqlite: the lock holds against other processes and dies with kill -9', async () => {
  await inDirectory(async (directory) => {
    const moduleUrl = (path: string): string => new URL(path, import.meta.url).href;
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        HOLDER,
        moduleUrl('../../runtime/node/disk.js'),
        moduleUrl('./sqlite-meta-store.js'),
        directory,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'], cwd: fileURLToPath(new URL('.', import.meta.url)) },
    );
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', () => reject(new Error('the child ended early')));
    });
    await assert.rejects(
      open(directory),
      (error: unknown) => error instanceof StoreLockedError && error.message.includes(directory),
    );
    child.kill('SIGKILL');
    await gone;
    const store = await open(directory);
    assert.deepEqual(await dump(store, ''), [['from-child', '\u0001', 1]]);
    await store.close();
  });
});
