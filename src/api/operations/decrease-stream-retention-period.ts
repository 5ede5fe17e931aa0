/** DecreaseStreamRetentionPeriod: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const decreaseStreamRetentionPeriod: Operation = {
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
  target: () => null,
  handle: () => unavailable('DecreaseStreamRetentionPeriod'),
};
