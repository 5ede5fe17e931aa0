/**
 * What every Disk must do, whichever form, as long as the power stays on.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Disk, DiskErrorCode, DiskFile } from './disk.ts';
import { DISK_BLOCK_BYTES, DiskError } from './disk.ts';

export interface DiskSubject {
  readonly disk: Disk;
  /** An empty directory for the test. */
  readonly root: string;
  /** Does the work to its end, moving time where time has to be moved, then cleans up. */
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

type Make = () => DiskSubject;

export function diskSuite(name: string, make: Make): void {
  describe(`${name} as a Disk`, () => {
    opening(make);
    writing(make);
    lengths(make);
    names(make);
    directories(make);
    closing(make);
    locking(make);
  });
}

/** A test of a file that has just been created. */
function fileTest(
  name: string,
  make: Make,
  body: (file: DiskFile, disk: Disk) => Promise<void>,
): void {
  test(name, async () => {
    const { disk, root, run } = make();
    await run(async () => {
      const file = await disk.open(`${root}/file`, 'create');
      await body(file, disk);
      await file.close();
    });
  });
}

function diskTest(
  name: string,
  make: Make,
  body: (disk: Disk, root: string) => Promise<void>,
): void {
  test(name, async () => {
    const { disk, root, run } = make();
    await run(() => body(disk, root));
  });
}

function withCode(code: DiskErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof DiskError && error.code === code;
}

function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

async function contentOf(file: DiskFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.size());
  assert.equal(await file.read(bytes, 0), bytes.byteLength);
  return bytes;
}

function opening(make: Make): void {
  diskTest('creates only what is not there', make, async (disk, root) => {
    const file = await disk.open(`${root}/a`, 'create');
    assert.equal(file.path, `${root}/a`);
    assert.equal(await file.size(), 0);
    await file.close();
    await assert.rejects(disk.open(`${root}/a`, 'create'), withCode('exists'));
  });

  diskTest('opens only what is there', make, async (disk, root) => {
    await assert.rejects(disk.open(`${root}/a`, 'read'), withCode('not-found'));
    await assert.rejects(disk.open(`${root}/a`, 'write'), withCode('not-found'));
    await assert.rejects(disk.open(`${root}/none/a`, 'create'), withCode('not-found'));
    assert.deepEqual(await disk.list(root), []);
  });

  diskTest('opens again with the content that was written', make, async (disk, root) => {
    const file = await disk.open(`${root}/a`, 'create');
    await file.write([bytesOf(1, 2, 3)], 0);
    await file.close();
    const again = await disk.open(`${root}/a`, 'write');
    await again.write([bytesOf(9)], 1);
    assert.deepEqual(await contentOf(again), bytesOf(1, 9, 3));
    await again.close();
  });

  diskTest('does not write to what was opened for reading', make, async (disk, root) => {
    await (await disk.open(`${root}/a`, 'create')).close();
    const file = await disk.open(`${root}/a`, 'read');
    await assert.rejects(file.write([bytesOf(1)], 0), withCode('io'));
    assert.equal(await file.size(), 0);
    await file.close();
  });
}

