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

/** Buffers that are lent and may come back. */
export interface Buffers {
  /** A buffer of at least `bytes`, with whatever content. */
  take(bytes: number): Uint8Array;
  /** Gives back a buffer that `take` gave, whole. */
  give(buffer: Uint8Array): void;
}

/** A new buffer each time, none larger than asked. */
export const freshBuffers: Buffers = {
  take: (bytes) => new Uint8Array(bytes),
  give: () => undefined,
};

export class BufferPool implements Buffers {
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
    if (buffer === undefined) return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
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

/**
 * What gives `buffer` back when it is first called; giving one back twice would lend it to two at
 * a time.
 */
export function givingOnce(buffers: Buffers, buffer: Uint8Array): () => void {
  let held: Uint8Array | null = buffer;
  return () => {
    if (held === null) return;
    buffers.give(held);
    held = null;
  };
}

/** Calls all of them. */
export function allOf(releases: readonly (() => void)[]): () => void {
  return () => {
    for (const release of releases) release();
  };
}

/** Powers of two and three steps between each and the next, so that little is wasted. */
function sizeClass(bytes: number): number {
  if (bytes <= keptBytesMin) return keptBytesMin;
  const below = 2 ** (31 - Math.clz32(bytes - 1));
  const step = below / 4;
  return Math.ceil(bytes / step) * step;
}
