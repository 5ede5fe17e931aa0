/**
 * Large buffers that are used again instead of being left to the garbage collector, for which they
 * are as heavy as the whole rest of the heap.
 *
 * A buffer belongs to whoever took it until it is given back, and must not be touched after that.
 * Giving back is never needed: what is not given back is garbage. Contents are arbitrary.
 */
import { assert } from './assert.ts';

/** Smaller buffers are not worth keeping. */
const keptBytesMin = 8 * 1024;

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
  /** Unused buffers by their size; the size used last is the last. */
  readonly #idle = new Map<number, Uint8Array[]>();
  #idleBytes = 0;
  /** Bytes that have been unused ever since the last `trim`. */
  #unneededBytes = 0;

  constructor(options: BufferPoolOptions) {
    this.#options = options;
  }

  /** Bytes of unused buffers. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /**
   * A buffer of at least `bytes`. A new one is at most a quarter larger, or as small as is kept; an
   * unused one may be twice that.
   */
  take(bytes: number): Uint8Array {
    const size = sizeClass(bytes);
    const buffer = this.#idle.get(size)?.pop() ?? this.#larger(size);
    if (buffer === undefined) return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
    this.#idleBytes -= buffer.length;
    this.#unneededBytes = Math.min(this.#unneededBytes, this.#idleBytes);
    return buffer;
  }

  /** The smallest unused buffer that is larger than `size`, but not by much. */
  #larger(size: number): Uint8Array | undefined {
    let best: Uint8Array[] | undefined;
    let bestSize = 2 * size + 1;
    for (const [idleSize, buffers] of this.#idle) {
      if (idleSize > size && idleSize < bestSize && buffers.length > 0) {
        best = buffers;
        bestSize = idleSize;
      }
    }
    return best?.pop();
  }

  /** Gives back a buffer that `take` gave, whole. */
  give(buffer: Uint8Array): void {
    const size = buffer.length;
    assert(size === buffer.buffer.byteLength, 'buffer pool: only whole buffers come back');
    const { bufferBytesMax, idleBytesMax } = this.#options;
    if (size > bufferBytesMax || size > idleBytesMax) return;
    const buffers = this.#idle.get(size) ?? [];
    this.#idle.delete(size);
    this.#idle.set(size, buffers);
    buffers.push(buffer);
    this.#idleBytes += size;
    if (this.#idleBytes > idleBytesMax) this.#forget(idleBytesMax);
  }

  /**
   * Leaves to the collector what was not needed since the last call, so that after a busy time the
   * memory goes back; for every few seconds.
   */
  trim(): void {
    this.#forget(this.#idleBytes - this.#unneededBytes);
    this.#unneededBytes = this.#idleBytes;
  }

  /**
   * Leaves buffers to the collector until no more than `bytesMax` are unused, those of sizes not
   * seen for longest first.
   */
  #forget(bytesMax: number): void {
    for (const [size, buffers] of this.#idle) {
      while (buffers.length > 0 && this.#idleBytes > bytesMax) {
        buffers.pop();
        this.#idleBytes -= size;
      }
      if (buffers.length > 0) break;
      this.#idle.delete(size);
    }
    this.#unneededBytes = Math.min(this.#unneededBytes, this.#idleBytes);
  }
}

/** What gives `buffer` back, once however often it is called. */
export function givingOnce(buffers: Buffers, buffer: Uint8Array): () => void {
  return onlyOnce(() => buffers.give(buffer));
}

/** Calls `release` the first time only: what is given back twice is lent to two at a time. */
export function onlyOnce(release: () => void): () => void {
  let wanted: (() => void) | null = release;
  return () => {
    const call = wanted;
    wanted = null;
    call?.();
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
