/**
 * Who may call, with `--auth open`: everybody who signs in some way, and everything is allowed.
 */
import type { Access } from '../api/operation.ts';
import { OpenAuthenticator } from '../auth/open-authenticator.ts';

export const openAccess: { readonly authenticator: OpenAuthenticator; readonly access: Access } = {
  authenticator: new OpenAuthenticator(),
  access: { check: () => undefined },
};
