/** RemoveTagsFromStream: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const removeTagsFromStream: Operation = {
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
  target: () => null,
  handle: () => unavailable('RemoveTagsFromStream'),
};
