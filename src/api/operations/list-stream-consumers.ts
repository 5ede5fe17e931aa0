/** ListStreamConsumers: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const listStreamConsumers: Operation = {
  name: 'ListStreamConsumers',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: required(shapes.streamArn),
      NextToken: shapes.nextToken,
      MaxResults: shapes.listStreamConsumersInputLimit,
      StreamCreationTimestamp: shapes.timestamp,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'LimitExceededException',
    'ExpiredNextTokenException',
    'ResourceInUseException',
  ],
  target: () => null,
  handle: () => unavailable('ListStreamConsumers'),
};
