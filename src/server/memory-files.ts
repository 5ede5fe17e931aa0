/**
 * A Disk of small files in memory, for servers that keep nothing: their keyring lives here.
 */
import { plainRoom } from '../common/bytes.ts';
import { DiskError } from '../runtime/disk.ts';
import type { Disk, DiskEntry, DiskFile, DiskLock, OpenMode } from '../runtime/disk.ts';

/** Whole files are copied on every write; meant for kilobytes. */
export class MemoryFiles implements Disk {
  readonly #files = new Map<string, MemoryFile>();
  readonly #locked = new Set<string>();

  room(bytes: number): Uint8Array {
    return plainRoom(bytes);
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const known = this.#files.get(path);
    if (mode === 'create') {
      if (known !== undefined) throw new DiskError('exists', path, 'exists');
      const made = new MemoryFile(path);
      this.#files.set(path, made);
      return made;
    }
    if (known === undefined) throw new DiskError('not-found', path, 'not found');
    return known;
  }

  makeDirectory(): Promise<void> {
    return Promise.resolve();
  }

  list(path: string): Promise<readonly DiskEntry[]> {
    const prefix = `${path}/`;
    const names = [...this.#files.keys()].filter((known) => known.startsWith(prefix));
    return Promise.resolve(
      names.map((name) => ({ name: name.slice(prefix.length), kind: 'file' as const })),
    );
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from);
    if (file === undefined) throw new DiskError('not-found', from, 'not found');
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  remove(path: string): Promise<void> {
    this.#files.delete(path);
    return Promise.resolve();
  }

  syncDirectory(): Promise<void> {
    return Promise.resolve();
  }

  lock(path: string): Promise<DiskLock | null> {
    if (this.#locked.has(path)) return Promise.resolve(null);
    this.#locked.add(path);
    let held = true;
    const release = (): Promise<void> => {
      if (held) this.#locked.delete(path);
      held = false;
      return Promise.resolve();
    };
    return Promise.resolve({ release });
  }

  space(): Promise<{ freeBytes: number; totalBytes: number }> {
    return Promise.resolve({ freeBytes: Infinity, totalBytes: Infinity });
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  #bytes = new Uint8Array(0);

  constructor(path: string) {
    this.path = path;
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let at = position;
    for (const buffer of buffers) {
      if (at + buffer.length > this.#bytes.length) this.#resize(at + buffer.length);
      this.#bytes.set(buffer, at);
      at += buffer.length;
    }
    return Promise.resolve();
  }

  read(into: Uint8Array, position: number): Promise<number> {
    const found = this.#bytes.subarray(position, position + into.length);
    into.set(found);
    return Promise.resolve(found.length);
  }

  writeDurable(buffers: readonly Uint8Array[], position: number): Promise<void> {
    return this.write(buffers, position);
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  allocate(bytes: number): Promise<void> {
    if (bytes > this.#bytes.length) this.#resize(bytes);
    return Promise.resolve();
  }

  truncate(bytes: number): Promise<void> {
    this.#resize(bytes);
    return Promise.resolve();
  }

  size(): Promise<number> {
    return Promise.resolve(this.#bytes.length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #resize(bytes: number): void {
    const resized = new Uint8Array(bytes);
    resized.set(this.#bytes.subarray(0, bytes));
    this.#bytes = resized;
  }
}
