/** UpdateStreamRecordDistributionStrategy: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const updateDistribution: Operation = {
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
  target: () => null,
  handle: () => unavailable('UpdateStreamRecordDistributionStrategy'),
};
