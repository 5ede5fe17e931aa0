/** ListTagsForStream: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const listTagsForStream: Operation = {
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
  target: () => null,
  handle: () => unavailable('ListTagsForStream'),
};
