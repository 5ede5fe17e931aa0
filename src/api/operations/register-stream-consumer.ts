/** RegisterStreamConsumer: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const registerStreamConsumer: Operation = {
  name: 'RegisterStreamConsumer',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: required(shapes.streamArn),
      ConsumerName: required(shapes.consumerName),
      StreamId: shapes.streamId,
      Tags: shapes.tagMap,
    },
  },
  errors: [
    'InvalidArgumentException',
    'LimitExceededException',
    'ResourceInUseException',
    'ResourceNotFoundException',
  ],
  target: () => null,
  handle: () => unavailable('RegisterStreamConsumer'),
};
