/**
 * What a back end offers to front ends: append, read, positions; per shard, by key.
 *
 * Safety rests here: a shard that is closed or unknown is refused whatever the caller believes
 * (I7).
 */
import type { Gather } from '../common/pieces.ts';
import type { Section } from './section.ts';
import type { ShardKey } from './stream.ts';

/**
 * Packed records of one put call, by shard; struct of arrays, no object per shard. A shard may be
 * there several times; then its records are taken in that order. All of it is lent: it must stay as
 * it is until the append has settled, and its records are used for something else afterwards.
 */
export interface ShardAppends {
  /** Number of shards, each as often as it is there. */
  readonly count: number;
  /** ShardKey of each. */
  readonly shards: Float64Array;
  /** Shard i is given the records at places `[firsts[i], firsts[i + 1])`, one or more. */
  readonly firsts: Uint32Array;
  /**
   * Number of the record at each place, ascending within a shard; null where place p is record p.
   */
  readonly records: Uint32Array | null;
  readonly packed: Uint8Array;
  /** As in a RecordBatch. */
  readonly gather?: Gather | undefined;
  /** Record n is `[offsets[n], offsets[n + 1])` of `packed`. */
  readonly offsets: Uint32Array;
  /** As in a RecordBatch. */
  readonly sums?: Uint32Array | undefined;
  /** Where it is given, its outcomes may be entered here. */
  readonly outcomeRoom?: OutcomeRoom | undefined;
}

/** Arrays of AppendOutcomes, as long as they need be or longer. */
export interface OutcomeRoom {
  readonly kinds: Uint8Array;
  readonly baseOrdinals: Float64Array;
  readonly arrivalMs: Float64Array;
}

/** Number of the record at a place. */
export function recordAt({ records }: ShardAppends, place: number): number {
  return records === null ? place : records[place]!;
}

/** What became of the records for one shard. */
export const appendKinds = {
  stored: 0,
  /** Nothing was stored because of the shard's write limit. */
  throttled: 1,
  /** The shard is closed or not here: look at the newer map and route again. */
  moved: 2,
  /** The volume cannot write (disk full, failed): retryable. */
  unavailable: 3,
  /** The stream's key cannot be used. */
  key: 4,
} as const;

/** Why records were not stored, where their shard has nothing to do with it. */
export type AppendFailure =
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** `code` is one of the six KMS errors. */
  | { readonly kind: 'key'; readonly code: string; readonly text: string };

/** Outcome of ShardAppends. */
export interface AppendOutcomes {
  /** By shard, of `appendKinds`. */
  readonly kinds: Uint8Array;
  /** By shard, where it is `stored`: ordinal of the first record stored, and when all were. */
  readonly baseOrdinals: Float64Array;
  readonly arrivalMs: Float64Array;
  /**
   * By place: 1 = refused by the throttle although others of its shard were stored. Null: none.
   */
  readonly refused: Uint8Array | null;
  /** Whether what was stored is encrypted. */
  readonly encrypted: boolean;
  /** Why shards are `unavailable` or `key`; the latter where there are both. */
  readonly failure: AppendFailure | null;
}

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
  /** Resolves when everything accepted is durable. Never rejects for expected reasons. */
  append(appends: ShardAppends): Promise<AppendOutcomes>;
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
