/**
 * DecreaseStreamRetentionPeriod: keeps records of a stream shorter; older ones are hidden at once.
 */
import { selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly RetentionPeriodHours: number;
}

export const decreaseStreamRetentionPeriod: Operation<Input> = {
  name: 'DecreaseStreamRetentionPeriod',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      RetentionPeriodHours: required(shapes.retentionPeriodHours),
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceInUseException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: streamTarget,
  async handle(context, input) {
    const stream = selectStream(context, input);
    await context.control.decreaseRetention(stream, input.RetentionPeriodHours);
    return null;
  },
};
