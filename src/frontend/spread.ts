/**
 * How the records of large puts spread over shards lately: what is worth doing with each record
 * ahead of time depends on whether it will be alone in its shard. A guess, on which nothing but
 * speed depends.
 */

/** Calls of fewer records say nothing about large ones. */
const RECORDS_MIN = 64;
/** From so many shards per record on most records are alone: few would come together. */
const WIDE = 0.7;
/** The part that one call has in the mean. */
const SHARE = 1 / 8;
/** One of so many calls is grouped all the same, to see how records spread by now. */
const LOOKED_AT = 8;

export class Spread {
  /** Mean of shards per record. */
  #mean = 0;
  /** Calls since the last one that was grouped, where they need not be. */
  #ungrouped = 0;

  /** Whether most records of a call are the only ones of theirs for their shard. */
  get isWide(): boolean {
    return this.#mean >= WIDE;
  }

  /**
   * Whether the records of a call to a stream of so many shards are not worth grouping by shard;
   * where they are, `note` is to be told what came of it.
   */
  takesEach(records: number, shards: number): boolean {
    if (records < RECORDS_MIN || records > shards || !this.isWide) return false;
    this.#ungrouped = (this.#ungrouped + 1) % LOOKED_AT;
    return this.#ungrouped !== 0;
  }

  /** A call's records went to so many shards. */
  note(records: number, shards: number): void {
    if (records >= RECORDS_MIN) this.#mean += SHARE * (shards / records - this.#mean);
  }
}
