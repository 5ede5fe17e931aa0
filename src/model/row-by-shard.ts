/**
 * In which row of some table each shard is. Keys of a stream's shards are neighbours, so they are
 * kept in blocks: finding one among ten thousand touches a table of a few blocks and one place in
 * an array, where a hash table of all keys would miss the processor's caches several times.
 */
import type { ShardKey } from './stream.ts';

const BLOCK_KEYS = 256;
/** No row. */
const NONE = -1;

interface Block {
  readonly rows: Int32Array;
  /** How many of them are rows. */
  count: number;
}

export class RowByShard {
  readonly #blocks = new Map<number, Block>();
  #size = 0;

  /** Shards that have a row. */
  get size(): number {
    return this.#size;
  }

  /** The row of a shard; -1 where it has none. */
  get(key: ShardKey): number {
    // Not by the remainder, which takes longer than a division where keys are no small integers.
    const number = Math.floor(key / BLOCK_KEYS);
    const block = this.#blocks.get(number);
    return block === undefined ? NONE : block.rows[key - number * BLOCK_KEYS]!;
  }

  /** Gives a shard a row, which is at least 0. */
  set(key: ShardKey, row: number): void {
    const number = Math.floor(key / BLOCK_KEYS);
    const at = key - number * BLOCK_KEYS;
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = { rows: new Int32Array(BLOCK_KEYS).fill(NONE), count: 0 };
      this.#blocks.set(number, block);
    }
    if (block.rows[at] === NONE) {
      block.count += 1;
      this.#size += 1;
    }
    block.rows[at] = row;
  }

  delete(key: ShardKey): void {
    const number = Math.floor(key / BLOCK_KEYS);
    const at = key - number * BLOCK_KEYS;
    const block = this.#blocks.get(number);
    if (block === undefined || block.rows[at] === NONE) return;
    block.rows[at] = NONE;
    block.count -= 1;
    this.#size -= 1;
    if (block.count === 0) this.#blocks.delete(number);
  }
}
