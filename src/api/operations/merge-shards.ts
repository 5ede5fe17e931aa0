/** MergeShards: closes two adjacent open shards and opens one in their place. */
import { shardIndex } from '../shard-selector.ts';
import { selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly ShardToMerge: string;
  readonly AdjacentShardToMerge: string;
}

export const mergeShards: Operation<Input> = {
  name: 'MergeShards',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      ShardToMerge: required(shapes.shardId),
      AdjacentShardToMerge: required(shapes.shardId),
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'ResourceInUseException',
    'InvalidArgumentException',
    'LimitExceededException',
    'ValidationException',
    'AccessDeniedException',
  ],
  target: streamTarget,
  async handle(context, input) {
    const stream = selectStream(context, input);
    const shard = shardIndex(stream, input.ShardToMerge);
    const adjacent = shardIndex(stream, input.AdjacentShardToMerge);
    await context.control.mergeShards(stream, shard, adjacent);
    return null;
  },
};
