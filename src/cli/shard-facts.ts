/** What can be said about shards from their description. */
import type { Shard } from '../client/operation-types.ts';

const ring = 1n << 128n;
/** Shares are whole numbers of parts this small before they are divided for printing. */
const partsPerShare = 1_000_000n;

export function isClosed(shard: Shard): boolean {
  return shard.SequenceNumberRange.EndingSequenceNumber !== undefined;
}

/** The part of all hash keys that belongs to the shard, from 0 to 1. */
export function hashShare(shard: Shard): number {
  const { StartingHashKey, EndingHashKey } = shard.HashKeyRange;
  const keys = BigInt(EndingHashKey) - BigInt(StartingHashKey) + 1n;
  return Number((keys * partsPerShare) / ring) / Number(partsPerShare);
}

/** Where on the ring of hash keys the shard begins, from 0 to 1. */
export function hashStart(shard: Shard): number {
  const parts = (BigInt(shard.HashKeyRange.StartingHashKey) * partsPerShare) / ring;
  return Number(parts) / Number(partsPerShare);
}

/** `shardId-000000000012` without what all shards have in common: `12`. */
export function shortShardId(shardId: string): string {
  return /^shardId-0*(\d+)$/.exec(shardId)?.[1] ?? shardId;
}
