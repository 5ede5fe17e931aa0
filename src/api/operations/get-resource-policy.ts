/** GetResourcePolicy: the policy of a stream or consumer as it was put. */
import { resourceTarget, selectPolicyOwner } from '../consumer-selector.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly ResourceARN: string;
}

export const getResourcePolicy: Operation<Input> = {
  name: 'GetResourcePolicy',
  plane: 'control',
  input: {
    type: 'structure',
    members: { ResourceARN: required(shapes.resourceArn), StreamId: shapes.streamId },
  },
  errors: [
    'AccessDeniedException',
    'ResourceNotFoundException',
    'LimitExceededException',
    'InvalidArgumentException',
    'ResourceInUseException',
  ],
  target: (context, input) => resourceTarget(context, input.ResourceARN),
  handle(context, input) {
    const policy = context.control.policy(selectPolicyOwner(input.ResourceARN));
    return { Policy: policy ?? '{}' };
  },
};
