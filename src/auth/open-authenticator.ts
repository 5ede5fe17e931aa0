/**
 * Authentication that believes what it is told: for development on one's own machine.
 *
 * A signature must be there and complete, as the service demands, but is not verified. The access
 * key id chooses the account when it consists of 12 digits.
 */
import { AuthorizationReader } from './authorization.ts';
import type { Identity, SignedRequest } from './signed-request.ts';

/** Account of every key id that names none. */
export const DEFAULT_ACCOUNT = '000000000000';

export class OpenAuthenticator {
  readonly #authorizations = new AuthorizationReader();

  /** Throws MissingAuthenticationToken, IncompleteSignature or InvalidSignature. */
  authenticate(request: SignedRequest): Identity {
    const { credential } = this.#authorizations.read(request);
    const slash = credential.indexOf('/');
    const accessKeyId = slash < 0 ? credential : credential.slice(0, slash);
    const account = /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT;
    return { account, arn: `arn:aws:iam::${account}:root`, accessKeyId };
  }
}
