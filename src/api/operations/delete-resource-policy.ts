/** DeleteResourcePolicy: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const deleteResourcePolicy: Operation = {
  name: 'DeleteResourcePolicy',
  plane: 'control',
  input: {
    type: 'structure',
    members: { ResourceARN: required(shapes.resourceArn), StreamId: shapes.streamId },
  },
  errors: [
    'AccessDeniedException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'ResourceInUseException',
  ],
  target: () => null,
  handle: () => unavailable('DeleteResourcePolicy'),
};
