// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { equal, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'ListChannels';
const stream = once((lab) => lab.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ StreamFilter: [{ StreamARN: lab.arn(NOTHING) }] }));
  suite.both('no members at all', async ({ call }) => {
    must(Array.isArray(ok(await call({})).ChannelSummaries), 'no ChannelSummaries');
  });
  suite.both('of a stream without channels', async ({ lab, call }) => {
    const { arn } = await stream(lab);
    const out = ok(await call({ StreamFilter: [{ StreamARN: arn }] }));
    equal([out.ChannelSummaries, out.NextToken ?? null], [[], null]);
  });
  suite.refuses('a NextToken that is none', () => ({ NextToken: 'some' }), [
    ...['ValidationException', 'InvalidArgumentException', 'ExpiredNextTokenException'],
  ]);
}
