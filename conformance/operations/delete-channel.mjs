// @ts-check
import { channelOfNothing } from '../kit/channels.mjs';

export const name = 'DeleteChannel';

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(channelOfNothing);
  suite.refuses('a channel that does not exist', channelOfNothing, 'ResourceNotFoundException');
  suite.refuses('the ARN of a stream', (lab) => ({ ChannelARN: lab.arn('some') }), [
    'ValidationException',
    'InvalidArgumentException',
  ]);
  suite.refuses('nothing given', () => ({}), 'ValidationException', /must not be null/);
}
