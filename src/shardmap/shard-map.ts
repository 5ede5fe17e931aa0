/**
 * The shard map: which open shard owns a hash key, and what the data plane must know of its stream.
 *
 * Entries are immutable; a change replaces a stream's entry and advances the version. An entry is
 * published only if its open shards tile 0 … 2^128-1 (I4) and versions never go back (I6).
 */
import type { ShardDocument, ShardKey, StreamDocument } from '../model/stream.ts';

export interface ShardEntry {
  readonly document: ShardDocument;
  readonly stream: StreamEntry;
  /** Shards that name this one as a parent, in index order. */
  readonly children: readonly ShardDocument[];
}

/**
 * Open shards of a stream, sorted by start: `starts` has four big-endian words per shard. What puts
 * need of a shard lies in arrays, where ten thousand of them take little of the processor's caches.
 */
export interface OpenShardTable {
  readonly starts: Uint32Array;
  readonly shards: readonly ShardEntry[];
  /** Four words each: its ShardKey, its index, the second of its creation, and an unused one. */
  readonly facts: Float64Array;
}

/** Half a line of the processor's caches: what is wanted of a shard is one read from memory. */
const FACT_WORDS = 4;

/** The ShardKey of shard `i` of a table. */
export function keyAt({ facts }: OpenShardTable, i: number): ShardKey {
  return facts[FACT_WORDS * i]!;
}

/** Which shard of its stream shard `i` of a table is. */
export function indexAt({ facts }: OpenShardTable, i: number): number {
  return facts[FACT_WORDS * i + 1]!;
}

/** When shard `i` of a table was created, epoch seconds. */
export function createdSecondsAt({ facts }: OpenShardTable, i: number): number {
  return facts[FACT_WORDS * i + 2]!;
}

/** The table of open shards that are sorted by `starts`. */
export function openShardTable(starts: Uint32Array, shards: readonly ShardEntry[]): OpenShardTable {
  const facts = new Float64Array(FACT_WORDS * shards.length);
  shards.forEach(({ document: { key, index, createdSeconds } }, i) => {
    facts.set([key, index, createdSeconds], FACT_WORDS * i);
  });
  return { starts, shards, facts };
}

export interface StreamEntry {
  readonly document: StreamDocument;
  /** Grows with every published change of this stream. */
  readonly version: number;
  readonly open: OpenShardTable;
  /** All shards by index. */
  readonly byIndex: ReadonlyMap<number, ShardEntry>;
}

/** Read side, shared by front ends and back ends. */
export interface ShardMapView {
  readonly version: number;
  stream(account: string, name: string): StreamEntry | undefined;
  streamByUid(uid: number): StreamEntry | undefined;
  shard(key: number): ShardEntry | undefined;
  /**
   * Called after each publication with the stream's new entry, or null when it is gone. Returns the
   * unsubscriber.
   */
  onChange(listener: (uid: number, entry: StreamEntry | null) => void): () => void;
}
