/** ListTagsForStream: a stream's tags in key order, in pages. */
import { LIST_TAGS_PAGE_MAX } from '../../model/limits.ts';
import { controlStream, streamTarget, type StreamSelector } from '../stream-selector.ts';
import { describeTags } from '../tag-rules.ts';
import type { Operation } from '../operation.ts';
import * as shapes from '../shapes.ts';

interface Input extends StreamSelector {
  readonly ExclusiveStartTagKey?: string;
  readonly Limit?: number;
}

export const listTagsForStream: Operation<Input> = {
  name: 'ListTagsForStream',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamName: shapes.streamName,
      ExclusiveStartTagKey: shapes.tagKey,
      Limit: shapes.listTagsForStreamInputLimit,
      StreamARN: shapes.streamArn,
      StreamId: shapes.streamId,
    },
  },
  errors: [
    'ResourceNotFoundException',
    'InvalidArgumentException',
    'LimitExceededException',
    'AccessDeniedException',
  ],
  target: streamTarget,
  handle(context, input) {
    const { tags } = controlStream(context, input);
    const after = input.ExclusiveStartTagKey;
    const found = describeTags(tags).filter(({ Key }) => after === undefined || Key > after);
    const limit = input.Limit ?? LIST_TAGS_PAGE_MAX;
    return { Tags: found.slice(0, limit), HasMoreTags: found.length > limit };
  },
};
