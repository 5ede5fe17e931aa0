// @ts-check
import { Instant } from '../kit/cbor.mjs';
import { NOTHING, selectsStream } from '../kit/common.mjs';
import { equal, fails, msOf, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'RegisterStreamConsumer';
const stream = once((lab) => lab.stream());

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ StreamARN: lab.arn(NOTHING), ConsumerName: 'c' }));
  selectsStream(suite, { ConsumerName: 'c' }, { byName: false });
  suite.both('CREATING, with an ARN that tells when', async ({ lab, call, protocol }) => {
    const { arn } = await stream(lab);
    const ConsumerName = `new-${protocol}`;
    const { Consumer } = ok(await call({ StreamARN: arn, ConsumerName }));
    const members = ['ConsumerARN', 'ConsumerCreationTimestamp', 'ConsumerName', 'ConsumerStatus'];
    equal(Object.keys(Consumer).sort(), members);
    equal([Consumer.ConsumerName, Consumer.ConsumerStatus], [ConsumerName, 'CREATING']);
    const seconds = msOf(Consumer.ConsumerCreationTimestamp) / 1000;
    equal(Consumer.ConsumerARN, `${arn}/consumer/${ConsumerName}:${seconds}`);
    must(Math.abs(Date.now() / 1000 - seconds) < 600, `registered at ${seconds}`);
  });
  suite.both('a name that is taken', async ({ lab, call, protocol }) => {
    const { arn } = await stream(lab);
    const ConsumerName = `twice-${protocol}`;
    ok(await call({ StreamARN: arn, ConsumerName }));
    fails(await call({ StreamARN: arn, ConsumerName }), 'ResourceInUseException');
  });
  suite.case('the same name on two streams', async ({ lab, call }) => {
    for (const { arn } of [await stream(lab), await lab.stream()]) {
      ok(await call({ StreamARN: arn, ConsumerName: 'same' }));
    }
  });
  more(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function more(suite) {
  suite.case('the same name again has another ARN', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    const first = await lab.consumer(arn, 'again');
    await lab.out('DeregisterStreamConsumer', { ConsumerARN: first.ConsumerARN });
    // An ARN tells the second of its creation, so the next one must come in a later second.
    await lab.until('the second is over and the name is free', async () => {
      if (Date.now() < msOf(first.ConsumerCreationTimestamp) + 1500) return false;
      const input = { ConsumerARN: first.ConsumerARN };
      return (await lab.call('DescribeStreamConsumer', input)).status !== 200;
    });
    const { Consumer } = ok(await call({ StreamARN: arn, ConsumerName: 'again' }));
    must(Consumer.ConsumerARN !== first.ConsumerARN, 'the same ARN');
  });
  suite.case('Tags', async ({ lab, call }) => {
    const { arn } = await stream(lab);
    const Tags = { team: 'a b', empty: '' };
    const { Consumer } = ok(await call({ StreamARN: arn, ConsumerName: 'tagged', Tags }));
    const found = await lab.out('ListTagsForResource', { ResourceARN: Consumer.ConsumerARN });
    equal(found.Tags, [
      { Key: 'empty', Value: '' },
      { Key: 'team', Value: 'a b' },
    ]);
  });
  suite.case('a stream in CREATING', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        fails(
          await call({ StreamARN: lab.arn(name), ConsumerName: 'c' }),
          'ResourceInUseException',
          `Stream ${name} under account ${lab.account} not ACTIVE or UPDATING, instead in state ` +
            `CREATING`,
        );
      },
    );
  });
  suite.case('more consumers than a stream can have', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    // With the billing commitment 50 are allowed, else 20; at most five at a time are CREATING.
    const settings = await lab.call('DescribeAccountSettings', {});
    const status = settings.out?.MinimumThroughputBillingCommitment?.Status ?? 'DISABLED';
    const limit = status === 'DISABLED' ? 20 : 50;
    for (let i = 0; i < limit; i++) {
      await lab.until(`consumer ${i} is registered`, async () => {
        const answer = await call({ StreamARN: arn, ConsumerName: `many-${i}` });
        if (answer.type !== 'LimitExceededException') ok(answer);
        return answer.status === 200;
      });
    }
    await lab.until('none is CREATING', async () => {
      const { Consumers } = await lab.out('ListStreamConsumers', { StreamARN: arn });
      return Consumers.every((/** @type {any} */ one) => one.ConsumerStatus === 'ACTIVE');
    });
    const answer = await call({ StreamARN: arn, ConsumerName: 'one-more' });
    fails(answer, 'LimitExceededException');
  });
  suite.only('cbor', 'times are milliseconds with tag 1', async ({ lab, call }) => {
    const { arn } = await stream(lab);
    const { Consumer } = ok(await call({ StreamARN: arn, ConsumerName: 'timed' }));
    must(Consumer.ConsumerCreationTimestamp instanceof Instant, 'no tagged time');
  });
}
