/**
 * Numbers that are never given twice: stream uids and shard keys.
 *
 * They are taken from the store in blocks; a block is on disk before its first number is used, so a
 * crash wastes the rest of a block and repeats nothing.
 */
import { assert } from '../common/assert.ts';
import type { ShardKey } from '../model/stream.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import { KeyedMutex } from './keyed-mutex.ts';

const KEY = 'control/counters';
const BLOCK = { uid: 100, shard: 10_000 } as const;
/** Shard keys have to fit 48 bits wherever they are stored. */
const NUMBER_MAX = 2 ** 48 - 1;

type CounterName = keyof typeof BLOCK;

interface Range {
  /** Next number to give. */
  next: number;
  /** First number that is not ours. */
  end: number;
}

export class Counters {
  readonly #meta: MetaStore;
  readonly #mutex = new KeyedMutex();
  #ranges: Record<CounterName, Range> = empty();

  constructor({ meta }: { readonly meta: MetaStore }) {
    this.#meta = meta;
  }

  async nextUid(): Promise<number> {
    return this.#take('uid', 1);
  }

  /** The first of `count` successive shard keys. */
  async nextShardKeys(count: number): Promise<ShardKey> {
    return this.#take('shard', count);
  }

  async #take(name: CounterName, count: number): Promise<number> {
    return this.#mutex.run(KEY, async () => {
      if (this.#ranges[name].end - this.#ranges[name].next < count) {
        await this.#extend(name, count);
      }
      const first = this.#ranges[name].next;
      this.#ranges[name].next += count;
      return first;
    });
  }

  async #extend(name: CounterName, count: number): Promise<void> {
    const stored = await this.#meta.get(KEY);
    const ends = stored === null ? { uid: 1, shard: 1 } : decode(stored.value);
    const range = this.#ranges[name];
    if (range.end !== ends[name]) {
      // Somebody else, or an earlier life of this process, has taken numbers since.
      range.next = ends[name];
    }
    const end = ends[name] + Math.max(BLOCK[name], count);
    assert(end <= NUMBER_MAX, 'counters: out of numbers');
    const value = new TextEncoder().encode(JSON.stringify({ ...ends, [name]: end }));
    // Where this fails after all it was stored, the next attempt reads it and skips the block.
    await this.#meta.commit([{ key: KEY, expect: stored?.rev ?? 'absent', value }]);
    range.end = end;
  }
}

function empty(): Record<CounterName, Range> {
  return { uid: { next: 0, end: 0 }, shard: { next: 0, end: 0 } };
}

function decode(value: Uint8Array): Record<CounterName, number> {
  return JSON.parse(new TextDecoder().decode(value)) as Record<CounterName, number>;
}
