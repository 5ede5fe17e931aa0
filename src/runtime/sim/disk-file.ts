/**
 * An open file of a simulated disk.
 *
 * An operation has its effect at the moment it ends, all of it at once; a sync covers the writes
 * that had ended before it began. A close waits for the operations under way.
 */
import { assert } from '../../common/assert.ts';
import { concat, equal } from '../../common/bytes.ts';
import type { DiskFile } from '../disk.ts';
import { DiskError } from '../disk.ts';
import type { DiskOperation } from './disk-faults.ts';
import type { FileNode } from './name-space.ts';

/** What an operation does when it ends; `interrupted` when its process has died meanwhile. */
export type Perform<T> = (interrupted: boolean) => T;

/** What the disk does for its open files. */
export interface DiskCore {
  /** Ends one operation after its latency. */
  operate<T>(
    operation: DiskOperation,
    path: string,
    bytes: number,
    perform: Perform<T>,
  ): Promise<T>;
  /** The planned fault of an operation that has an effect of its own even when it fails. */
  fault(operation: DiskOperation, path: string): DiskError | null;
  /** Chance: how much of an operation that failed has happened. */
  below(bound: number): number;
  freeBytes(): number;
  /** Puts what was written into the trace. */
  noteBytes(bytes: Uint8Array): void;
  /** The file has been closed. */
  forget(handle: SimDiskFile): void;
}

export class SimDiskFile implements DiskFile {
  readonly path: string;
  readonly node: FileNode;
  readonly #disk: DiskCore;
  readonly #writable: boolean;
  #closed = false;
  #underWay = 0;
  #whenIdle: (() => void) | null = null;

  constructor(disk: DiskCore, path: string, node: FileNode, writable: boolean) {
    this.#disk = disk;
    this.path = path;
    this.node = node;
    this.#writable = writable;
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = concat(buffers);
    return this.#operate('write', bytes.byteLength, (interrupted) => {
      this.#checkWritable();
      // The host reads the buffers at a moment nobody knows; to change them meanwhile is a bug.
      assert(interrupted || isJoined(buffers, bytes), 'a buffer was changed while it was written');
      const fault = this.#disk.fault('write', this.path);
      if (fault !== null || interrupted) {
        this.#put(position, bytes.subarray(0, this.#disk.below(bytes.byteLength + 1)));
      } else {
        this.#put(position, bytes);
        this.#disk.noteBytes(bytes);
      }
      if (fault !== null) {
        throw fault;
      }
    });
  }

  async writeDurable(buffers: readonly Uint8Array[], position: number): Promise<void> {
    await this.write(buffers, position);
    await this.sync();
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#operate('read', into.byteLength, (interrupted) => {
      if (this.node.isDamaged(position, position + into.byteLength)) {
        throw new DiskError('io', this.path, `the medium cannot read bytes from ${position}`);
      }
      return interrupted ? 0 : this.node.content.read(position, into);
    });
  }

  sync(): Promise<void> {
    const upTo = this.node.content.lastChange;
    return this.#operate('sync', 0, () => {
      const fault = this.#disk.fault('sync', this.path);
      if (fault !== null) {
        this.node.content.strand(upTo);
        throw fault;
      }
      this.node.content.makeDurable(upTo);
    });
  }

  allocate(bytes: number): Promise<void> {
    return this.#operate('allocate', 0, (interrupted) => {
      this.#checkWritable();
      const { content } = this.node;
      if (bytes <= content.length) {
        return;
      }
      this.#checkRoom(bytes);
      if (interrupted) {
        content.setLength(content.length + this.#disk.below(bytes - content.length + 1));
      } else {
        content.setLength(bytes);
        content.makeDurable(content.lastChange);
      }
    });
  }

  truncate(bytes: number): Promise<void> {
    return this.#operate('truncate', 0, () => {
      this.#checkWritable();
      this.#checkRoom(bytes);
      this.node.content.setLength(bytes);
    });
  }

  size(): Promise<number> {
    return this.#operate('size', 0, () => this.node.content.length);
  }

  close(): Promise<void> {
    if (this.#closed) {
      return Promise.resolve();
    }
    this.#closed = true;
    const idle = new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    if (this.#underWay === 0) {
      this.#whenIdle?.();
    }
    return idle.then(() =>
      this.#disk.operate('close', this.path, 0, () => this.#disk.forget(this)),
    );
  }

  /** The process that had it open has died. */
  lose(): void {
    this.#closed = true;
  }

  async #operate<T>(operation: DiskOperation, bytes: number, perform: Perform<T>): Promise<T> {
    if (this.#closed) {
      throw new DiskError('closed', this.path, 'the file is closed');
    }
    this.#underWay += 1;
    try {
      return await this.#disk.operate(operation, this.path, bytes, perform);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) {
        this.#whenIdle?.();
      }
    }
  }

  /** Writes as much as there is room for, as the host does, and then fails. */
  #put(position: number, bytes: Uint8Array): void {
    const { content } = this.node;
    const room = Math.max(0, content.length + this.#disk.freeBytes() - position);
    const fitting = bytes.subarray(0, room);
    content.write(position, fitting);
    this.node.repair(position, position + fitting.byteLength);
    if (fitting.byteLength < bytes.byteLength) {
      throw new DiskError('full', this.path, 'no space left');
    }
  }

  #checkRoom(bytes: number): void {
    if (bytes - this.node.content.length > this.#disk.freeBytes()) {
      throw new DiskError('full', this.path, 'no space left');
    }
  }

  #checkWritable(): void {
    if (!this.#writable) {
      throw new DiskError('io', this.path, 'opened for reading only');
    }
  }
}

function isJoined(buffers: readonly Uint8Array[], bytes: Uint8Array): boolean {
  let at = 0;
  return buffers.every((buffer) => {
    at += buffer.byteLength;
    return equal(buffer, bytes.subarray(at - buffer.byteLength, at));
  });
}
