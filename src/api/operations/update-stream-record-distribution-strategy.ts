/** UpdateStreamRecordDistributionStrategy: lets the service spread records, or their keys. */
import type { RecordDistributionStrategy } from '../../model/stream.ts';
import { streamOf } from '../consumer-selector.ts';
import { targetOf } from '../stream-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly StreamARN: string;
  readonly RecordDistributionStrategy: RecordDistributionStrategy;
}

export const updateDistribution: Operation<Input> = {
  name: 'UpdateStreamRecordDistributionStrategy',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: required(shapes.streamArn),
      StreamId: shapes.streamId,
      RecordDistributionStrategy: required(shapes.recordDistributionStrategy),
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'ResourceInUseException',
    'LimitExceededException',
    'AccessDeniedException',
    'ValidationException',
  ],
  target: (context, input) => targetOf(context, streamOf(input.StreamARN)),
  async handle(context, input) {
    const stream = streamOf(input.StreamARN);
    await context.control.updateRecordDistribution(stream, input.RecordDistributionStrategy);
    return null;
  },
};
