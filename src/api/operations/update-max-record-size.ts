/** UpdateMaxRecordSize: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const updateMaxRecordSize: Operation = {
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
  target: () => null,
  handle: () => unavailable('UpdateMaxRecordSize'),
};
