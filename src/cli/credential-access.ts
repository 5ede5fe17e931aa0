/** The credentials file of a data directory, opened for changes. */
import type { CredentialAdmin } from '../auth/credential-admin.ts';
import { DEFAULT_ACCOUNT } from '../auth/open-authenticator.ts';
import type { GeneratedDataKey } from '../keys/key-provider.ts';
import type { CliContext } from './context.ts';
import type { DataDirectoryFlags } from './data-directory.ts';
import { dataDirectory, openKeyring } from './data-directory.ts';

/** Names the key of the keyring that protects the secrets of the credentials file. */
const keyAlias = 'alias/tailrace/credentials';

export async function openCredentials(
  context: CliContext,
  flags: DataDirectoryFlags,
): Promise<CredentialAdmin> {
  const { CredentialAdmin } = await import('../auth/credential-admin.ts');
  const { credentialsPath } = await import('../server/verified-access.ts');
  const { disk, clock, random } = context;
  const keys = await openKeyring(context, flags);
  const makeKey = async (): Promise<GeneratedDataKey> => {
    await keys.ensureKey(DEFAULT_ACCOUNT, keyAlias);
    return keys.generateDataKey(keyAlias, DEFAULT_ACCOUNT);
  };
  const path = credentialsPath(dataDirectory(context, flags));
  return new CredentialAdmin({ disk, clock, random, keys, makeKey }, path);
}
