/** Stream documents for tests: made from nothing, split and merged by the plain rules. */
import { initialHashKeyRanges } from '../model/hash-key.ts';
import type { ShardDocument, StreamDocument } from '../model/stream.ts';

export const ACCOUNT = '123456789012';

/** An ACTIVE provisioned stream whose shard keys are 1000·uid + index. */
export function streamOf(uid: number, shardCount: number, createdSeconds = 1_000): StreamDocument {
  return {
    account: ACCOUNT,
    name: `stream-${uid}`,
    arn: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/stream-${uid}`,
    uid,
    status: 'ACTIVE',
    settlesAtMs: null,
    mode: 'PROVISIONED',
    createdMs: createdSeconds * 1000,
    retention: { hours: 24, hiddenBeforeMs: 0 },
    encryption: null,
    shardLevelMetrics: [],
    maxRecordSizeKiB: 1024,
    distribution: 'USER_PARTITION_KEY',
    warmThroughputMiBps: null,
    tags: {},
    nextShardIndex: shardCount,
    shards: initialHashKeyRanges(shardCount).map((range, index) => ({
      key: 100_000 * uid + index,
      index,
      volume: 0,
      ...range,
      createdSeconds,
      closedSeconds: null,
      parent: null,
      adjacentParent: null,
    })),
  };
}

/** Splits an open shard at a share of its range; unchanged when it is too narrow. */
export function splitShard(
  stream: StreamDocument,
  index: number,
  share: bigint,
  closedSeconds: number,
): StreamDocument {
  const parent = stream.shards[index]!;
  const from = BigInt(parent.startingHashKey);
  const to = BigInt(parent.endingHashKey);
  const middle = from + ((to - from) * share) / 1000n;
  if (parent.closedSeconds !== null || middle <= from || middle > to) {
    return stream;
  }
  const at = stream.nextShardIndex;
  return withChildren(stream, [index], closedSeconds, [
    child(parent, at, from, middle - 1n, closedSeconds, null),
    child(parent, at + 1, middle, to, closedSeconds, null),
  ]);
}

/** Merges an open shard with its upper neighbour; unchanged when there is none. */
export function mergeShard(
  stream: StreamDocument,
  index: number,
  closedSeconds: number,
): StreamDocument {
  const lower = stream.shards[index]!;
  const next = (BigInt(lower.endingHashKey) + 1n).toString();
  const upper = stream.shards.find(
    (shard) => shard.closedSeconds === null && shard.startingHashKey === next,
  );
  if (lower.closedSeconds !== null || upper === undefined) {
    return stream;
  }
  const from = BigInt(lower.startingHashKey);
  const to = BigInt(upper.endingHashKey);
  return withChildren(stream, [index, upper.index], closedSeconds, [
    child(lower, stream.nextShardIndex, from, to, closedSeconds, upper.index),
  ]);
}

function child(
  parent: ShardDocument,
  index: number,
  from: bigint,
  to: bigint,
  closedSeconds: number,
  adjacentParent: number | null,
): ShardDocument {
  return {
    ...parent,
    key: parent.key - parent.index + index,
    index,
    startingHashKey: from.toString(),
    endingHashKey: to.toString(),
    createdSeconds: closedSeconds + 1,
    parent: parent.index,
    adjacentParent,
  };
}

function withChildren(
  stream: StreamDocument,
  parents: readonly number[],
  closedSeconds: number,
  children: readonly ShardDocument[],
): StreamDocument {
  return {
    ...stream,
    nextShardIndex: stream.nextShardIndex + children.length,
    shards: [
      ...stream.shards.map((shard) =>
        parents.includes(shard.index) ? { ...shard, closedSeconds } : shard,
      ),
      ...children,
    ],
  };
}
