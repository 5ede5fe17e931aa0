/** DescribeStreamConsumer: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const describeStreamConsumer: Operation = {
  name: 'DescribeStreamConsumer',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamARN: shapes.streamArn,
      ConsumerName: shapes.consumerName,
      ConsumerARN: shapes.consumerArn,
      StreamId: shapes.streamId,
    },
  },
  errors: ['LimitExceededException', 'ResourceNotFoundException', 'InvalidArgumentException'],
  target: () => null,
  handle: () => unavailable('DescribeStreamConsumer'),
};
