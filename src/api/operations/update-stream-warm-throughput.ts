/** UpdateStreamWarmThroughput: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const updateStreamWarmThroughput: Operation = {
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
  target: () => null,
  handle: () => unavailable('UpdateStreamWarmThroughput'),
};
