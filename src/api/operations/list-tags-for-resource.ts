/** ListTagsForResource: all tags of a stream or consumer named by ARN, in key order. */
import { controlConsumer, resourceTarget, selectResource } from '../consumer-selector.ts';
import { controlStream } from '../stream-selector.ts';
import { describeTags } from '../tag-rules.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly ResourceARN: string;
}

export const listTagsForResource: Operation<Input> = {
  name: 'ListTagsForResource',
  plane: 'control',
  input: {
    type: 'structure',
    members: { ResourceARN: required(shapes.resourceArn), StreamId: shapes.streamId },
  },
  errors: [
    'ResourceNotFoundException',
    'ResourceInUseException',
    'InvalidArgumentException',
    'LimitExceededException',
    'AccessDeniedException',
  ],
  target: (context, input) => resourceTarget(context, input.ResourceARN),
  handle(context, input) {
    const resource = selectResource(input.ResourceARN);
    const { tags } =
      resource.kind === 'stream'
        ? controlStream(context, { StreamARN: input.ResourceARN })
        : controlConsumer(context, { ConsumerARN: input.ResourceARN });
    return { Tags: describeTags(tags) };
  },
};
