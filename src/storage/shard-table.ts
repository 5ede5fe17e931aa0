/**
 * What a volume knows of each shard at all times: ordinals, last arrival, and its end of the tail
 * ring.
 *
 * Numbers of a shard lie in one row of 64 bytes, a line of the processor's caches: with ten
 * thousand shards whatever an append looks at is a miss of those caches, so it looks at one line.
 * Rows are named by their number; who is not in a hurry asks for a ShardState.
 */
import { assert } from '../common/assert.ts';
import { halfWords, linedWords, lineWords } from '../common/lined-words.ts';
import { RowByShard } from '../model/row-by-shard.ts';
import type { ShardKey } from '../model/stream.ts';
import { TailsWriter } from './tails.ts';

/** Words of eight bytes in a row. */
export const shardWords: number = lineWords;
/** Fields of a row, as words of eight bytes: next ordinal by what is durable. */
export const shardNext = 0;
/** Next ordinal by what is durable or waiting. */
export const shardQueuedNext = 1;
export const shardLastArrivalMs = 2;
/** The newest entry in the tail ring. It and the others may have given way; -1: none so far. */
export const shardHotLast = 3;
/** The newest entries in the tail ring whose places are multiples of the ring's strides. */
export const shardHotMarks = 4;
/** ShardKey; -1 in a row that is nobody's. */
export const shardKey = 6;
/** Words of four bytes in a row, and a field as such: the place of the newest ring entry. */
export const shardHalves: number = 2 * shardWords;
export const shardHotPlace = 14;

const ROWS_FIRST = 64;
/** What is no ordinal. */
const NONE = -1;

/** One shard of a table. What it says stays what it was when the shard is deleted. */
export class ShardState {
  readonly shard: ShardKey;
  #table: ShardTable;
  #row: number;

  constructor(shard: ShardKey, table: ShardTable, row: number) {
    this.shard = shard;
    this.#table = table;
    this.#row = row;
  }

  get row(): number {
    return this.#row;
  }
  get next(): number {
    return this.#table.f64[this.#row * shardWords + shardNext]!;
  }
  get queuedNext(): number {
    return this.#table.f64[this.#row * shardWords + shardQueuedNext]!;
  }
  get lastArrivalMs(): number {
    return this.#table.f64[this.#row * shardWords + shardLastArrivalMs]!;
  }
  get hotLast(): number {
    return this.#table.f64[this.#row * shardWords + shardHotLast]!;
  }
  /** Oldest ordinal that may still be stored. */
  get oldest(): number {
    return this.#table.oldest(this.#row);
  }
  set oldest(ordinal: number) {
    this.#table.setOldest(this.#row, ordinal);
  }

  /** Its row is about to be another's: takes a copy. */
  detach(): void {
    const alone = new ShardTable(1);
    const row = alone.add(this.shard, this.next, this.lastArrivalMs, this.oldest);
    alone.f64.set(this.#table.f64.subarray(this.#row * shardWords, (this.#row + 1) * shardWords));
    this.#table = alone;
    this.#row = row;
  }
}

export class ShardTable {
  /** Rows, and the same memory as words of four bytes; others once there are more shards. */
  f64: Float64Array;
  i32: Int32Array;
  /** By row, what is seldom wanted. */
  #oldest: Float64Array;
  readonly #states: (ShardState | null)[] = [];
  readonly #rows = new RowByShard();
  /** Rows that are nobody's. */
  readonly #free: number[] = [];
  /** Rows of deleted shards until `recycle`. */
  readonly #left = new Map<ShardKey, number>();

  constructor(capacity: number = ROWS_FIRST) {
    this.f64 = linedWords(capacity * shardWords);
    this.i32 = halfWords(this.f64);
    this.#oldest = new Float64Array(capacity);
  }

  /** Number of shards. */
  get size(): number {
    return this.#rows.size;
  }

  /** Above the row of every shard. */
  get rows(): number {
    return this.#states.length;
  }

  /** The row of a shard, if it is the guessed one; else as `rowOf`. Looks at that row only. */
  guessed(shard: ShardKey, guess: number): number {
    const isRight = guess >= 0 && this.f64[guess * shardWords + shardKey] === shard;
    return isRight ? guess : this.rowOf(shard);
  }

  /** The row of a shard; -1 where it was never seen. */
  rowOf(shard: ShardKey): number {
    return this.#rows.get(shard);
  }

  get(shard: ShardKey): ShardState | undefined {
    const row = this.rowOf(shard);
    return row === NONE ? undefined : (this.state(row) ?? undefined);
  }

  /** The shard in a row; null where there is none. */
  state(row: number): ShardState | null {
    if (!this.has(row)) return null;
    const state = this.#states[row] ?? new ShardState(this.shard(row), this, row);
    this.#states[row] = state;
    return state;
  }

  /** Whether a row is a shard's. */
  has(row: number): boolean {
    return this.shard(row) !== NONE;
  }

  shard(row: number): ShardKey {
    return this.f64[row * shardWords + shardKey]!;
  }

  oldest(row: number): number {
    return this.#oldest[row]!;
  }

  setOldest(row: number, ordinal: number): void {
    this.#oldest[row] = ordinal;
  }

  /** Enters a shard that is not there yet, and gives its row; after `delete` the one it had. */
  add(shard: ShardKey, next: number, lastArrivalMs: number, oldest: number): number {
    assert(this.rowOf(shard) === NONE, 'shards: it is there already');
    const row = this.#left.get(shard) ?? this.#free.pop() ?? this.rows;
    this.#left.delete(shard);
    if (row === this.#oldest.length) this.#grow();
    this.#rows.set(shard, row);
    this.#states[row] = null;
    this.#oldest[row] = oldest;
    const at = row * shardWords;
    this.f64.fill(0, at, at + shardWords);
    this.f64[at + shardNext] = next;
    this.f64[at + shardQueuedNext] = next;
    this.f64[at + shardLastArrivalMs] = lastArrivalMs;
    this.f64[at + shardHotLast] = NONE;
    this.f64[at + shardKey] = shard;
    return row;
  }

  delete(shard: ShardKey): void {
    const row = this.rowOf(shard);
    if (row === NONE) return;
    this.#states[row]?.detach();
    this.#states[row] = null;
    this.#rows.delete(shard);
    this.f64[row * shardWords + shardKey] = NONE;
    this.#left.set(shard, row);
  }

  /** From now on rows of shards deleted before may be given to others. */
  recycle(): void {
    this.#free.push(...this.#left.values());
    this.#left.clear();
  }

  /** All shards, in no particular order; what is deleted meanwhile may be left out. */
  *values(): IterableIterator<ShardState> {
    for (let row = 0; row < this.rows; row += 1) {
      const state = this.state(row);
      if (state !== null) yield state;
    }
  }

  /** The tails snapshot of this moment; null when there is no shard. */
  tails(): Uint8Array | null {
    if (this.size === 0) {
      return null;
    }
    const writer = new TailsWriter(this.size);
    for (let row = 0, at = 0; row < this.rows; row += 1, at += shardWords) {
      if (this.has(row)) {
        writer.put(this.shard(row), this.f64[at + shardNext]!, this.f64[at + shardLastArrivalMs]!);
      }
    }
    return writer.bytes;
  }

  #grow(): void {
    const capacity = 2 * this.#oldest.length;
    const f64 = linedWords(capacity * shardWords);
    f64.set(this.f64);
    this.f64 = f64;
    this.i32 = halfWords(f64);
    const oldest = new Float64Array(capacity);
    oldest.set(this.#oldest);
    this.#oldest = oldest;
  }
}
