/** ListTagsForResource: all tags of a stream, consumer or channel named by ARN, in key order. */
import { controlConsumer, resourceTarget, selectResource } from '../consumer-selector.ts';
import { controlChannel } from '../channel-selector.ts';
import { controlStream } from '../stream-selector.ts';
import { describeTags, type Tags } from '../tag-rules.ts';
import type { Operation, OperationContext } from '../operation.ts';
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
    return { Tags: describeTags(resourceOf(context, input.ResourceARN).tags) };
  },
};

function resourceOf(context: OperationContext, arn: string): { readonly tags: Tags } {
  switch (selectResource(arn).kind) {
    case 'stream':
      return controlStream(context, { StreamARN: arn });
    case 'consumer':
      return controlConsumer(context, { ConsumerARN: arn });
    case 'channel':
      return controlChannel(context, arn);
  }
}
