/** DeleteChannel: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as channelShapes from '../channel-shapes.ts';
import { unavailable } from '../unavailable.ts';

export const deleteChannel: Operation = {
  name: 'DeleteChannel',
  plane: 'control',
  input: { type: 'structure', members: { ChannelARN: required(channelShapes.channelArn) } },
  errors: [
    'ValidationException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: () => null,
  handle: () => unavailable('DeleteChannel'),
};
