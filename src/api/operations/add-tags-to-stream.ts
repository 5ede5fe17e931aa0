/** AddTagsToStream: adds tags to a stream, over those of the same keys. */
import { invalidTags } from '../../model/messages.ts';
import { controlStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import { checkTagKeys, checkTagsLegal, checkTagTexts, tagTexts, type Tags } from '../tag-rules.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly Tags: Tags;
}

export const addTagsToStream: Operation<Input> = {
  name: 'AddTagsToStream',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      Tags: required(shapes.tagMap),
      StreamARN: shapes.streamArn,
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
  target: streamTarget,
  async handle(context, input) {
    const texts = tagTexts(input.Tags);
    checkTagTexts(texts);
    checkTagKeys(Object.keys(input.Tags));
    const stream = controlStream(context, input);
    checkTagsLegal(texts, invalidTags.illegalOnAdd(stream));
    await context.control.addStreamTags(stream, input.Tags);
    return null;
  },
};
