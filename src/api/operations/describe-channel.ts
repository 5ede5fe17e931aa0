/** DescribeChannel: settings and state of a channel. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as channelShapes from '../channel-shapes.ts';
import { channelTarget, controlChannel, describeChannelDocument } from '../channel-selector.ts';

interface Input {
  readonly ChannelARN: string;
}

export const describeChannel: Operation<Input> = {
  name: 'DescribeChannel',
  plane: 'control',
  input: { type: 'structure', members: { ChannelARN: required(channelShapes.channelArn) } },
  errors: [
    'ValidationException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'AccessDeniedException',
  ],
  target: (_context, input) => channelTarget(input.ChannelARN),
  handle(context, input) {
    const channel = controlChannel(context, input.ChannelARN);
    return { ChannelDescription: describeChannelDocument(channel) };
  },
};
