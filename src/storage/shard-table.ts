/**
 * What a volume knows of each shard at all times: ordinals, last arrival, and its sections in the
 * tail ring.
 */
import { ShardKeyMap } from '../model/shard-key-map.ts';
import type { ShardKey } from '../model/stream.ts';
import { TailsWriter } from './tails.ts';
import type { ShardEntries, UnitIndexBuilder } from './unit-index.ts';

export class ShardState {
  // Numbers begin as numbers: after `undefined` each new large one would be an object of its own.
  readonly shard: ShardKey = 0;
  /** Next ordinal by what is durable. */
  next = 0;
  /** Next ordinal by what is durable or waiting. */
  queuedNext = 0;
  lastArrivalMs = 0;
  /** Oldest ordinal that may still be stored. */
  oldest = 0;
  /** Oldest and newest entry in the tail ring; null where it has none. */
  hotFirst: number | null = null;
  hotLast: number | null = null;
  /** Every stored record from this ordinal on is in the tail ring. */
  hotOrdinal = 0;
  /** The unit that this shard was written to last, and its entries there. */
  unit: UnitIndexBuilder | null = null;
  entries: ShardEntries | null = null;

  constructor(shard: ShardKey, next: number, lastArrivalMs: number, oldest: number) {
    this.shard = shard;
    this.next = next;
    this.queuedNext = next;
    this.lastArrivalMs = lastArrivalMs;
    this.oldest = oldest;
    this.hotOrdinal = next;
  }
}

export class ShardTable {
  readonly #states = new ShardKeyMap<ShardState>();

  get size(): number {
    return this.#states.size;
  }

  get(shard: ShardKey): ShardState | undefined {
    return this.#states.get(shard);
  }

  /** The shard's state; a shard that was never seen begins at ordinal 1. */
  ensure(shard: ShardKey): ShardState {
    let state = this.#states.get(shard);
    if (state === undefined) {
      state = new ShardState(shard, 1, 0, 1);
      this.#states.set(shard, state);
    }
    return state;
  }

  set(state: ShardState): void {
    this.#states.set(state.shard, state);
  }

  delete(shard: ShardKey): void {
    this.#states.delete(shard);
  }

  /** Calls `put` for every state, in no particular order. */
  forEach(put: (state: ShardState) => void): void {
    this.#states.forEach(put);
  }

  values(): IterableIterator<ShardState> {
    return this.#states.values();
  }

  /** The tails snapshot of this moment; null when there is no shard. */
  tails(): Uint8Array | null {
    if (this.#states.size === 0) {
      return null;
    }
    const writer = new TailsWriter(this.#states.size);
    this.#states.forEach((state) => writer.put(state.shard, state.next, state.lastArrivalMs));
    return writer.bytes;
  }
}
