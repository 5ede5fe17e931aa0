/**
 * The shards of a unit that is being indexed, as columns by slot: where each one stood when the
 * unit began, and its newest row.
 */
import { assert } from '../common/assert.ts';
import { RowByShard } from '../model/row-by-shard.ts';
import type { ShardKey } from '../model/stream.ts';

const SLOTS_FIRST = 64;
/** No slot, no row, no ordinal. */
const NONE = -1;

export class IndexSlots {
  shards: Float64Array = new Float64Array(SLOTS_FIRST);
  /** Next ordinal and last arrival when the unit began; an ordinal of -1 where nothing has. */
  begins: Float64Array = new Float64Array(SLOTS_FIRST).fill(NONE);
  beginArrivalMs: Float64Array = new Float64Array(SLOTS_FIRST);
  /** The same at its end, as far as it is known beside the newest row. */
  ends: Float64Array = new Float64Array(SLOTS_FIRST);
  endArrivalMs: Float64Array = new Float64Array(SLOTS_FIRST);
  /** The newest row; -1 where there is none. */
  last: Int32Array = new Int32Array(SLOTS_FIRST).fill(NONE);
  /** Where a shard may be: it is there where `shards` and `begins` say so. */
  readonly #byKey = new RowByShard();
  /** As `sorted` gave it last; mostly it holds for the next unit as well. */
  #order = new Uint32Array(0);
  /** Above every slot that has begun. */
  #end = 0;

  get end(): number {
    return this.#end;
  }

  /** The slot of a shard; -1 where it has not begun. */
  find(shard: ShardKey): number {
    const slot = this.#byKey.get(shard);
    const isBegun = slot !== NONE && this.shards[slot] === shard && this.begins[slot] !== NONE;
    return isBegun ? slot : NONE;
  }

  begin(slot: number, shard: ShardKey, next: number, lastArrivalMs: number): void {
    while (slot >= this.shards.length) this.#grow();
    assert(this.begins[slot] === NONE, 'index: the slot has begun');
    if (this.shards[slot] !== shard || this.#byKey.get(shard) !== slot) {
      const before = this.shards[slot]!;
      if (this.#byKey.get(before) === slot) this.#byKey.delete(before);
      this.#byKey.set(shard, slot);
      this.shards[slot] = shard;
    }
    this.begins[slot] = next;
    this.beginArrivalMs[slot] = lastArrivalMs;
    this.ends[slot] = next;
    this.endArrivalMs[slot] = lastArrivalMs;
    this.last[slot] = NONE;
    this.#end = Math.max(this.#end, slot + 1);
  }

  /** No slot has begun; where shards were is remembered. */
  clear(): void {
    this.begins.fill(NONE);
    this.last.fill(NONE);
    this.#end = 0;
  }

  /** All slots that have begun, by ShardKey. */
  sorted(): Uint32Array {
    const { begins, shards } = this;
    let count = 0;
    for (let slot = 0; slot < this.#end; slot += 1) if (begins[slot] !== NONE) count += 1;
    if (!this.#isOrderOf(count)) {
      const keys = new Float64Array(count);
      for (let slot = 0, at = 0; slot < this.#end; slot += 1) {
        if (begins[slot] !== NONE) keys[at++] = shards[slot]!;
      }
      // Sorting numbers needs no call per comparison.
      keys.sort();
      this.#order = Uint32Array.from(keys, (key) => this.#byKey.get(key));
    }
    return this.#order;
  }

  /** Whether the order of the unit before is that of the `count` slots that have begun. */
  #isOrderOf(count: number): boolean {
    const { begins, shards } = this;
    const order = this.#order;
    let before = NONE;
    for (let i = 0; i < order.length; i += 1) {
      const shard = shards[order[i]!]!;
      if (begins[order[i]!] === NONE || shard <= before) return false;
      before = shard;
    }
    return order.length === count;
  }

  #grow(): void {
    const capacity = 2 * this.shards.length;
    this.shards = larger(new Float64Array(capacity), this.shards);
    this.begins = larger(new Float64Array(capacity).fill(NONE), this.begins);
    this.beginArrivalMs = larger(new Float64Array(capacity), this.beginArrivalMs);
    this.ends = larger(new Float64Array(capacity), this.ends);
    this.endArrivalMs = larger(new Float64Array(capacity), this.endArrivalMs);
    this.last = larger(new Int32Array(capacity).fill(NONE), this.last);
  }
}

/** `into` with `from` at its begin. */
function larger<A extends Float64Array | Int32Array>(into: A, from: A): A {
  into.set(from);
  return into;
}
