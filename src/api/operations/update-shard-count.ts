/** UpdateShardCount: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const updateShardCount: Operation = {
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
  target: () => null,
  handle: () => unavailable('UpdateShardCount'),
};
