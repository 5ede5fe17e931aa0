/** UpdateAccountSettings: takes up or gives up the minimum throughput billing commitment. */
import { describeSettings } from '../account-settings.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly MinimumThroughputBillingCommitment: { readonly Status: 'ENABLED' | 'DISABLED' };
}

export const updateAccountSettings: Operation<Input> = {
  name: 'UpdateAccountSettings',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      MinimumThroughputBillingCommitment: required(shapes.minimumThroughputBillingCommitmentInput),
    },
  },
  errors: ['InvalidArgumentException', 'ValidationException', 'LimitExceededException'],
  target: () => null,
  async handle(context, input) {
    const enabled = input.MinimumThroughputBillingCommitment.Status === 'ENABLED';
    const { account } = context.caller;
    return describeSettings(await context.control.updateAccountSettings(account, enabled));
  },
};
