/**
 * A simulated disk as one process sees it. The code of a process that has died may still be running
 * in the simulation; its session lets none of it reach the disk any more.
 */
import type { Disk, DiskEntry, DiskFile, DiskLock, OpenMode } from '../disk.ts';
import { DiskError } from '../disk.ts';

export class DiskSession implements Disk {
  readonly #disk: Disk;
  readonly #alive: () => boolean;

  constructor(disk: Disk, alive: () => boolean) {
    this.#disk = disk;
    this.#alive = alive;
  }

  room(bytes: number): Uint8Array {
    return this.#disk.room(bytes);
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#guard(path, () => this.#disk.open(path, mode));
  }

  makeDirectory(path: string): Promise<void> {
    return this.#guard(path, () => this.#disk.makeDirectory(path));
  }

  list(path: string): Promise<readonly DiskEntry[]> {
    return this.#guard(path, () => this.#disk.list(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#guard(from, () => this.#disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#guard(path, () => this.#disk.remove(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#guard(path, () => this.#disk.syncDirectory(path));
  }

  lock(path: string): Promise<DiskLock | null> {
    return this.#guard(path, () => this.#disk.lock(path));
  }

  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    return this.#guard(path, () => this.#disk.space(path));
  }

  #guard<T>(path: string, start: () => Promise<T>): Promise<T> {
    if (!this.#alive()) {
      return Promise.reject(new DiskError('closed', path, 'the process has died'));
    }
    return start();
  }
}
