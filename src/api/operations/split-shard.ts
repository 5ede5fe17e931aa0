/** SplitShard: closes an open shard and opens two in its place, cut at a hash key. */
import { shardIndex } from '../shard-selector.ts';
import { selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly ShardToSplit: string;
  readonly NewStartingHashKey: string;
}

export const splitShard: Operation<Input> = {
  name: 'SplitShard',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      ShardToSplit: required(shapes.shardId),
      NewStartingHashKey: required(shapes.hashKey),
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
    const shard = shardIndex(stream, input.ShardToSplit);
    await context.control.splitShard(stream, shard, input.NewStartingHashKey);
    return null;
  },
};