function writing(make: Make): void {
  fileTest('gathers buffers, empty ones too', make, async (file) => {
    await file.write([bytesOf(1, 2), bytesOf(), bytesOf(3), bytesOf(4, 5, 6)], 0);
    assert.deepEqual(await contentOf(file), bytesOf(1, 2, 3, 4, 5, 6));
    await file.write([], 2);
    await file.write([bytesOf()], 100);
    assert.equal(await file.size(), 6);
  });

  fileTest('gathers more buffers than one system call takes', make, async (file) => {
    const buffers = Array.from({ length: 5000 }, (_, index) => bytesOf(index & 255, index >> 8));
    await file.write(buffers, 10);
    const content = await contentOf(file);
    assert.equal(content.byteLength, 10_010);
    for (let index = 0; index < buffers.length; index += 1) {
      assert.equal((content[10 + 2 * index] ?? 0) + 256 * (content[11 + 2 * index] ?? 0), index);
    }
  });

  fileTest('overwrites only what it is told to, and fills a gap with zeros', make, async (file) => {
    await file.write([bytesOf(1, 2, 3, 4)], 0);
    await file.write([bytesOf(8, 9)], 1);
    await file.write([bytesOf(7)], 6);
    assert.deepEqual(await contentOf(file), bytesOf(1, 8, 9, 4, 0, 0, 7));
  });

  fileTest('writes durably what plain writes and reads see', make, async (file) => {
    await file.write([Uint8Array.of(1, 2, 3, 4)], 0);
    await Promise.all([
      file.writeDurable([Uint8Array.of(5), Uint8Array.of(6)], 1),
      file.writeDurable([Uint8Array.of(7, 8)], 4),
    ]);
    const bytes = new Uint8Array(8);
    assert.equal(await file.read(bytes, 0), 6);
    assert.deepEqual([...bytes.subarray(0, 6)], [1, 5, 6, 4, 7, 8]);
  });
  fileTest('writes whole blocks durably beside what is small', make, async (file) => {
    const blocks = 64 * DISK_BLOCK_BYTES;
    const expected = new Uint8Array(3 * blocks + 5);
    const put = (bytes: Uint8Array, at: number, parts = 1): Promise<void> => {
      expected.set(bytes, at);
      const cut = Math.floor(bytes.length / parts);
      return file.writeDurable([bytes.subarray(0, cut), bytes.subarray(cut)], at);
    };
    const filled = (bytes: number, seed: number): Uint8Array =>
      Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + seed) & 255);
    await put(filled(blocks, 1), 0, 3);
    await put(filled(100, 2), DISK_BLOCK_BYTES - 50);
    await Promise.all([put(filled(blocks, 3), blocks, 2), put(filled(blocks, 4), 2 * blocks)]);
    await put(filled(blocks - 1, 5), blocks + 1);
    await put(filled(5, 6), 3 * blocks);
    assert.deepEqual(await contentOf(file), expected);
  });
  fileTest('reads less than asked only at the end', make, async (file) => {
    await file.write([bytesOf(1, 2, 3, 4, 5)], 0);
    const into = new Uint8Array(4).fill(99);
    assert.equal(await file.read(into, 1), 4);
    assert.deepEqual(into, bytesOf(2, 3, 4, 5));
    assert.equal(await file.read(into, 3), 2);
    assert.deepEqual(into, bytesOf(4, 5, 4, 5));
    assert.equal(await file.read(into, 5), 0);
    assert.equal(await file.read(into, 500), 0);
    assert.equal(await file.read(new Uint8Array(0), 0), 0);
  });

  fileTest('keeps apart writes that are under way together', make, async (file) => {
    const writes = Array.from({ length: 50 }, (_, index) =>
      file.write([new Uint8Array(1000).fill(index)], index * 1000),
    );
    await Promise.all(writes);
    await file.sync();
    const content = await contentOf(file);
    assert.equal(content.byteLength, 50_000);
    assert.ok(content.every((byte, at) => byte === Math.floor(at / 1000)));
  });

  fileTest('reads back what a large write has written', make, async (file) => {
    const large = Uint8Array.from({ length: 3_000_001 }, (_, at) => (at * 31) & 255);
    await file.write([large.subarray(0, 1_234_567), large.subarray(1_234_567)], 0);
    await file.sync();
    assert.equal(Buffer.compare(await contentOf(file), large), 0);
  });
}

function lengths(make: Make): void {
  fileTest('allocates zeros, keeps what is there, never shrinks', make, async (file) => {
    await file.write([bytesOf(1, 2, 3)], 0);
    await file.allocate(2_500_000);
    assert.equal(await file.size(), 2_500_000);
    const content = await contentOf(file);
    assert.deepEqual(content.subarray(0, 3), bytesOf(1, 2, 3));
    assert.ok(content.subarray(3).every((byte) => byte === 0));
    await file.allocate(10);
    assert.equal(await file.size(), 2_500_000);
  });

  fileTest('truncates to less and to more', make, async (file) => {
    await file.write([bytesOf(1, 2, 3, 4)], 0);
    await file.truncate(2);
    assert.deepEqual(await contentOf(file), bytesOf(1, 2));
    await file.truncate(5);
    assert.deepEqual(await contentOf(file), bytesOf(1, 2, 0, 0, 0));
    await file.truncate(0);
    assert.equal(await file.size(), 0);
  });
}

