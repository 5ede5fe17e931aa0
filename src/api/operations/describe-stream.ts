/** DescribeStream: a stream with a page of its shards, open and closed, in index order. */
import { DESCRIBE_STREAM_PAGE_MAX } from '../../model/limits.ts';
import type { StreamDocument } from '../../model/stream.ts';
import { shardsMatching } from '../../shardmap/lineage.ts';
import { describeShard, describeStreamSettings, visibleShards } from '../descriptions.ts';
import type { Operation } from '../operation.ts';
import { shardIndex } from '../shard-selector.ts';
import * as shapes from '../shapes.ts';
import { controlStream, streamTarget, type StreamSelector } from '../stream-selector.ts';

interface Input extends StreamSelector {
  readonly Limit?: number;
  readonly ExclusiveStartShardId?: string;
}

export const describeStream: Operation<Input> = {
  name: 'DescribeStream',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      Limit: shapes.describeStreamInputLimit,
      ExclusiveStartShardId: shapes.shardId,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: streamTarget,
  handle(context, input) {
    const stream = controlStream(context, input);
    const limit = Math.min(input.Limit ?? DESCRIBE_STREAM_PAGE_MAX, DESCRIBE_STREAM_PAGE_MAX);
    const index = startIndex(stream, input.ExclusiveStartShardId);
    const shown = { ...stream, shards: visibleShards(stream) };
    const shards = shardsMatching(shown, { type: 'AFTER_SHARD_ID', index }, context.clock.now());
    return {
      StreamDescription: {
        ...describeStreamSettings(stream),
        Shards: shards.slice(0, limit).map(describeShard),
        HasMoreShards: shards.length > limit,
      },
    };
  },
};

function startIndex(stream: StreamDocument, given: string | undefined): number {
  return given === undefined ? -1 : shardIndex(stream, given);
}
