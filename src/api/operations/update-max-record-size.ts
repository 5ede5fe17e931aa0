/** UpdateMaxRecordSize: sets how large records of a stream may be; stored ones stay. */
import { streamOf } from '../consumer-selector.ts';
import { targetOf } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly StreamARN: string;
  readonly MaxRecordSizeInKiB: number;
}

export const updateMaxRecordSize: Operation<Input> = {
  name: 'UpdateMaxRecordSize',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
      MaxRecordSizeInKiB: required(shapes.maxRecordSizeInKiB),
    },
  },
  errors: [
    'ResourceInUseException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
    'ValidationException',
  ],
  target: (context, input) => targetOf(context, streamOf(input.StreamARN)),
  async handle(context, input) {
    const stream = streamOf(input.StreamARN);
    await context.control.updateMaxRecordSize(stream, input.MaxRecordSizeInKiB);
    return null;
  },
};
