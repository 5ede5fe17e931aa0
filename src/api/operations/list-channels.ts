/** ListChannels: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import * as shapes from '../shapes.ts';
import * as channelShapes from '../channel-shapes.ts';
import { unavailable } from '../unavailable.ts';

export const listChannels: Operation = {
  name: 'ListChannels',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      StreamFilter: channelShapes.streamFilterList,
      MaxResults: channelShapes.listChannelsInputLimit,
      NextToken: shapes.nextToken,
    },
  },
  errors: [
    'ValidationException',
    'ExpiredNextTokenException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: () => null,
  handle: () => unavailable('ListChannels'),
};
