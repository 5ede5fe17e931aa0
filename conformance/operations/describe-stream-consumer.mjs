// @ts-check
import { consumerOfNothing, selectsConsumer } from '../kit/consumers.mjs';
import { equal, msOf, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'DescribeStreamConsumer';
const existing = once(async (lab) => {
  const { arn } = await lab.stream();
  return { arn, consumer: await lab.consumer(arn, 'reader') };
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(consumerOfNothing);
  selectsConsumer(suite, existing);
  const ways = /** @type {Record<string, (arn: string, consumer: any) => any>} */ ({
    'by ConsumerARN': (_, { ConsumerARN }) => ({ ConsumerARN }),
    'by StreamARN and ConsumerName': (arn) => ({ StreamARN: arn, ConsumerName: 'reader' }),
    'by all three': (arn, { ConsumerARN }) => ({
      ...{ StreamARN: arn, ConsumerName: 'reader', ConsumerARN },
    }),
  });
  for (const [title, input] of Object.entries(ways)) {
    suite.both(title, async ({ lab, call }) => {
      const { arn, consumer } = await existing(lab);
      const { ConsumerDescription: found } = ok(await call(input(arn, consumer)));
      equal(Object.keys(found).sort(), [
        ...['ConsumerARN', 'ConsumerCreationTimestamp', 'ConsumerName', 'ConsumerStatus'],
        'StreamARN',
      ]);
      equal(found.StreamARN, arn);
      equal(found.ConsumerStatus, 'ACTIVE');
      equal(found.ConsumerARN, consumer.ConsumerARN);
      equal(msOf(found.ConsumerCreationTimestamp), msOf(consumer.ConsumerCreationTimestamp));
    });
  }
}
