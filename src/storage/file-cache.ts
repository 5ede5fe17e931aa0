/**
 * Open files for reading, at most `filesMax` at a time, the least recently used closed first.
 */
import type { Disk, DiskFile } from '../runtime/disk.ts';

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
   * The file at `path`, opened for reading. It may be closed by the cache at any later step, so a
   * user that gets `closed` asks again.
   */
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
