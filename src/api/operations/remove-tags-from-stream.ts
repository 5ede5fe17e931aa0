/** RemoveTagsFromStream: takes tags off a stream; keys it does not have are ignored. */
import { invalidTags } from '../../model/messages.ts';
import { controlStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import { checkTagsLegal, checkTagTexts } from '../tag-rules.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly TagKeys: readonly string[];
}

export const removeTagsFromStream: Operation<Input> = {
  name: 'RemoveTagsFromStream',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      TagKeys: required(shapes.tagKeyList),
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
    checkTagTexts(input.TagKeys);
    const stream = controlStream(context, input);
    checkTagsLegal(input.TagKeys, invalidTags.illegalOnRemove(stream));
    await context.control.removeStreamTags(stream, input.TagKeys);
    return null;
  },
};
