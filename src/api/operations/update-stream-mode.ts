/** UpdateStreamMode: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const updateStreamMode: Operation = {
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
  target: () => null,
  handle: () => unavailable('UpdateStreamMode'),
};
