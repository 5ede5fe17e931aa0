/** UpdateStreamMode: switches a stream between provisioned and on-demand. */
import type { StreamMode } from '../../model/stream.ts';
import { streamOf } from '../consumer-selector.ts';
import { targetOf } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly StreamARN: string;
  readonly StreamModeDetails: { readonly StreamMode: StreamMode };
  readonly WarmThroughputMiBps?: number;
}

export const updateStreamMode: Operation<Input> = {
  name: 'UpdateStreamMode',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: required(shapes.streamArn),
      StreamId: shapes.streamId,
      StreamModeDetails: required(shapes.streamModeDetails),
      WarmThroughputMiBps: shapes.naturalIntegerObject,
    },
  },
  errors: [
    'InvalidArgumentException',
    'LimitExceededException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'ValidationException',
  ],
  target: (context, input) => targetOf(context, streamOf(input.StreamARN)),
  async handle(context, input) {
    const mode = input.StreamModeDetails.StreamMode;
    const warm = input.WarmThroughputMiBps ?? null;
    await context.control.updateStreamMode(streamOf(input.StreamARN), mode, warm);
    return null;
  },
};
