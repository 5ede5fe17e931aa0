/** What only the own account may do, whatever policies allow, and what a policy must look like. */
import { parsePolicyText, PolicyFormatError } from '../auth/policy-document.ts';
import { accessDenied, invalidPolicy } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { resourceTarget } from './consumer-selector.ts';
import type { DataContext, OperationContext, Target } from './operation.ts';
import { invalid } from './stream-selector.ts';

/** Throws AccessDenied unless the resource is the caller's own, whatever policies allow. */
export function ownerOnly(context: OperationContext, operation: string, arn: string): void {
  ownAccount(context, operation, resourceTarget(context, arn));
}

/** Throws AccessDenied unless the target belongs to the caller's account. */
export function ownAccount(context: DataContext, operation: string, target: Target): void {
  if (target.account === context.caller.account) return;
  const text = accessDenied(context.caller.arn, `kinesis:${operation}`, target.arn);
  throw new ServiceError('AccessDeniedException', text);
}

/** Throws InvalidArgument for a text that is no resource policy, and says why. */
export function checkPolicy(text: string): void {
  try {
    parsePolicyText(text, 'resource');
  } catch (error) {
    if (error instanceof PolicyFormatError) throw invalid(invalidPolicy(error.message));
    throw error;
  }
}
