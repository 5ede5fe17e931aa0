/**
 * The Disk of the host, on raw file descriptors and callback functions.
 *
 * Each operation of a file costs one promise. Short writes are continued until everything is
 * written, and a descriptor is closed only when the operations under way on it have ended, so that
 * no operation can ever reach a descriptor number that the system has given to another file.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { platform } from 'node:process';
import type { Disk, DiskEntry, DiskErrorCode, DiskFile, DiskLock, OpenMode } from '../disk.ts';
import { DiskError } from '../disk.ts';
import { afterBytes } from './after-bytes.ts';
import { DIRECT_FLAGS, DURABLE_FLAGS, SecondDescriptor } from './second-descriptor.ts';
import { Staging } from './staging.ts';

/**
 * Zeros are written in pieces of this size, from one shared buffer, each durable before the next:
 * what others write meanwhile waits for one piece, not for all of them. Where every sync is a trip
 * to the medium there are fewer.
 */
const ZERO_PIECE_BYTES = DURABLE_FLAGS === null ? 1024 * 1024 : 128 * 1024;
const ZEROS = new Uint8Array(ZERO_PIECE_BYTES);

/** Files are for the user that runs the server only: they hold customers' data, and keys. */
const FILE_PERMISSIONS = 0o600;

const OPEN_FLAGS: Readonly<Record<OpenMode, string>> = { read: 'r', write: 'r+', create: 'wx+' };

/** fdatasync on macOS does not reach the medium; its fsync, through libuv, does. */
const syncData = platform === 'darwin' ? fs.fsync : fs.fdatasync;

export class NodeDisk implements Disk {
  readonly #staging: Staging;

  constructor(staging: Staging = new Staging()) {
    this.#staging = staging;
  }

  room(bytes: number): Uint8Array {
    return this.#staging.room(bytes);
  }

  open(file: string, mode: OpenMode): Promise<DiskFile> {
    return new Promise((resolve, reject) => {
      fs.open(file, OPEN_FLAGS[mode], FILE_PERMISSIONS, (error, descriptor) => {
        if (error) {
          reject(toDiskError(error, file));
        } else {
          resolve(new NodeDiskFile(file, descriptor, this.#staging));
        }
      });
    });
  }

  async makeDirectory(directory: string): Promise<void> {
    const first = await new Promise<string | undefined>((resolve, reject) => {
      fs.mkdir(directory, { recursive: true }, (error, created) => {
        if (error) {
          reject(toDiskError(error, directory));
        } else {
          resolve(created);
        }
      });
    });
    // The parent even when nothing was made: an earlier process may have died before this very
    // sync.
    const last = path.resolve(directory);
    const top = path.dirname(first === undefined ? last : path.resolve(first));
    for (let parent = path.dirname(last); ; parent = path.dirname(parent)) {
      await syncDirectory(parent, UNSUPPORTED_OR_HIDDEN);
      if (parent === top || parent === path.dirname(parent)) {
        break;
      }
    }
  }

  list(directory: string): Promise<readonly DiskEntry[]> {
    return new Promise((resolve, reject) => {
      fs.readdir(directory, { withFileTypes: true }, (error, found) => {
        if (error) {
          reject(toDiskError(error, directory));
          return;
        }
        const entries = found.map((entry): DiskEntry => ({
          name: entry.name,
          kind: entry.isDirectory() ? 'directory' : 'file',
        }));
        resolve(entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)));
      });
    });
  }

  rename(from: string, to: string): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.rename(from, to, (error) => (error ? reject(toDiskError(error, from)) : resolve()));
    });
  }

  remove(file: string): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.unlink(file, (error) => {
        if (error && error.code !== 'ENOENT') {
          reject(toDiskError(error, file));
        } else {
          resolve();
        }
      });
    });
  }

  syncDirectory(directory: string): Promise<void> {
    return syncDirectory(directory, UNSUPPORTED);
  }

  /** The binding that locks is loaded when the first lock is asked for. */
  async lock(file: string): Promise<DiskLock | null> {
    const { lockFile } = await import('./file-lock.ts');
    return lockFile(file);
  }

  space(file: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    return new Promise((resolve, reject) => {
      fs.statfs(file, (error, stats) => {
        if (error) {
          reject(toDiskError(error, file));
        } else {
          resolve({
            freeBytes: stats.bavail * stats.bsize,
            totalBytes: stats.blocks * stats.bsize,
          });
        }
      });
    });
  }
}

