/** DeleteChannel: ends delivery; what was delivered stays. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as channelShapes from '../channel-shapes.ts';
import { channelTarget, controlChannel, selectChannel } from '../channel-selector.ts';

interface Input {
  readonly ChannelARN: string;
}

export const deleteChannel: Operation<Input> = {
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
  target: (_context, input) => channelTarget(input.ChannelARN),
  async handle(context, input) {
    controlChannel(context, input.ChannelARN);
    await context.control.deleteChannel(selectChannel(input.ChannelARN));
    return null;
  },
};
