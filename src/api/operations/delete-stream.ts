/** DeleteStream: takes away a stream with its shards, records, tags and policy. */
import type { Operation } from '../operation.ts';
import * as shapes from '../shapes.ts';
import { selectStream, streamTarget, type StreamSelector } from '../stream-selector.ts';

interface Input extends StreamSelector {
  readonly EnforceConsumerDeletion?: boolean;
}

export const deleteStream: Operation<Input> = {
  name: 'DeleteStream',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      EnforceConsumerDeletion: shapes.booleanObject,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'LimitExceededException',
    'ResourceInUseException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: streamTarget,
  async handle(context, input) {
    const { account, name } = selectStream(context, input);
    await context.control.deleteStream(account, name, input.EnforceConsumerDeletion === true);
    return null;
  },
};
