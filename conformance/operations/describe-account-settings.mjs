// @ts-check
import { equal, msOf, must, ok } from '../kit/expect.mjs';

export const name = 'DescribeAccountSettings';
const STATUSES = ['ENABLED', 'DISABLED', 'ENABLED_UNTIL_EARLIEST_ALLOWED_END'];

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.both('the commitment has a status', async ({ call }) => {
    const { MinimumThroughputBillingCommitment: commitment } = ok(await call({}));
    must(STATUSES.includes(commitment?.Status), `Status ${commitment?.Status}`);
  });
  suite.both('its times belong to its status', async ({ call }) => {
    const { MinimumThroughputBillingCommitment: commitment } = ok(await call({}));
    const { Status, StartedAt, EarliestAllowedEndAt } = commitment;
    if (Status === 'DISABLED') {
      equal(EarliestAllowedEndAt ?? null, null, 'EarliestAllowedEndAt');
      return;
    }
    const day = 24 * 3_600_000;
    must(msOf(EarliestAllowedEndAt) - msOf(StartedAt) >= day - 1000, 'shorter than a day');
  });
  suite.case('unknown members are ignored', async ({ call }) => {
    ok(await call({ Something: 'else', Null: null }));
  });
}