/** File systems that keep directories by themselves answer a sync of one in these ways. */
const UNSUPPORTED: readonly string[] = ['EINVAL', 'ENOTSUP'];

/** A directory above our own may be one in which we may only pass through or create. */
const UNSUPPORTED_OR_HIDDEN: readonly string[] = [...UNSUPPORTED, 'EACCES', 'EPERM'];

/** Syncs a directory; errors whose code is among `ignored` are none. */
function syncDirectory(directory: string, ignored: readonly string[]): Promise<void> {
  if (platform === 'win32') {
    // Windows cannot open a directory; its file systems log changes of names by themselves.
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    const done: Done = (error) => {
      if (error && !ignored.includes(error.code ?? '')) {
        reject(toDiskError(error, directory));
      } else {
        resolve();
      }
    };
    fs.open(directory, 'r', (openError, descriptor) => {
      if (openError) {
        done(openError);
        return;
      }
      fs.fsync(descriptor, (syncError) =>
        fs.close(descriptor, (closeError) => done(syncError ?? closeError)),
      );
    });
  });
}

/** What an operation calls once when it has ended. */
type Done = (error: NodeJS.ErrnoException | null) => void;

class NodeDiskFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  /**
   * Further descriptors of the same file, whose writes return when they are durable: one call where
   * two would be needed, and no waiting for what else is dirty in the file.
   */
  readonly #durable: SecondDescriptor;
  /** And past the system's cache. */
  readonly #direct: SecondDescriptor;
  readonly #staging: Staging;
  #underWay = 0;
  #closed = false;
  #whenIdle: (() => void) | null = null;

  constructor(file: string, descriptor: number, staging: Staging) {
    this.path = file;
    this.#descriptor = descriptor;
    this.#staging = staging;
    this.#durable = new SecondDescriptor(file, descriptor, DURABLE_FLAGS);
    this.#direct = new SecondDescriptor(file, descriptor, DIRECT_FLAGS);
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    return this.#operate((done) => writeAll(this.#descriptor, buffers, position, done));
  }

  writeDurable(buffers: readonly Uint8Array[], position: number): Promise<void> {
    return this.#operate((done) => {
      const blocks = this.#direct.isOff ? null : this.#staging.blocksOf(buffers, position);
      if (blocks === null) {
        this.#writeThrough(buffers, position, done);
      } else {
        this.#writeDirect(blocks, buffers, position, done);
      }
    });
  }

  /** Writes `blocks`; or `buffers`, which hold the same, where the host refuses them. */
  #writeDirect(
    blocks: readonly Uint8Array[],
    buffers: readonly Uint8Array[],
    position: number,
    done: Done,
  ): void {
    const written = (error: NodeJS.ErrnoException | null): void => {
      this.#staging.give(blocks);
      if (error?.code === 'EINVAL') {
        this.#direct.giveUp();
        this.#writeThrough(buffers, position, done);
      } else {
        done(error);
      }
    };
    this.#direct.use((descriptor) => {
      if (descriptor >= 0) {
        writeAll(descriptor, blocks, position, written);
      } else {
        this.#staging.give(blocks);
        this.#writeThrough(buffers, position, done);
      }
    });
  }

  #writeThrough(buffers: readonly Uint8Array[], position: number, done: Done): void {
    this.#durable.use((descriptor) => {
      if (descriptor >= 0) {
        writeAll(descriptor, buffers, position, done);
        return;
      }
      writeAll(this.#descriptor, buffers, position, (error) => {
        if (error) {
          done(error);
        } else {
          syncData(this.#descriptor, done);
        }
      });
    });
  }

  read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    return this.#operate(
      (done) =>
        readAll(this.#descriptor, into, 0, position, (error, bytes) => {
          filled = bytes;
          done(error);
        }),
      () => filled,
    );
  }

  sync(): Promise<void> {
    return this.#operate((done) => syncData(this.#descriptor, done));
  }

  async allocate(bytes: number): Promise<void> {
    const before = await this.size();
    if (before >= bytes) {
      return;
    }
    try {
      for (let at = before; at < bytes; at += ZERO_PIECE_BYTES) {
        const zeros = ZEROS.subarray(0, Math.min(ZERO_PIECE_BYTES, bytes - at));
        await this.#operate((done) => this.#writeThrough([zeros], at, done));
      }
    } catch (error) {
      // Gives the space back, so that what fits beside it still fits; the first error is the one to
      // tell.
      await this.truncate(before).catch(() => undefined);
      throw error;
    }
  }

  truncate(bytes: number): Promise<void> {
    return this.#operate((done) => fs.ftruncate(this.#descriptor, bytes, done));
  }

  size(): Promise<number> {
    let bytes = 0;
    return this.#operate(
      (done) =>
        fs.fstat(this.#descriptor, (error, stats) => {
          bytes = error ? 0 : stats.size;
          done(error);
        }),
      () => bytes,
    );
  }

  close(): Promise<void> {
    if (this.#closed) {
      return Promise.resolve();
    }
    this.#closed = true;
    return new Promise((resolve, reject) => {
      const close = (): void => {
        this.#durable.close();
        this.#direct.close();
        fs.close(this.#descriptor, (error) =>
          error ? reject(toDiskError(error, this.path)) : resolve(),
        );
      };
      if (this.#underWay === 0) {
        close();
      } else {
        this.#whenIdle = close;
      }
    });
  }

  #operate(start: (done: Done) => void): Promise<void>;
  #operate(start: (done: Done) => void, result: () => number): Promise<number>;
  #operate(start: (done: Done) => void, result?: () => number): Promise<number | void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new DiskError('closed', this.path, 'the file is closed'));
        return;
      }
      const done: Done = (error) => {
        this.#underWay -= 1;
        if (error) {
          reject(toDiskError(error, this.path));
        } else {
          resolve(result?.());
        }
        if (this.#underWay === 0) {
          this.#whenIdle?.();
        }
      };
      this.#underWay += 1;
      try {
        start(done);
      } catch (error) {
        // The host refuses arguments that make no sense before it starts anything.
        done(error as Error);
      }
    });
  }
}

