/**
 * Memory from which files are written past the system's cache: the system wants it to begin where a
 * block does, which no other memory here is sure to do. What does not lie in such memory is copied
 * into some.
 *
 * A copy costs the processor a fraction of what the system's own cache would: that takes
 * new pages for every byte of a log that is never overwritten.
 */
import { plainRoom } from '../../common/bytes.ts';
import { alignedMemory } from '../../common/web-assembly.ts';
import { DISK_BLOCK_BYTES, LARGE_WRITE_BYTES } from '../disk.ts';

/** Memory lent at the same time; further writes do without. */
const LENT_MAX = 4;
/** Unused memory that is kept. */
const IDLE_MAX = 1;
const UNIT_BYTES = 1024 * 1024;

export class Staging {
  /** Memory that begins at a block. */
  readonly #rooms = new WeakSet<ArrayBufferLike>();
  readonly #idle: Uint8Array[] = [];
  readonly #lent = new Set<readonly Uint8Array[]>();
  /** Where there is no such memory it is not asked for again. */
  #isOff = false;

  /** Memory from which whole blocks are written without a copy, where there is such memory. */
  room(bytes: number): Uint8Array {
    const memory = alignedMemory(bytes);
    if (memory === null) {
      return plainRoom(bytes);
    }
    this.#rooms.add(memory.buffer);
    return memory.length === bytes ? memory : memory.subarray(0, bytes);
  }

  /**
   * What is to be written, `buffers` themselves or a copy; null where it is not to be written past
   * the cache.
   */
  blocksOf(buffers: readonly Uint8Array[], position: number): readonly Uint8Array[] | null {
    let bytes = 0;
    for (const buffer of buffers) bytes += buffer.length;
    const isAligned = position % DISK_BLOCK_BYTES === 0 && bytes % DISK_BLOCK_BYTES === 0;
    if (!isAligned || bytes < LARGE_WRITE_BYTES) {
      return null;
    }
    if (buffers.every((buffer) => this.#isBlocks(buffer))) {
      return buffers;
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
    const copy = [memory.subarray(0, bytes)];
    this.#lent.add(copy);
    return copy;
  }

  /** Gives back what `blocksOf` gave. */
  give(blocks: readonly Uint8Array[]): void {
    if (this.#lent.delete(blocks) && this.#idle.length < IDLE_MAX) {
      this.#idle.push(new Uint8Array(blocks[0]!.buffer));
    }
  }

  #isBlocks({ buffer, byteOffset, length }: Uint8Array): boolean {
    const isWhole = byteOffset % DISK_BLOCK_BYTES === 0 && length % DISK_BLOCK_BYTES === 0;
    return isWhole && this.#rooms.has(buffer);
  }

  #take(bytes: number): Uint8Array | null {
    if (this.#lent.size === LENT_MAX || this.#isOff) {
      return null;
    }
    const idle = this.#idle.pop();
    const memory =
      idle !== undefined && idle.length >= bytes
        ? idle
        : alignedMemory(Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES);
    this.#isOff = memory === null;
    return memory;
  }
}
