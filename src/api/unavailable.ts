/** The answer of operations that this version knows but does not serve. */
import { ServiceError } from '../model/service-error.ts';

export function unavailable(operation: string): never {
  throw new ServiceError('InvalidArgumentException', `${operation} is not available.`);
}
