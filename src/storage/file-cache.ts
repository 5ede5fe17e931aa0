/**
 * Open files for reading, at most `filesMax` at a time, the least recently used closed first.
 */
import type { Disk, DiskFile } from '../runtime/disk.ts';
import { DiskError } from '../runtime/disk.ts';

const TRIES_MAX = 4;

export class FileCache {
  readonly #disk: Disk;
  readonly #filesMax: number;
  /** In order of use, oldest first. */
  readonly #open = new Map<string, Promise<DiskFile>>();

  constructor(disk: Disk, filesMax: number) {
    this.#disk = disk;
    this.#filesMax = filesMax;
  }

  /**
   * Fills `into` from the file at `path`; gives the number of bytes read. Opens the file again when
   * the cache has closed it between two steps.
   */
  async read(path: string, into: Uint8Array, position: number): Promise<number> {
    for (let triesLeft = TRIES_MAX; ; triesLeft -= 1) {
      const file = await this.get(path);
      try {
        return await file.read(into, position);
      } catch (error) {
        const closed = error instanceof DiskError && error.code === 'closed';
        if (!closed || triesLeft === 0) {
          throw error;
        }
      }
    }
  }

  /** The file at `path`, opened for reading. The cache may close it at any later step. */
  async get(path: string): Promise<DiskFile> {
    let file = this.#open.get(path);
    if (file !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, file);
      return file;
    }
    file = this.#disk.open(path, 'read');
    this.#open.set(path, file);
    file.catch(() => {
      if (this.#open.get(path) === file) {
        this.#open.delete(path);
      }
    });
    const oldest = this.#open.size > this.#filesMax ? this.#open.keys().next().value : undefined;
    if (oldest !== undefined) {
      await this.forget(oldest);
    }
    return file;
  }

  /** Closes the file, so that the next `get` opens what is there then. */
  async forget(path: string): Promise<void> {
    const file = this.#open.get(path);
    this.#open.delete(path);
    if (file !== undefined) {
      await file.then(
        (opened) => opened.close(),
        () => undefined,
      );
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.forget(path)));
  }
}
