/**
 * Token buckets by name, for limits such as "five calls per second and stream".
 *
 * Memory is bounded: a bucket that has filled up again says nothing and is dropped, and at most
 * `keysMax` are kept. Where more than that are in use at once, the one unused for longest is
 * forgotten, which can only let a call through, never refuse one below its limit.
 */
import { assert } from './assert.ts';
import { TokenBucket } from './token-bucket.ts';

export interface KeyedLimiterOptions {
  /** Most buckets kept at a time. */
  readonly keysMax: number;
}

export class KeyedLimiter {
  readonly #keysMax: number;
  /** In order of last use, oldest first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: KeyedLimiterOptions) {
    assert(options.keysMax > 0, 'keyed limiter: at least one key');
    this.#keysMax = options.keysMax;
  }

  /** Buckets held now. */
  get size(): number {
    return this.#buckets.size;
  }

  /**
   * Takes one unit from the bucket of `key`; false when it is empty. A key must come with the same
   * rate and burst every time: they are read when its bucket is made.
   */
  tryTake(key: string, perSecond: number, burst: number, nowMs: number): boolean {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#makeRoom(nowMs);
      bucket = new TokenBucket(perSecond, burst, nowMs);
    } else {
      this.#buckets.delete(key);
    }
    this.#buckets.set(key, bucket);
    return bucket.tryTake(1, nowMs);
  }

  #makeRoom(nowMs: number): void {
    if (this.#buckets.size < this.#keysMax) return;
    for (const [key, bucket] of this.#buckets) {
      if (bucket.has(bucket.capacity, nowMs)) this.#buckets.delete(key);
    }
    if (this.#buckets.size < this.#keysMax) return;
    const oldest = this.#buckets.keys().next();
    assert(!oldest.done, 'keyed limiter: full, so there is an oldest');
    this.#buckets.delete(oldest.value);
  }
}
