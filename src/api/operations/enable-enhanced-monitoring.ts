/** EnableEnhancedMonitoring: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const enableEnhancedMonitoring: Operation = {
  name: 'EnableEnhancedMonitoring',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      ShardLevelMetrics: required(shapes.metricsNameList),
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'InvalidArgumentException',
    'LimitExceededException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'AccessDeniedException',
  ],
  target: () => null,
  handle: () => unavailable('EnableEnhancedMonitoring'),
};
