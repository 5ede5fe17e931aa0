/** UpdateAccountSettings: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';
import { unavailable } from '../unavailable.ts';

export const updateAccountSettings: Operation = {
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
  handle: () => unavailable('UpdateAccountSettings'),
};
