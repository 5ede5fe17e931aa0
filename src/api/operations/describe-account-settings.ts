/** DescribeAccountSettings: described to clients, not served by this version. */
import type { Operation } from '../operation.ts';
import { unavailable } from '../unavailable.ts';

export const describeAccountSettings: Operation = {
  name: 'DescribeAccountSettings',
  plane: 'control',
  input: { type: 'structure', members: {} },
  errors: ['LimitExceededException'],
  target: () => null,
  handle: () => unavailable('DescribeAccountSettings'),
};
