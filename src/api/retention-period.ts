/** What IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod share. */
import type { Operation } from './operation.ts';
import { required } from './rules.ts';
import * as shapes from './shapes.ts';
import { streamTarget } from './stream-selector.ts';
import type { StreamSelector } from './stream-selector.ts';

export interface RetentionInput extends StreamSelector {
  readonly RetentionPeriodHours: number;
}

export const retentionOperation: Omit<Operation<RetentionInput>, 'name' | 'handle'> = {
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
  target: streamTarget,
};
