/** What DescribeAccountSettings and UpdateAccountSettings share. */
import { Timestamp } from './operation.ts';
import type { AccountSettings } from './ports.ts';

export function describeSettings(settings: AccountSettings): object {
  return {
    MinimumThroughputBillingCommitment: {
      Status: settings.status,
      StartedAt: instant(settings.startedAtMs),
      EndedAt: instant(settings.endedAtMs),
      EarliestAllowedEndAt: instant(settings.earliestAllowedEndAtMs),
    },
  };
}

function instant(ms: number | null): Timestamp | undefined {
  return ms === null ? undefined : new Timestamp(ms);
}
