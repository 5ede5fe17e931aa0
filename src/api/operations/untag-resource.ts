/** UntagResource: takes tags off a stream, consumer or channel named by ARN. */
import { resourceTarget, selectResource } from '../consumer-selector.ts';
import { checkTagTexts } from '../tag-rules.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly ResourceARN: string;
  readonly TagKeys: readonly string[];
}

export const untagResource: Operation<Input> = {
  name: 'UntagResource',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      TagKeys: required(shapes.tagKeyList),
      ResourceARN: required(shapes.resourceArn),
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'ResourceInUseException',
    'InvalidArgumentException',
    'LimitExceededException',
    'AccessDeniedException',
  ],
  target: (context, input) => resourceTarget(context, input.ResourceARN),
  async handle(context, input) {
    checkTagTexts(input.TagKeys);
    const { control } = context;
    const resource = selectResource(input.ResourceARN);
    if (resource.kind === 'stream') await control.removeStreamTags(resource.ref, input.TagKeys);
    else if (resource.kind === 'channel')
      await control.removeChannelTags(resource.ref, input.TagKeys);
    else await control.removeConsumerTags(resource.ref, input.TagKeys);
    return null;
  },
};
