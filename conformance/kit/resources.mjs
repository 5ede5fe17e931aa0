// @ts-check
// Cases of the operations that take a ResourceARN: of a stream, a consumer or a channel.
import { NOTHING } from './common.mjs';
import { once } from './suite.mjs';

/** @typedef {import('./lab.mjs').Lab} Lab */

/** A stream and a consumer of it. */
export function resources() {
  return once(async (lab) => {
    const stream = await lab.stream();
    return { stream, consumer: await lab.consumer(stream.arn, 'resource') };
  });
}

/**
 * Resources that do not exist.
 * @param {import('./suite.mjs').Suite} suite
 * @param {Record<string, any>} rest the other members
 */
export function selectsResource(suite, rest) {
  const arns = {
    stream: (/** @type {Lab} */ lab) => lab.arn(NOTHING),
    consumer: (/** @type {Lab} */ lab) => `${lab.arn(NOTHING)}/consumer/c:1700000000`,
  };
  for (const [what, arn] of Object.entries(arns)) {
    suite.refuses(
      `a ${what} that does not exist`,
      (lab) => ({ ResourceARN: arn(lab), ...rest }),
      'ResourceNotFoundException',
    );
  }
}
