/** CreateChannel: described to clients, not served by this version. */
import { keyErrors, type Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import * as channelShapes from '../channel-shapes.ts';
import { unavailable } from '../unavailable.ts';

export const createChannel: Operation = {
  name: 'CreateChannel',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      ChannelName: required(channelShapes.channelName),
      ServiceExecutionRoleARN: required(channelShapes.roleArn),
      StreamConfigurationList: required(channelShapes.channelStreamConfigurationList),
      S3DestinationConfiguration: channelShapes.s3DestinationConfiguration,
      S3TablesDestinationConfiguration: channelShapes.s3TablesDestinationConfiguration,
      EncryptionConfiguration: channelShapes.channelEncryptionConfiguration,
      Tags: shapes.tagMap,
      LoggingConfiguration: channelShapes.channelLoggingConfiguration,
    },
  },
  errors: [
    'ValidationException',
    'ResourceInUseException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
    ...keyErrors,
  ],
  target: () => null,
  handle: () => unavailable('CreateChannel'),
};
