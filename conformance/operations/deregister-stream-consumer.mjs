// @ts-check
import { consumerOfNothing, selectsConsumer } from '../kit/consumers.mjs';
import { empty, equal, fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'DeregisterStreamConsumer';
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
    'by StreamARN and ConsumerName': (arn, { ConsumerName }) => ({ StreamARN: arn, ConsumerName }),
    'by all three': (arn, { ConsumerName, ConsumerARN }) => ({
      ...{ StreamARN: arn, ConsumerName, ConsumerARN },
    }),
  });
  const stream = once((lab) => lab.stream());
  for (const [i, [title, input]] of Object.entries(ways).entries()) {
    suite.both(title, async ({ lab, call, protocol }) => {
      const { arn } = await stream(lab);
      const consumer = await lab.consumer(arn, `reader-${i}-${protocol}`);
      empty(await call(input(arn, consumer)));
      const gone = { ConsumerARN: consumer.ConsumerARN };
      const left = { type: '' };
      await lab.until('the consumer is gone', async () => {
        const answer = await lab.call('DescribeStreamConsumer', gone);
        left.type = answer.type;
        const status = answer.out?.ConsumerDescription?.ConsumerStatus;
        if (answer.status === 200) equal(status, 'DELETING');
        return answer.status !== 200;
      });
      equal(left.type, 'ResourceNotFoundException');
      fails(await call(gone), 'ResourceNotFoundException');
    });
  }
}
