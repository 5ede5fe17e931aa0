/** DeleteResourcePolicy: takes the policy off a stream or consumer. */
import { resourceTarget, selectPolicyOwner } from '../consumer-selector.ts';
import { ownerOnly } from '../policy-rules.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly ResourceARN: string;
}

export const deleteResourcePolicy: Operation<Input> = {
  name: 'DeleteResourcePolicy',
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
  async handle(context, input) {
    ownerOnly(context, 'DeleteResourcePolicy', input.ResourceARN);
    await context.control.deletePolicy(selectPolicyOwner(input.ResourceARN));
    return null;
  },
};
