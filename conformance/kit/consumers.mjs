// @ts-check
// Cases of the operations that name a consumer by its ARN, or by its name within a stream.
import { NOTHING } from './common.mjs';

/** @typedef {import('./lab.mjs').Lab} Lab */

/**
 * The base of generated cases: nothing by these names exists.
 * @param {Lab} lab
 */
export function consumerOfNothing(lab) {
  return { StreamARN: lab.arn(NOTHING), ConsumerName: 'c' };
}

/**
 * Consumers that do not exist, and requests that do not say which consumer they mean.
 * @param {import('./suite.mjs').Suite} suite
 * @param {(lab: Lab) => Promise<{ arn: string, consumer: any }>} existing
 */
export function selectsConsumer(suite, existing) {
  const RNF = 'ResourceNotFoundException';
  const IA = ['InvalidArgumentException', 'ValidationException'];
  suite.refuses(
    'a ConsumerName that the stream does not have',
    async (lab) => ({ StreamARN: (await existing(lab)).arn, ConsumerName: 'nobody' }),
    RNF,
    (lab) => `Consumer nobody, account ${lab.account} not found.`,
  );
  const ghost = (/** @type {string} */ arn) => `${arn}/consumer/nobody:1700000000`;
  suite.refuses(
    'a ConsumerARN of nobody',
    (lab) => ({ ConsumerARN: ghost(lab.arn(NOTHING)) }),
    RNF,
    (lab) => `Consumer ${ghost(lab.arn(NOTHING))}, account ${lab.account} not found.`,
  );
  suite.refuses(
    'a ConsumerARN with another creation time',
    async (lab) => {
      const { consumer } = await existing(lab);
      return { ConsumerARN: consumer.ConsumerARN.replace(/\d+$/, '1700000000') };
    },
    RNF,
  );
  suite.refuses('a stream that does not exist', consumerOfNothing, RNF);
  suite.refuses('nothing given', () => ({}), IA);
  suite.refuses('a StreamARN alone', async (lab) => ({ StreamARN: (await existing(lab)).arn }), IA);
  suite.refuses('a ConsumerName alone', () => ({ ConsumerName: 'c' }), IA);
  suite.refuses(
    'a ConsumerARN and another ConsumerName',
    async (lab) => {
      const { arn, consumer } = await existing(lab);
      return { StreamARN: arn, ConsumerName: 'other', ConsumerARN: consumer.ConsumerARN };
    },
    [...IA, RNF],
  );
}
