/** SubscribeToShard: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const subscribeToShard: Operation = {
  name: 'SubscribeToShard',
  plane: 'data',
  input: {
    type: 'structure',
    members: {
      ConsumerARN: required(shapes.consumerArn),
      StreamId: shapes.streamId,
      ShardId: required(shapes.shardId),
      StartingPosition: required(shapes.startingPosition),
      DryRun: shapes.booleanObject,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'ResourceInUseException',
    'LimitExceededException',
    'AccessDeniedException',
    'DryRunOperationException',
  ],
  target: () => null,
  handle: () => unavailable('SubscribeToShard'),
};
