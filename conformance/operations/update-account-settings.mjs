// @ts-check
// Cases here enable the billing commitment, which holds for a day, so they come last; the account
// of the real service is left alone, because there it costs money.
import { equal, msOf, must, ok } from '../kit/expect.mjs';

export const name = 'UpdateAccountSettings';
export const phase = 1;
const set = (/** @type {string} */ Status) => ({ MinimumThroughputBillingCommitment: { Status } });
const ON_DEMAND = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } };
const DAY_MS = 24 * 3_600_000;

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => set('ENABLED'), {
    // They would switch it.
    skip: [
      'minimumThroughputBillingCommitment.status: may be ENABLED',
      'minimumThroughputBillingCommitment.status: may be DISABLED',
    ],
  });
  /**
   * @param {string} title
   * @param {(scene: import('../kit/suite.mjs').Scene) => Promise<void>} run
   */
  const free = (title, run) =>
    suite.both(title, async (scene) => {
      if (/\.amazonaws\.com(\.cn)?$|\.api\.aws$/.test(scene.lab.client.url.hostname)) return;
      await run(scene);
    });
  free('ENABLED, for a day at least', async ({ lab, call }) => {
    const { MinimumThroughputBillingCommitment: commitment } = ok(await call(set('ENABLED')));
    equal(commitment.Status, 'ENABLED');
    must(Math.abs(Date.now() - msOf(commitment.StartedAt)) < DAY_MS, 'StartedAt');
    equal(msOf(commitment.EarliestAllowedEndAt) - msOf(commitment.StartedAt), DAY_MS, 'a day');
    equal('EndedAt' in commitment, false, 'EndedAt');
    const seen = await lab.out('DescribeAccountSettings', {});
    equal(seen.MinimumThroughputBillingCommitment.Status, 'ENABLED');
  });
  free('ENABLED again changes nothing', async ({ call }) => {
    const first = ok(await call(set('ENABLED'))).MinimumThroughputBillingCommitment;
    const again = ok(await call(set('ENABLED'))).MinimumThroughputBillingCommitment;
    equal(again, first);
  });
  free('CreateStream with WarmThroughputMiBps', async ({ lab }) => {
    const { name } = await lab.stream({ ...ON_DEMAND, WarmThroughputMiBps: 6 });
    const summary = await lab.summary(name);
    equal(summary.WarmThroughput.CurrentMiBps, 6, 'CurrentMiBps');
    must(summary.OpenShardCount >= 6, `OpenShardCount ${summary.OpenShardCount}`);
    await lab.out('DeleteStream', { StreamName: name });
    await lab.gone(name);
  });
  free('UpdateStreamWarmThroughput provisions', async ({ lab }) => {
    const { name, arn } = await lab.stream(ON_DEMAND);
    const input = { StreamName: name, WarmThroughputMiBps: 8 };
    const out = await lab.out('UpdateStreamWarmThroughput', input);
    equal([out.StreamName, out.StreamARN, out.WarmThroughput.TargetMiBps], [name, arn, 8]);
    await lab.active(name);
    const summary = await lab.summary(name);
    equal(summary.WarmThroughput.CurrentMiBps, 8, 'CurrentMiBps');
    must(summary.OpenShardCount >= 8, `OpenShardCount ${summary.OpenShardCount}`);
    await lab.out('DeleteStream', { StreamName: name });
    await lab.gone(name);
  });
  free('DISABLED within the day ends at its end', async ({ lab, call }) => {
    const { MinimumThroughputBillingCommitment: commitment } = ok(await call(set('DISABLED')));
    equal(commitment.Status, 'ENABLED_UNTIL_EARLIEST_ALLOWED_END');
    const seen = await lab.out('DescribeAccountSettings', {});
    equal(seen.MinimumThroughputBillingCommitment.Status, 'ENABLED_UNTIL_EARLIEST_ALLOWED_END');
  });
  free('ENABLED takes an end back', async ({ call }) => {
    ok(await call(set('DISABLED')));
    const { MinimumThroughputBillingCommitment: commitment } = ok(await call(set('ENABLED')));
    equal(commitment.Status, 'ENABLED');
    ok(await call(set('DISABLED')));
  });
  suite.refuses('nothing given', () => ({}), 'ValidationException', /must not be null/i);
}
