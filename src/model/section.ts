/**
 * Sections: what a group commit is made of, and what readers get back.
 *
 * One section holds consecutive records of one shard that arrived together. Storage does not look
 * into the payload; ordinals rise by one per record and never repeat within a shard (I3).
 */
import type { ShardKey } from './stream.ts';

export interface Section {
  readonly shard: ShardKey;
  /** Ordinal of the first record. */
  readonly baseOrdinal: number;
  /** Number of records. */
  readonly count: number;
  /** When the records were stored, epoch ms; never decreases within a shard. */
  readonly arrivalMs: number;
  /** 0 when the payload is plain; else which data key encrypted it (u32). */
  readonly keyId: number;
  readonly payload: Uint8Array;
}
