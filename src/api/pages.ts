/** Page tokens of list operations: opened with the checks that all of them share. */
import { NEXT_TOKEN_LIFE_MS } from '../model/limits.ts';
import { invalidPage, nextTokenExpired } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { OperationContext } from './operation.ts';

/** Seals what `operation` needs to go on. */
export function sealPage(context: OperationContext, operation: string, state: unknown): string {
  return context.tokens.sealPage({ operation, issuedMs: context.clock.now(), state });
}

/**
 * What `operation` once sealed. Throws InvalidArgument for a token that is not its own and
 * ExpiredNextToken for one that is too old.
 */
export function openPage(context: OperationContext, operation: string, token: string): unknown {
  const page = context.tokens.openPage(token);
  if (page?.operation !== operation) {
    throw new ServiceError('InvalidArgumentException', invalidPage.token);
  }
  if (context.clock.now() - page.issuedMs > NEXT_TOKEN_LIFE_MS) {
    throw new ServiceError('ExpiredNextTokenException', nextTokenExpired(NEXT_TOKEN_LIFE_MS));
  }
  return page.state;
}
