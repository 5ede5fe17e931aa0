/**
 * VolumeStore: the records of one volume as shards see them, whatever engine keeps its frames.
 */
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import type { SectionBatch } from './section-batch.ts';

/** A run of sections of one shard, in ordinal order. */
export interface SectionRun {
  readonly sections: readonly Section[];
  /** True when a corrupt range was met: sections end before it, and reading on must fail. */
  readonly blocked: boolean;
  /**
   * Where it is given, payloads are lent: calling it says that nobody looks at any of them any
   * more. It may be called late, twice or never; never is the right choice for whoever passes
   * sections on to others.
   */
  readonly release?: (() => void) | undefined;
}

export interface ShardBounds {
  /** Ordinal of the oldest record still stored; equals `next` when none is. */
  readonly oldest: number;
  /** Ordinal the next record will get. The first record of a shard has ordinal 1. */
  readonly next: number;
  /** Arrival of the newest record ever stored, 0 when none. */
  readonly lastArrivalMs: number;
}

/** The sections of one commit. */
export interface CommittedSections {
  readonly count: number;
  shard(index: number): ShardKey;
}

/** Too much is waiting to be written already. Nothing of the call was stored; retry later. */
export class VolumeBusyError extends Error {
  override readonly name = 'VolumeBusyError';
}

/** Stored bytes that cannot be served, as found at start, by a read or by a rewrite. */
export interface DamageReport {
  readonly volume: number;
  /** The shard whose records are affected; null where that is not known. */
  readonly shard: ShardKey | null;
  /** Engine position of the frame or range. */
  readonly position: number;
  /** How much is affected, as far as known. */
  readonly bytes: number;
  readonly detail: string;
}

/**
 * The store of one volume's records as shards see it: group commit above a CommitLog, tail ring,
 * index.
 */
export interface VolumeStore {
  /**
   * Appends sections, all in one commit or a later one each, in call order. Resolves when all are
   * durable; payloads and arrays are lent until it has returned. Rejects with LogFullError
   * (retryable, nothing stored), EngineUnavailableError or FencedError (the volume is stopped).
   */
  append(sections: readonly Section[] | SectionBatch): Promise<void>;
  /**
   * Sections that hold ordinals from `fromOrdinal` on (the first may begin below it), until
   * `recordsMax` records or `bytesMax` payload bytes are passed (at least one section if there is
   * any). Only durable ones. Synchronous when the tail ring has them.
   */
  read(
    shard: ShardKey,
    fromOrdinal: number,
    recordsMax: number,
    bytesMax: number,
  ): SectionRun | Promise<SectionRun>;
  /** Ordinal of the first record with `arrivalMs >= ms`; `next` when there is none. */
  seekTime(shard: ShardKey, ms: number): number | Promise<number>;
  bounds(shard: ShardKey): ShardBounds;
  /**
   * Called after each commit with its sections, in commit order, before `append` resolves; valid
   * during the call only. Returns the unsubscriber.
   */
  onCommitted(listener: (committed: CommittedSections) => void): () => void;
  /**
   * Drops or rewrites stored data that no shard needs. `horizonMs(shard)` is the instant before
   * which the shard's records may go; Infinity for shards that are gone.
   */
  retain(horizonMs: (shard: ShardKey) => number): Promise<void>;
  /** Flushes, then closes; later calls reject. */
  close(): Promise<void>;
}
