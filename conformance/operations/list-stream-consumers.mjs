// @ts-check
import { Instant } from '../kit/cbor.mjs';
import { NOTHING, selectsStream } from '../kit/common.mjs';
import { equal, fails, msOf, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'ListStreamConsumers';
const IA = 'InvalidArgumentException';
const NAMES = ['a', 'b', 'c'];
const three = once(async (lab) => {
  const stream = await lab.stream();
  for (const consumer of NAMES) await lab.consumer(stream.arn, consumer);
  return stream;
});
const names = (/** @type {any} */ out) =>
  out.Consumers.map((/** @type {any} */ one) => one.ConsumerName);

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ StreamARN: lab.arn(NOTHING) }));
  selectsStream(suite, {}, { byName: false });
  suite.both('none', async ({ lab, call }) => {
    const out = ok(await call({ StreamARN: (await lab.stream()).arn }));
    equal([out.Consumers, out.NextToken ?? null], [[], null]);
  });
  suite.both('all, as they are described', async ({ lab, call }) => {
    const { arn } = await three(lab);
    const out = ok(await call({ StreamARN: arn }));
    equal(names(out).toSorted(), NAMES);
    equal(out.NextToken ?? null, null, 'NextToken');
    for (const one of out.Consumers) {
      equal(Object.keys(one).sort(), [
        ...['ConsumerARN', 'ConsumerCreationTimestamp', 'ConsumerName', 'ConsumerStatus'],
      ]);
      equal(one.ConsumerStatus, 'ACTIVE');
      const seconds = msOf(one.ConsumerCreationTimestamp) / 1000;
      equal(one.ConsumerARN, `${arn}/consumer/${one.ConsumerName}:${seconds}`);
    }
  });
  suite.both('MaxResults and NextToken', async ({ lab, call }) => {
    const { arn } = await three(lab);
    const first = ok(await call({ StreamARN: arn, MaxResults: 2 }));
    equal(first.Consumers.length, 2);
    const second = ok(await call({ StreamARN: arn, NextToken: first.NextToken }));
    equal([...names(first), ...names(second)].toSorted(), NAMES);
    equal(second.NextToken ?? null, null, 'NextToken on the last page');
  });
  suite.both('NextToken and StreamCreationTimestamp', async ({ lab, call }) => {
    const { name, arn } = await three(lab);
    const { NextToken } = ok(await call({ StreamARN: arn, MaxResults: 1 }));
    const ms = msOf((await lab.summary(name)).StreamCreationTimestamp);
    const StreamCreationTimestamp = new Instant(ms);
    fails(await call({ StreamARN: arn, NextToken, StreamCreationTimestamp }), IA);
  });
  suite.refuses(
    'a NextToken that is none',
    async (lab) => {
      const { arn } = await three(lab);
      return { StreamARN: arn, NextToken: 'some' };
    },
    [IA, 'ExpiredNextTokenException'],
  );
  suite.both('StreamCreationTimestamp of this stream', async ({ lab, call }) => {
    const { name, arn } = await three(lab);
    const ms = msOf((await lab.summary(name)).StreamCreationTimestamp);
    const out = ok(await call({ StreamARN: arn, StreamCreationTimestamp: new Instant(ms) }));
    equal(names(out).length, 3);
  });
  suite.refuses(
    'StreamCreationTimestamp of another stream',
    async (lab) => ({
      StreamARN: (await three(lab)).arn,
      StreamCreationTimestamp: new Instant(1_500_000_000_000),
    }),
    ['ResourceNotFoundException', IA],
  );
}
