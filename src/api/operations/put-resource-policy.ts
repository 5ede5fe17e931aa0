/** PutResourcePolicy: attaches a policy to a stream or consumer, in place of an older one. */
import { resourceTarget, selectPolicyOwner } from '../consumer-selector.ts';
import { checkPolicy, ownerOnly } from '../policy-rules.ts';
import type { Operation } from '../operation.ts';
import { required } from '../rules.ts';
import * as shapes from '../shapes.ts';

interface Input {
  readonly ResourceARN: string;
  readonly Policy: string;
}

export const putResourcePolicy: Operation<Input> = {
  name: 'PutResourcePolicy',
  plane: 'control',
  input: {
    type: 'structure',
    members: {
      ResourceARN: required(shapes.resourceArn),
      StreamId: shapes.streamId,
      Policy: required(shapes.policy),
    },
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
    ownerOnly(context, 'PutResourcePolicy', input.ResourceARN);
    checkPolicy(input.Policy);
    await context.control.putPolicy(selectPolicyOwner(input.ResourceARN), input.Policy);
    return null;
  },
};
