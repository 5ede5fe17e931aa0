/**
 * UpdateAccountSettings: the commitment can be given up only when no stream of the account keeps
 * warm throughput, which depends on it.
 */
import type { AccountSettings } from '../api/ports.ts';
import { invalidRequest } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { ControlContext } from './control-context.ts';

export async function updateAccountSettings(
  context: ControlContext,
  account: string,
  enabled: boolean,
): Promise<AccountSettings> {
  const streams = context.table.page(account, null, Infinity);
  const warm = streams.find(({ warmThroughputMiBps }) => warmThroughputMiBps !== null);
  if (!enabled && warm !== undefined) {
    throw new ServiceError('ValidationException', invalidRequest.warmThroughputKept(warm));
  }
  return context.accounts.update(account, enabled);
}
