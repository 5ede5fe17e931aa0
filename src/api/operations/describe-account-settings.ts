/** DescribeAccountSettings: the settings of an account in the region. */
import { describeSettings } from '../account-settings.ts';
import type { Operation } from '../operation.ts';

export const describeAccountSettings: Operation<unknown> = {
  name: 'DescribeAccountSettings',
  plane: 'control',
  input: { type: 'structure', members: {} },
  errors: ['LimitExceededException'],
  target: () => null,
  handle(context) {
    return describeSettings(context.control.accountSettings(context.caller.account));
  },
};
