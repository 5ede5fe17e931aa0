/** DescribeStreamConsumer: one consumer of a stream. */
import {
  consumerTarget,
  controlConsumer,
  describeConsumer,
  selectConsumer,
  type ConsumerSelector,
} from '../consumer-selector.ts';
import type { Operation } from '../operation.ts';
import { ownAccount } from '../policy-rules.ts';
import * as shapes from '../shapes.ts';

export const describeStreamConsumer: Operation<ConsumerSelector> = {
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
  target(context, input) {
    const target = consumerTarget(context, selectConsumer(input));
    // Another account has to know the consumer's ARN.
    if (input.ConsumerARN === undefined) ownAccount(context, 'DescribeStreamConsumer', target);
    return target;
  },
  handle(context, input) {
    const consumer = controlConsumer(context, input);
    return {
      ConsumerDescription: { ...describeConsumer(consumer), StreamARN: consumer.streamArn },
    };
  },
};
