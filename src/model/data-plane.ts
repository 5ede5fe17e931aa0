/**
 * What a back end offers to front ends: append, read, positions; per shard, by key.
 *
 * Safety rests here: a shard that is closed or unknown is refused whatever the caller believes
 * (I7).
 */
import type { Section } from './section.ts';
import type { ShardKey } from './stream.ts';

/** Packed records of one put call for one shard, in request order. */
export interface ShardAppend {
  readonly shard: ShardKey;
  readonly count: number;
  readonly payload: Uint8Array;
}

/** Outcome of one ShardAppend. */
export type ShardAppendOutcome =
  | {
      readonly kind: 'stored';
      readonly baseOrdinal: number;
      readonly arrivalMs: number;
      readonly encrypted: boolean;
      /**
       * Null when all records were stored; else one byte per record, 1 = refused by the throttle.
       */
      readonly refused: Uint8Array | null;
    }
  /** Nothing of this append was stored because of the shard's write limit. */
  | { readonly kind: 'throttled' }
  /** The shard is closed or not here: look at the newer map and route again. */
  | { readonly kind: 'moved' }
  /** The volume cannot write (disk full, failed): retryable. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** The stream's key cannot be used; `code` is one of the six KMS errors. */
  | { readonly kind: 'key'; readonly code: string; readonly text: string };

export type PositionQuery =
  | { readonly kind: 'trim-horizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'timestamp'; readonly ms: number };

export interface ReadRequest {
  readonly shard: ShardKey;
  readonly fromOrdinal: number;
  readonly recordsMax: number;
  /** Bytes of data and partition keys. */
  readonly bytesMax: number;
}

export type ReadOutcome =
  | {
      readonly kind: 'records';
      /** Decrypted sections, trimmed to the asked range: every record in them is to be returned. */
      readonly sections: readonly Section[];
      /** Ordinal to continue at. */
      readonly nextOrdinal: number;
      /** True when the shard is closed and `nextOrdinal` is its end. */
      readonly atEnd: boolean;
      readonly millisBehindLatest: number;
    }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'gone' }
  /** Stored data of this range is damaged; it is quarantined and never served. */
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'key'; readonly code: string; readonly text: string };

export interface Backend {
  /**
   * One outcome per append, in order. Resolves when everything accepted is durable. Never rejects
   * for expected reasons.
   */
  append(appends: readonly ShardAppend[]): Promise<readonly ShardAppendOutcome[]>;
  read(request: ReadRequest): ReadOutcome | Promise<ReadOutcome>;
  /** Ordinal a query stands for, never below the trim horizon; null when the shard is not here. */
  position(shard: ShardKey, query: PositionQuery): Promise<number | null>;
  /** Refuses further appends to these shards and resolves once those in flight are settled. */
  seal(shards: readonly ShardKey[]): Promise<void>;
  /** Takes back a seal whose metadata commit failed. */
  unseal(shards: readonly ShardKey[]): void;
}
