/**
 * Memory from which files are written past the system's cache: the system wants it to begin where a
 * block does, which no other memory here is sure to do.
 *
 * A copy into it costs the processor a fraction of what the system's own cache would: that takes
 * new pages for every byte of a log that is never overwritten.
 */
import { alignedMemory } from '../../common/web-assembly.ts';
import { DISK_BLOCK_BYTES, LARGE_WRITE_BYTES } from '../disk.ts';

/** Memory lent at the same time; further writes do without. */
const LENT_MAX = 4;
/** Unused memory that is kept. */
const IDLE_MAX = 1;
const UNIT_BYTES = 1024 * 1024;

export class Staging {
  readonly #idle: Uint8Array[] = [];
  #lent = 0;
  /** Where there is no such memory it is not asked for again. */
  #isOff = false;

  /** A copy of what is to be written; null where it is not to be written past the cache. */
  copyOf(buffers: readonly Uint8Array[], position: number): Uint8Array | null {
    let bytes = 0;
    for (const buffer of buffers) bytes += buffer.length;
    const isAligned = position % DISK_BLOCK_BYTES === 0 && bytes % DISK_BLOCK_BYTES === 0;
    if (!isAligned || bytes < LARGE_WRITE_BYTES) {
      return null;
    }
    const memory = this.#take(bytes);
    if (memory === null) {
      return null;
    }
    let at = 0;
    for (const buffer of buffers) {
      memory.set(buffer, at);
      at += buffer.length;
    }
    return memory.subarray(0, bytes);
  }

  /** Gives back what `copyOf` gave. */
  give(copy: Uint8Array): void {
    this.#lent -= 1;
    if (this.#idle.length < IDLE_MAX) {
      this.#idle.push(new Uint8Array(copy.buffer));
    }
  }

  #take(bytes: number): Uint8Array | null {
    if (this.#lent === LENT_MAX || this.#isOff) {
      return null;
    }
    const idle = this.#idle.pop();
    const memory =
      idle !== undefined && idle.length >= bytes
        ? idle
        : alignedMemory(Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES);
    this.#isOff = memory === null;
    if (memory !== null) {
      this.#lent += 1;
    }
    return memory;
  }
}
