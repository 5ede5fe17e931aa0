/**
 * The shard map: which open shard owns a hash key, and what the data plane must know of its stream.
 *
 * Entries are immutable; a change replaces a stream's entry and advances the version. An entry is
 * published only if its open shards tile 0 … 2^128-1 (I4) and versions never go back (I6).
 */
import { assert } from '../common/assert.ts';
import { UINT128_WORDS } from '../common/uint128.ts';
import type { ShardDocument, ShardKey, StreamDocument } from '../model/stream.ts';

export interface ShardEntry {
  readonly document: ShardDocument;
  readonly stream: StreamEntry;
  /** Shards that name this one as a parent, in index order. */
  readonly children: readonly ShardDocument[];
}

/**
 * Open shards of a stream, sorted by start: `starts` has four big-endian words per shard. What puts
 * need of a shard lies in arrays, as close as can be, so that ten thousand of them take little of
 * the processor's caches.
 */
export interface OpenShardTable {
  readonly starts: Uint32Array;
  /** The first word of each start, by which most keys find their shard. */
  readonly leading: Uint32Array;
  readonly shards: readonly ShardEntry[];
  /**
   * Four words each, a quarter of a line of the processor's caches: the lower halves of its
   * ShardKey and of the second of its creation, their upper halves in one, and its index.
   */
  readonly facts: Uint32Array;
}

const FACT_WORDS = 4;
const KEY = 0;
const CREATED = 1;
const UPPER = 2;
const INDEX = 3;
const WORD = 2 ** 32;
const UPPER_BITS = 16;

/** The ShardKey of shard `i` of a table. */
export function keyAt({ facts }: OpenShardTable, i: number): ShardKey {
  const at = FACT_WORDS * i;
  return facts[at + KEY]! + (facts[at + UPPER]! >>> UPPER_BITS) * WORD;
}

/** Which shard of its stream shard `i` of a table is. */
export function indexAt({ facts }: OpenShardTable, i: number): number {
  return facts[FACT_WORDS * i + INDEX]!;
}

/** When shard `i` of a table was created, epoch seconds. */
export function createdSecondsAt({ facts }: OpenShardTable, i: number): number {
  const at = FACT_WORDS * i;
  return facts[at + CREATED]! + (facts[at + UPPER]! & (2 ** UPPER_BITS - 1)) * WORD;
}

/** The table of open shards that are sorted by `starts`. */
export function openShardTable(starts: Uint32Array, shards: readonly ShardEntry[]): OpenShardTable {
  const facts = new Uint32Array(FACT_WORDS * shards.length);
  const leading = new Uint32Array(shards.length);
  shards.forEach(({ document: { key, index, createdSeconds } }, i) => {
    leading[i] = starts[UINT128_WORDS * i]!;
    const upper = upperHalf(key) * 2 ** UPPER_BITS + upperHalf(createdSeconds);
    facts.set([key % WORD, createdSeconds % WORD, upper, index], FACT_WORDS * i);
  });
  return { starts, leading, shards, facts };
}

/** What is above the lower 32 bits of a number of at most 48. */
function upperHalf(value: number): number {
  const upper = Math.floor(value / WORD);
  assert(upper < 2 ** UPPER_BITS, 'shard map: a number of more than 48 bits');
  return upper;
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
