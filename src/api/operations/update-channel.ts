/** UpdateChannel: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as channelShapes from '../channel-shapes.ts';
import { unavailable } from '../unavailable.ts';

export const updateChannel: Operation = {
  name: 'UpdateChannel',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      ChannelARN: required(channelShapes.channelArn),
      S3DestinationConfiguration: channelShapes.s3DestinationUpdateInput,
      S3TablesDestinationConfiguration: channelShapes.s3TablesDestinationUpdateInput,
      LoggingConfiguration: channelShapes.channelLoggingUpdateInput,
    },
  },
  errors: [
    'ValidationException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: () => null,
  handle: () => unavailable('UpdateChannel'),
};
