/**
 * Streams and shards as answers describe them: from our documents to the members of the wire.
 *
 * Never `StreamId`: clients that find one in an answer leave the endpoint they were given.
 */
import { endingSequenceNumber, startingSequenceNumber } from '../model/sequence-number.ts';
import { shardId } from '../model/shard-id.ts';
import type { ShardDocument, StreamDocument } from '../model/stream.ts';
import { parentsOf } from '../shardmap/lineage.ts';
import { Timestamp } from './operation.ts';

/** An instant of which clients get to see whole seconds. */
export function wholeSecond(ms: number): Timestamp {
  return new Timestamp(Math.floor(ms / 1000) * 1000);
}

export function describeShard(shard: ShardDocument): object {
  const { createdSeconds, closedSeconds, index } = shard;
  return {
    ShardId: shardId(index),
    ParentShardId: idOrAbsent(shard.parent),
    AdjacentParentShardId: idOrAbsent(shard.adjacentParent),
    HashKeyRange: describeRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: startingSequenceNumber(createdSeconds, index),
      EndingSequenceNumber:
        closedSeconds === null
          ? undefined
          : endingSequenceNumber(createdSeconds, index, closedSeconds),
    },
  };
}

function idOrAbsent(index: number | null): string | undefined {
  return index === null ? undefined : shardId(index);
}

function describeRange(shard: ShardDocument): object {
  return { StartingHashKey: shard.startingHashKey, EndingHashKey: shard.endingHashKey };
}

/** A shard that came from a split or merge, as readers of its parent learn of it. */
export function describeChild(shard: ShardDocument): object {
  return {
    ShardId: shardId(shard.index),
    ParentShards: parentsOf(shard).map(shardId),
    HashKeyRange: describeRange(shard),
  };
}

/** What DescribeStream, DescribeStreamSummary and ListStreams all tell. */
export function describeStreamBasics(stream: StreamDocument): object {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: stream.mode },
    StreamCreationTimestamp: wholeSecond(stream.createdMs),
  };
}

/** What DescribeStream and DescribeStreamSummary both tell. */
export function describeStreamSettings(stream: StreamDocument): object {
  return {
    ...describeStreamBasics(stream),
    RetentionPeriodHours: stream.retention.hours,
    EnhancedMonitoring: [{ ShardLevelMetrics: stream.shardLevelMetrics }],
    EncryptionType: stream.encryption === null ? 'NONE' : 'KMS',
    KeyId: stream.encryption?.keyId,
  };
}

/** Shards that may be shown: none while a stream is made or taken away. */
export function visibleShards(stream: StreamDocument): readonly ShardDocument[] {
  return stream.status === 'CREATING' || stream.status === 'DELETING' ? [] : stream.shards;
}
