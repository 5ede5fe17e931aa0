/** UpdateChannel: changes freshness or logging; everything else takes a new channel. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as channelShapes from '../channel-shapes.ts';
import {
  channelTarget,
  checkFreshness,
  controlChannel,
  describeChannelDocument,
  selectChannel,
  wishedLogging,
  type LoggingInput,
} from '../channel-selector.ts';
import { invalidChannel } from '../../model/messages.ts';
import { invalid } from '../stream-selector.ts';

interface Input {
  readonly ChannelARN: string;
  readonly S3DestinationConfiguration?: { readonly DataFreshnessInSeconds: number };
  readonly S3TablesDestinationConfiguration?: object;
  readonly LoggingConfiguration?: LoggingInput;
}

export const updateChannel: Operation<Input> = {
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
  target: (_context, input) => channelTarget(input.ChannelARN),
  async handle(context, input) {
    const { S3DestinationConfiguration: s3, LoggingConfiguration: logging } = input;
    if (input.S3TablesDestinationConfiguration !== undefined) throw invalid(invalidChannel.onlyS3);
    if (s3 === undefined && logging === undefined) throw invalid(invalidChannel.nothingToUpdate);
    const freshnessSeconds = s3 === undefined ? null : checkFreshness(s3.DataFreshnessInSeconds);
    controlChannel(context, input.ChannelARN);
    const channel = await context.control.updateChannel(selectChannel(input.ChannelARN), {
      freshnessSeconds,
      logging: logging === undefined ? null : wishedLogging(logging),
    });
    return { ChannelDescription: describeChannelDocument(channel) };
  },
};
