/**
 * Buffers that are spoilt when they come back, so that whoever still looks at one is found out.
 */
import { assert } from '../common/assert.ts';
import type { Buffers } from '../common/buffer-pool.ts';

const SPOILT = 0xee;

/** Overwrites what was lent and is used for something else from now on. */
export function spoil(bytes: Uint8Array): void {
  bytes.fill(SPOILT);
}

export class SpoilingBuffers implements Buffers {
  readonly #lent = new WeakSet<Uint8Array>();

  take(bytes: number): Uint8Array {
    const buffer = new Uint8Array(bytes);
    this.#lent.add(buffer);
    return buffer;
  }

  give(buffer: Uint8Array): void {
    assert(this.#lent.delete(buffer), 'a buffer that is given back was lent');
    spoil(buffer);
  }
}
