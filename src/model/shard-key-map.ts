/**
 * A map by ShardKey. Keys of a stream's shards are neighbours, so they are kept in blocks: finding
 * one among ten thousand touches a table of a few blocks and one place in an array, where a hash
 * table of all keys would miss the processor's caches several times.
 */
import type { ShardKey } from './stream.ts';

const BLOCK_KEYS = 256;

export class ShardKeyMap<V> {
  readonly #blocks = new Map<number, (V | undefined)[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: ShardKey): V | undefined {
    // Not by the remainder, which takes longer than a division where keys are no small integers.
    const number = Math.floor(key / BLOCK_KEYS);
    return this.#blocks.get(number)?.[key - number * BLOCK_KEYS];
  }

  set(key: ShardKey, value: V): void {
    const number = Math.floor(key / BLOCK_KEYS);
    const at = key - number * BLOCK_KEYS;
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = [];
      this.#blocks.set(number, block);
    }
    while (block.length < at) block.push(undefined);
    if (block[at] === undefined) this.#size += 1;
    block[at] = value;
  }

  delete(key: ShardKey): void {
    const number = Math.floor(key / BLOCK_KEYS);
    const at = key - number * BLOCK_KEYS;
    const block = this.#blocks.get(number);
    if (block?.[at] === undefined) return;
    block[at] = undefined;
    this.#size -= 1;
    if (block.every((value) => value === undefined)) this.#blocks.delete(number);
  }

  /** Calls `put` for every value, in no particular order. */
  forEach(put: (value: V) => void): void {
    for (const block of this.#blocks.values()) {
      for (let at = 0; at < block.length; at++) {
        const value = block[at];
        if (value !== undefined) put(value);
      }
    }
  }

  /** All values, in no particular order; what is deleted meanwhile may be left out. */
  *values(): IterableIterator<V> {
    for (const block of this.#blocks.values()) {
      for (const value of block) if (value !== undefined) yield value;
    }
  }
}
