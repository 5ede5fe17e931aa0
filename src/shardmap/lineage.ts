/**
 * Which shards of a stream a reader has to know, at which point of its past.
 *
 * A shard is there from its creation second to its closing second, both included; its children
 * begin one second later. So at any whole second of a stream's life the shards that are there tile
 * the ring, and readers that start from such a set see every record once (I5).
 */
import { RETENTION_HOUR_MS } from '../model/limits.ts';
import type { ShardDocument, StreamDocument } from '../model/stream.ts';

/** ListShards' filters, with an index instead of a shard id and epoch ms instead of a timestamp. */
export type ShardFilter =
  | { readonly type: 'AFTER_SHARD_ID'; readonly index: number }
  | { readonly type: 'AT_TRIM_HORIZON' | 'FROM_TRIM_HORIZON' | 'AT_LATEST' }
  | { readonly type: 'AT_TIMESTAMP' | 'FROM_TIMESTAMP'; readonly ms: number };

/** Records that arrived before this instant cannot be read any more; epoch ms. */
export function trimHorizonMs(stream: StreamDocument, nowMs: number): number {
  const { hours, hiddenBeforeMs } = stream.retention;
  return Math.max(nowMs - hours * RETENTION_HOUR_MS, hiddenBeforeMs);
}

/** Whether all records of a shard are behind the horizon, so that it is not listed any more. */
export function isExpired(shard: ShardDocument, horizonMs: number): boolean {
  // The closing second itself may still hold records, up to its last millisecond.
  return shard.closedSeconds !== null && (shard.closedSeconds + 1) * 1000 <= horizonMs;
}

/** Shards that a filter selects, in index order; never those that have expired. */
export function shardsMatching(
  stream: StreamDocument,
  filter: ShardFilter,
  nowMs: number,
): readonly ShardDocument[] {
  const horizonMs = trimHorizonMs(stream, nowMs);
  const shards = stream.shards.filter((shard) => !isExpired(shard, horizonMs));
  switch (filter.type) {
    case 'FROM_TRIM_HORIZON':
      return shards;
    case 'AFTER_SHARD_ID':
      return shards.filter((shard) => shard.index > filter.index);
    case 'AT_LATEST':
      return shards.filter((shard) => shard.closedSeconds === null);
    case 'AT_TRIM_HORIZON':
      return shardsAt(shards, horizonMs);
    case 'AT_TIMESTAMP':
      return shardsAt(shards, Math.max(filter.ms, horizonMs));
    case 'FROM_TIMESTAMP':
      return shards.filter((shard) => !isExpired(shard, filter.ms));
  }
}

/**
 * Shards that were there at an instant. Before the first shard's creation those are the first ones,
 * so that a reader who starts at a time before the stream existed still misses nothing.
 */
function shardsAt(shards: readonly ShardDocument[], ms: number): readonly ShardDocument[] {
  const first = shards.reduce((least, shard) => Math.min(least, shard.createdSeconds), Infinity);
  const seconds = Math.max(Math.floor(ms / 1000), first);
  return shards.filter(
    (shard) =>
      shard.createdSeconds <= seconds &&
      (shard.closedSeconds === null || shard.closedSeconds >= seconds),
  );
}

/** Parents of a shard, none, one or two, whether or not they are still stored. */
export function parentsOf(shard: ShardDocument): readonly number[] {
  return [shard.parent, shard.adjacentParent].filter((parent) => parent !== null);
}
