/** Who may change a resource policy, and what one must look like. */
import { accessDenied, invalidPolicy } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { resourceTarget } from './consumer-selector.ts';
import type { OperationContext } from './operation.ts';
import { invalid } from './stream-selector.ts';

/** Throws AccessDenied unless the resource is the caller's own, whatever policies allow. */
export function ownerOnly(context: OperationContext, operation: string, arn: string): void {
  const target = resourceTarget(context, arn);
  if (target.account === context.caller.account) return;
  const text = accessDenied(context.caller.arn, `kinesis:${operation}`, target.arn);
  throw new ServiceError('AccessDeniedException', text);
}

/** Throws InvalidArgument for a text that is no policy document. */
export function checkPolicy(text: string): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid(invalidPolicy);
  }
  const statement = (document as { readonly Statement?: unknown } | null)?.Statement;
  const statements: readonly unknown[] = Array.isArray(statement) ? statement : [statement];
  const sound = statements.every((item) => typeof item === 'object' && item !== null);
  if (statements.length === 0 || !sound) throw invalid(invalidPolicy);
}
