/**
 * What a back end offers to front ends: append, read, positions; per shard, by key.
 *
 * Safety rests here: a shard that is closed or unknown is refused whatever the caller believes
 * (I7).
 */
import type { Section } from './section.ts';
import type { ShardKey } from './stream.ts';

/**
 * Packed records of one put call for one shard, in request order. The payload is lent: it must stay
 * as it is until the append has settled, and is used for something else afterwards.
 */
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
      /**
       * Where it is given, payloads are lent: calling it says that nobody looks at any of them any
       * more. It may be called late, twice or never; followers, who share an outcome, never do.
       */
      readonly release?: (() => void) | undefined;
    }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'gone' }
  /** Stored data of this range is damaged; it is quarantined and never served. */
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'key'; readonly code: string; readonly text: string };

/** A successful read. Followers at the same place of a shard are given the very same object. */
export type RecordsOutcome = Extract<ReadOutcome, { readonly kind: 'records' }>;

/** Why following ended without the follower asking for it. */
export type FollowFailure =
  | Exclude<ReadOutcome, { readonly kind: 'records' | 'throttled' }>
  /** The same consumer follows the shard from elsewhere now. */
  | { readonly kind: 'taken-over' };

/** The receiving end of a subscription, in the process that holds the shard. */
export interface Follower {
  /**
   * Records in order, each once. An outcome with `atEnd` is the last. False asks to wait for
   * `resume`.
   */
  deliver(records: RecordsOutcome): boolean;
  /** Following has ended; nothing is delivered any more. */
  fail(failure: FollowFailure): void;
}

export interface Following {
  /** The follower has room again. */
  resume(): void;
  /** Ends it; nothing is delivered any more. Stopping twice does nothing. */
  stop(): void;
}

export interface FollowRequest {
  readonly shard: ShardKey;
  /** Ordinal of the first record wanted. */
  readonly fromOrdinal: number;
  /** Who follows; one at a time per consumer and shard. */
  readonly consumer: string;
}

export type FollowOutcome =
  | { readonly kind: 'following'; readonly following: Following }
  | { readonly kind: 'gone' }
  /** The consumer began to follow this shard less than five seconds ago. */
  | { readonly kind: 'in-use' }
  | { readonly kind: 'rate-exceeded' };

/** What a front end needs of a back end, in this thread or behind a link. */
export interface RecordsBackend {
  /**
   * One outcome per append, in order. Resolves when everything accepted is durable. Never rejects
   * for expected reasons.
   */
  append(appends: readonly ShardAppend[]): Promise<readonly ShardAppendOutcome[]>;
  read(request: ReadRequest): ReadOutcome | Promise<ReadOutcome>;
  /** Ordinal a query stands for, never below the trim horizon; null when the shard is not here. */
  position(shard: ShardKey, query: PositionQuery): Promise<number | null>;
  /** Pushes records of a shard as they become durable. Delivery begins on a later turn. */
  follow(request: FollowRequest, follower: Follower): FollowOutcome | Promise<FollowOutcome>;
}

export interface Backend extends RecordsBackend {
  follow(request: FollowRequest, follower: Follower): FollowOutcome;
  /**
   * Refuses further appends to these shards; resolves once those in flight are settled, with the
   * latest arrival of any record in them, epoch ms, 0 where there is none.
   */
  seal(shards: readonly ShardKey[]): Promise<number>;
  /** Takes back a seal whose metadata commit failed. */
  unseal(shards: readonly ShardKey[]): void;
}
