/**
 * Large buffers that are used again instead of being left to the garbage collector, for which they
 * are as heavy as the whole rest of the heap.
 *
 * A buffer belongs to whoever took it until it is given back, and must not be touched after that.
 * Giving back is never needed: what is not given back is garbage. Contents are arbitrary.
 */
import { assert } from './assert.ts';

/** Smaller buffers are not worth keeping. */
const keptBytesMin = 32 * 1024;

export interface BufferPoolOptions {
  /** Most bytes of unused buffers kept, all together. */
  readonly idleBytesMax: number;
  /** Larger buffers are not kept. */
  readonly bufferBytesMax: number;
}

export class BufferPool {
  readonly #options: BufferPoolOptions;
  /** Unused buffers by their size. */
  readonly #idle = new Map<number, Uint8Array[]>();
  #idleBytes = 0;

  constructor(options: BufferPoolOptions) {
    this.#options = options;
  }

  /** Bytes of unused buffers. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** A buffer of at least `bytes`; at most a quarter larger, or as small as is kept. */
  take(bytes: number): Uint8Array {
    const size = sizeClass(bytes);
    const buffer = this.#idle.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#idleBytes -= size;
    return buffer;
  }

  /** Gives back a buffer that `take` gave, whole. */
  give(buffer: Uint8Array): void {
    const size = buffer.length;
    assert(size === buffer.buffer.byteLength, 'buffer pool: only whole buffers come back');
    if (size > this.#options.bufferBytesMax) return;
    if (this.#idleBytes + size > this.#options.idleBytesMax) return;
    const buffers = this.#idle.get(size);
    if (buffers === undefined) this.#idle.set(size, [buffer]);
    else buffers.push(buffer);
    this.#idleBytes += size;
  }
}

/** Powers of two and three steps between each and the next, so that little is wasted. */
function sizeClass(bytes: number): number {
  if (bytes <= keptBytesMin) return keptBytesMin;
  const below = 2 ** (31 - Math.clz32(bytes - 1));
  const step = below / 4;
  return Math.ceil(bytes / step) * step;
}
