// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'UpdateStreamWarmThroughput';
const REFUSED = ['ValidationException', 'InvalidArgumentException'];
const provisioned = once((lab) => lab.stream());
const onDemand = once((lab) => lab.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  const REST = { WarmThroughputMiBps: 8 };
  suite.constraints(() => ({ ...nameOfNothing, ...REST }));
  selectsStream(suite, REST);
  const members = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } };
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ...REST }), members);
  suite.both('a provisioned stream', async ({ lab, call }) => {
    fails(await call({ StreamName: (await provisioned(lab)).name, ...REST }), REFUSED);
  });
  suite.both('an account without the commitment', async ({ lab, call }) => {
    const settings = await lab.out('DescribeAccountSettings', {});
    // It may have been enabled by an earlier run, for a day at least.
    if (settings.MinimumThroughputBillingCommitment.Status !== 'DISABLED') return;
    fails(await call({ StreamName: (await onDemand(lab)).name, ...REST }), REFUSED);
  });
  suite.both('more than an on-demand stream can have', async ({ lab, call }) => {
    const { arn } = await onDemand(lab);
    fails(await call({ StreamARN: arn, WarmThroughputMiBps: 10_241 }), [
      ...[...REFUSED, 'LimitExceededException'],
    ]);
  });
}
