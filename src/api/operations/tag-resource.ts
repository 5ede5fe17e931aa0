/** TagResource: adds tags to a stream, consumer or channel named by ARN. */
import { invalidTags } from '../../model/messages.ts';
import { resourceTarget, selectResource } from '../consumer-selector.ts';
import { checkTagKeys, checkTagsLegal, checkTagTexts, tagTexts, type Tags } from '../tag-rules.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly ResourceARN: string;
  readonly Tags: Tags;
}

export const tagResource: Operation<Input> = {
  name: 'TagResource',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      Tags: required(shapes.tagMap),
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
    const texts = tagTexts(input.Tags);
    checkTagTexts(texts);
    checkTagsLegal(texts, invalidTags.characters());
    checkTagKeys(Object.keys(input.Tags));
    const { control } = context;
    const resource = selectResource(input.ResourceARN);
    if (resource.kind === 'stream') await control.addStreamTags(resource.ref, input.Tags);
    else if (resource.kind === 'channel') await control.addChannelTags(resource.ref, input.Tags);
    else await control.addConsumerTags(resource.ref, input.Tags);
    return null;
  },
};
