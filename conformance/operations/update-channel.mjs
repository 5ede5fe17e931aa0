// @ts-check
import { REFUSED, channelOfNothing } from '../kit/channels.mjs';

export const name = 'UpdateChannel';
const fresh = (/** @type {number} */ seconds) => ({
  S3DestinationConfiguration: { DataFreshnessInSeconds: seconds },
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ ...channelOfNothing(lab), ...fresh(300) }));
  suite.refuses(
    'a channel that does not exist',
    (lab) => ({ ...channelOfNothing(lab), ...fresh(300) }),
    'ResourceNotFoundException',
  );
  for (const seconds of [299, 901]) {
    // Which of the two is looked at first is not documented.
    suite.refuses(
      `DataFreshnessInSeconds of ${seconds}`,
      (lab) => ({ ...channelOfNothing(lab), ...fresh(seconds) }),
      [...REFUSED, 'ResourceNotFoundException'],
    );
  }
  suite.refuses('nothing given', () => ({}), 'ValidationException', /must not be null/);
}
