/** UpdateShardCount: splits and merges until a stream has so many shards of equal width. */
import { selectStream, streamTarget, targetOf, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly TargetShardCount: number;
  readonly ScalingType: 'UNIFORM_SCALING';
}

export const updateShardCount: Operation<Input> = {
  name: 'UpdateShardCount',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      TargetShardCount: required(shapes.positiveIntegerObject),
      ScalingType: required(shapes.scalingType),
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'InvalidArgumentException',
    'LimitExceededException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'ValidationException',
    'AccessDeniedException',
  ],
  target: streamTarget,
  async handle(context, input) {
    const stream = selectStream(context, input);
    const target = input.TargetShardCount;
    const before = await context.control.updateShardCount(stream, target);
    return {
      StreamName: stream.name,
      CurrentShardCount: before,
      TargetShardCount: target,
      StreamARN: targetOf(context, stream).arn,
    };
  },
};
