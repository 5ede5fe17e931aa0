/**
 * The Disk port: files with explicit durability.
 *
 * A write is durable only after `sync` of its file, a name only after `syncDirectory` of its
 * directory. The simulated form loses everything else at a power loss, in arbitrary combinations.
 */

/** What went wrong, as far as callers may branch on it. `io` covers everything not listed. */
export type DiskErrorCode = 'not-found' | 'exists' | 'full' | 'io' | 'closed';

export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly path: string;
  constructor(code: DiskErrorCode, path: string, detail: string) {
    super(`${path}: ${detail}`);
    this.code = code;
    this.path = path;
  }
}

/**
 * Large durable writes that begin and end at multiples of this go past the system's cache where the
 * host can do that.
 */
export const DISK_BLOCK_BYTES = 4096;
/** Writes of so many bytes are large. */
export const LARGE_WRITE_BYTES: number = 128 * 1024;

export interface DiskFile {
  readonly path: string;
  /**
   * Writes all of `buffers`, one after the other, at `position`, with one gather write where the
   * host has it.
   */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /**
   * Writes as `write` does and makes what it wrote durable, in one step where the host has it. What
   * other writes left is not covered. After a failure that is not `full` the file must not be used
   * again. The file must still have the path it was opened by.
   */
  writeDurable(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /**
   * Fills `into` from `position`; returns the number of bytes read, less than asked only at the end
   * of the file.
   */
  read(into: Uint8Array, position: number): Promise<number>;
  /**
   * Makes all completed writes durable (fdatasync; fsync on macOS). After a failure the file must
   * not be used again.
   */
  sync(): Promise<void>;
  /**
   * Extends the file to `bytes` with zeros that occupy space, so that later writes cannot fail for
   * lack of it.
   */
  allocate(bytes: number): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/**
 * `read`: must exist. `write`: must exist, read and write. `create`: must not exist, read and
 * write.
 */
export type OpenMode = 'read' | 'write' | 'create';

export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
}

/** Held until it is released or its process dies. */
export interface DiskLock {
  /** A second call does nothing. */
  release(): Promise<void>;
}

export interface Disk {
  /**
   * Memory of so many bytes, whatever they are, from which large durable writes are made without a
   * copy, if they are of whole blocks of it.
   */
  room(bytes: number): Uint8Array;
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** Creates a directory and its parents, durably; does nothing where it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Entries of a directory in name order; throws `not-found`. */
  list(path: string): Promise<readonly DiskEntry[]>;
  /** Replaces `to` if it exists. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; does nothing where there is none. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in this directory durable. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes the lock that the file at `path` stands for, making the file where it is missing; null
   * where anybody has it, in this process or another. The file is for locking only and stays.
   */
  lock(path: string): Promise<DiskLock | null>;
  /** Free and total bytes of the file system that holds `path`. */
  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
}
