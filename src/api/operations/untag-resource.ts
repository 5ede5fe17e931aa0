/** UntagResource: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const untagResource: Operation = {
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
  target: () => null,
  handle: () => unavailable('UntagResource'),
};
