/**
 * The tails snapshot: for every shard of a volume the next ordinal and the last arrival.
 *
 * It is the first section of every storage unit, so dropping older units never forgets an ordinal
 * that was given out (ordinals are never reused, I3). Rows are 24 bytes: shard, next ordinal, last
 * arrival, each u64.
 */
import { assert } from '../common/assert.ts';
import { getU64, setU64, viewOf } from '../common/bytes.ts';
import type { ShardKey } from '../model/stream.ts';

const ROW_BYTES = 24;

/** Encodes `count` rows; `rowOf` calls `put` once for each. */
export class TailsWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(count: number) {
    this.bytes = new Uint8Array(count * ROW_BYTES);
    this.#view = new DataView(this.bytes.buffer);
  }

  put(shard: ShardKey, next: number, lastArrivalMs: number): void {
    setU64(this.#view, this.#at, shard);
    setU64(this.#view, this.#at + 8, next);
    setU64(this.#view, this.#at + 16, lastArrivalMs);
    this.#at += ROW_BYTES;
  }
}

/** Calls `row` for each shard of a snapshot whose checksum has been verified. */
export function forEachTail(
  bytes: Uint8Array,
  row: (shard: ShardKey, next: number, lastArrivalMs: number) => void,
): void {
  assert(bytes.byteLength % ROW_BYTES === 0, 'tails: not a whole number of rows');
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.byteLength; at += ROW_BYTES) {
    row(getU64(view, at), getU64(view, at + 8), getU64(view, at + 16));
  }
}
