/** DeregisterStreamConsumer: takes a consumer off its stream. */
import { consumerTarget, selectConsumer, type ConsumerSelector } from '../consumer-selector.ts';
import type { Operation } from '../operation.ts';
import * as shapes from '../shapes.ts';

export const deregisterStreamConsumer: Operation<ConsumerSelector> = {
  name: 'DeregisterStreamConsumer',
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
  target: (context, input) => consumerTarget(context, selectConsumer(input)),
  async handle(context, input) {
    await context.control.deregisterConsumer(selectConsumer(input));
    return null;
  },
};