function names(make: Make): void {
  diskTest('a rename replaces what is at its end', make, async (disk, root) => {
    for (const [name, byte] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const file = await disk.open(`${root}/${name}`, 'create');
      await file.write([bytesOf(byte)], 0);
      await file.close();
    }
    await disk.rename(`${root}/a`, `${root}/b`);
    assert.deepEqual(await disk.list(root), [{ name: 'b', kind: 'file' }]);
    const file = await disk.open(`${root}/b`, 'read');
    assert.deepEqual(await contentOf(file), bytesOf(1));
    await file.close();
    await assert.rejects(disk.rename(`${root}/a`, `${root}/c`), withCode('not-found'));
  });

  diskTest('a rename may lead to another directory', make, async (disk, root) => {
    await disk.makeDirectory(`${root}/to`);
    await (await disk.open(`${root}/a`, 'create')).close();
    await disk.rename(`${root}/a`, `${root}/to/b`);
    assert.deepEqual(await disk.list(root), [{ name: 'to', kind: 'directory' }]);
    assert.deepEqual(await disk.list(`${root}/to`), [{ name: 'b', kind: 'file' }]);
    await disk.syncDirectory(root);
    await disk.syncDirectory(`${root}/to`);
  });

  diskTest(
    'removing takes what is there and does not mind what is not',
    make,
    async (disk, root) => {
      await (await disk.open(`${root}/a`, 'create')).close();
      await disk.remove(`${root}/a`);
      await disk.remove(`${root}/a`);
      assert.deepEqual(await disk.list(root), []);
    },
  );

  diskTest('what is removed can be read as long as it is open', make, async (disk, root) => {
    const file = await disk.open(`${root}/a`, 'create');
    await file.write([bytesOf(5)], 0);
    await disk.remove(`${root}/a`);
    assert.deepEqual(await contentOf(file), bytesOf(5));
    await file.close();
  });
}

function directories(make: Make): void {
  diskTest('makes a directory with its parents, and again', make, async (disk, root) => {
    await disk.makeDirectory(`${root}/a/b/c`);
    await disk.makeDirectory(`${root}/a/b/c`);
    assert.deepEqual(await disk.list(`${root}/a/b`), [{ name: 'c', kind: 'directory' }]);
    await disk.syncDirectory(`${root}/a/b/c`);
  });

  diskTest('lists in name order', make, async (disk, root) => {
    for (const name of ['b', 'B', 'a10', 'a9', 'é', '_']) {
      await (await disk.open(`${root}/${name}`, 'create')).close();
    }
    await disk.makeDirectory(`${root}/aa`);
    const found = (await disk.list(root)).map(({ name }) => name);
    assert.deepEqual(found, ['B', '_', 'a10', 'a9', 'aa', 'b', 'é']);
  });

  diskTest('says where there is no directory', make, async (disk, root) => {
    await assert.rejects(disk.list(`${root}/none`), withCode('not-found'));
    await assert.rejects(disk.syncDirectory(`${root}/none`), withCode('not-found'));
    await assert.rejects(disk.space(`${root}/none`), withCode('not-found'));
  });

  diskTest('tells the space of the file system', make, async (disk, root) => {
    const { freeBytes, totalBytes } = await disk.space(root);
    assert.ok(freeBytes > 0 && totalBytes >= freeBytes);
  });
}

function locking(make: Make): void {
  diskTest('gives a lock to one at a time', make, async (disk, root) => {
    const first = await disk.lock(`${root}/a.lock`);
    assert.ok(first !== null);
    assert.equal(await disk.lock(`${root}/a.lock`), null);
    const other = await disk.lock(`${root}/b.lock`);
    assert.ok(other !== null);
    await first.release();
    const second = await disk.lock(`${root}/a.lock`);
    assert.ok(second !== null);
    // Whoever has released it once cannot take it away from the next one.
    await first.release();
    assert.equal(await disk.lock(`${root}/a.lock`), null);
    await second.release();
    await other.release();
    assert.deepEqual(
      (await disk.list(root)).map(({ name }) => name),
      ['a.lock', 'b.lock'],
    );
  });

  diskTest('says where a lock cannot be made', make, async (disk, root) => {
    await assert.rejects(disk.lock(`${root}/none/a.lock`), DiskError);
  });
}

function closing(make: Make): void {
  diskTest('nothing can be done with a closed file', make, async (disk, root) => {
    const file = await disk.open(`${root}/a`, 'create');
    await file.close();
    await file.close();
    for (const operation of [
      () => file.write([bytesOf(1)], 0),
      () => file.read(new Uint8Array(1), 0),
      () => file.sync(),
      () => file.allocate(10),
      () => file.truncate(0),
      () => file.size(),
    ]) {
      await assert.rejects(operation, withCode('closed'));
    }
  });

  diskTest('closing waits for what is under way', make, async (disk, root) => {
    const file = await disk.open(`${root}/a`, 'create');
    const ended: string[] = [];
    const writes = [1, 2, 3].map((byte) =>
      file
        .write([new Uint8Array(100_000).fill(byte)], byte * 100_000)
        .then(() => ended.push('write')),
    );
    const closed = file.close().then(() => ended.push('close'));
    await Promise.all([...writes, closed]);
    assert.deepEqual(ended, ['write', 'write', 'write', 'close']);
  });
}
