/** UpdateStreamWarmThroughput: provisions an on-demand stream for a throughput, or lets it go. */
import { selectStream, streamTarget, targetOf, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly WarmThroughputMiBps: number;
}

export const updateStreamWarmThroughput: Operation<Input> = {
  name: 'UpdateStreamWarmThroughput',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: shapes.streamArn,
      StreamName: shapes.streamName,
      StreamId: shapes.streamId,
      WarmThroughputMiBps: required(shapes.naturalIntegerObject),
    },
  },
  errors: [
    'AccessDeniedException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'ResourceInUseException',
    'ValidationException',
  ],
  target: streamTarget,
  async handle(context, input) {
    const stream = selectStream(context, input);
    const warm = await context.control.updateWarmThroughput(stream, input.WarmThroughputMiBps);
    return {
      StreamARN: targetOf(context, stream).arn,
      StreamName: stream.name,
      WarmThroughput: { TargetMiBps: warm.targetMiBps, CurrentMiBps: warm.currentMiBps },
    };
  },
};
