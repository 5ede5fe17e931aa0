/**
 * A token bucket: so many units per second, and at most `capacity` at once.
 *
 * Invariant: in any window of T seconds no more than `rate * T + capacity` units are taken. Time is
 * passed in, in milliseconds of a clock that never goes back; a bucket is full when it is made.
 */
import { assert } from './assert.ts';

export class TokenBucket {
  // Numbers begin as numbers: after `undefined` each new fraction would be an object of its own.
  readonly #perMs: number = 0;
  #capacity = 0;
  #level = 0;
  #atMs = 0;

  constructor(perSecond: number, capacity: number, nowMs: number) {
    assert(perSecond > 0 && capacity > 0, 'token bucket: rate and capacity are above zero');
    this.#perMs = perSecond / 1000;
    this.#capacity = capacity;
    this.#level = capacity;
    this.#atMs = nowMs;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Units that may be taken at `nowMs`. */
  level(nowMs: number): number {
    if (nowMs > this.#atMs) {
      this.#level = Math.min(this.#capacity, this.#level + (nowMs - this.#atMs) * this.#perMs);
      this.#atMs = nowMs;
    }
    return this.#level;
  }

  /** True when `units` could be taken now. More than the capacity never can. */
  has(units: number, nowMs: number): boolean {
    return this.level(nowMs) >= units;
  }

  /** Takes `units`, which must be there: ask `has` first. */
  take(units: number): void {
    assert(units <= this.#level, 'token bucket: took more than there was');
    this.#level -= units;
  }

  /** True, and takes them, when `units` are there at `nowMs`; else takes nothing. */
  tryTake(units: number, nowMs: number): boolean {
    if (this.level(nowMs) < units) return false;
    this.#level -= units;
    return true;
  }

  /** Changes what fits in the bucket; what is in it stays, up to the new capacity. */
  resize(capacity: number, nowMs: number): void {
    assert(capacity > 0, 'token bucket: capacity is above zero');
    this.level(nowMs);
    this.#capacity = capacity;
    this.#level = Math.min(this.#level, capacity);
  }
}