function writeAll(
  descriptor: number,
  buffers: readonly Uint8Array[],
  position: number,
  done: Done,
): void {
  let bytes = 0;
  for (const buffer of buffers) {
    bytes += buffer.byteLength;
  }
  if (bytes === 0) {
    done(null);
    return;
  }
  const written = (error: NodeJS.ErrnoException | null, count: number): void => {
    if (error || count === bytes) {
      done(error);
    } else if (count === 0) {
      done(new Error(`wrote nothing of ${bytes} bytes`));
    } else {
      writeAll(descriptor, afterBytes(buffers, count), position + count, done);
    }
  };
  if (buffers.length === 1) {
    fs.write(descriptor, buffers[0] as Uint8Array, 0, bytes, position, written);
  } else {
    fs.writev(descriptor, buffers, position, written);
  }
}

function readAll(
  descriptor: number,
  into: Uint8Array,
  from: number,
  position: number,
  done: (error: NodeJS.ErrnoException | null, filled: number) => void,
): void {
  if (from === into.byteLength) {
    done(null, from);
    return;
  }
  fs.read(descriptor, into, from, into.byteLength - from, position, (error, count) => {
    if (error || count === 0) {
      done(error, from);
    } else {
      readAll(descriptor, into, from + count, position + count, done);
    }
  });
}

const CODES: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'not-found',
  EEXIST: 'exists',
  ENOSPC: 'full',
  EDQUOT: 'full',
};

function toDiskError(error: NodeJS.ErrnoException, file: string): DiskError {
  const code = CODES[error.code ?? ''] ?? 'io';
  return new DiskError(code, file, error.message);
}
