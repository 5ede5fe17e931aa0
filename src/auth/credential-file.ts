/**
 * The CredentialStore of a server: the credentials file, decrypted in memory and watched.
 *
 * The file is looked at again at a fixed period, so a key that another process revokes is refused
 * within that time. A file that cannot be understood at the start stops the server; one that
 * becomes so later is reported and the last good contents stay in force.
 */
import { unseal } from '../common/sealed-box.ts';
import type { KeyProvider } from '../keys/key-provider.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import { readTextFile } from '../runtime/text-file.ts';
import {
  CredentialFormatError,
  identityPolicy,
  noCredentials,
  parseCredentials,
  ROOT_USER,
} from './credential-format.ts';
import type {
  CredentialContents,
  StoredSession,
  StoredUser,
  WrappedKey,
} from './credential-format.ts';
import type { Credential, CredentialStore, Principal } from './credential-store.ts';
import { DEFAULT_ACCOUNT } from './open-authenticator.ts';

export interface CredentialFileDependencies {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly keys: KeyProvider;
}

export interface CredentialFileOptions {
  readonly path: string;
  /** How often the file is looked at for changes, ms. */
  readonly watchMs: number;
  /** Told when a changed file cannot be read; the last good contents stay in force. */
  readonly onProblem: (error: Error) => void;
}

/** What the file says, and the key of the secrets in it: enough to make the same credentials. */
export interface CredentialSource {
  /** Null where there is no file. */
  readonly text: string | null;
  readonly key: Uint8Array | null;
}

export class CredentialFile implements CredentialStore {
  readonly #dependencies: CredentialFileDependencies;
  readonly #options: CredentialFileOptions;
  #credentials: ReadonlyMap<string, Credential> = new Map();
  #source: CredentialSource = { text: null, key: null };
  readonly #listeners = new Set<(source: CredentialSource) => void>();
  #watch: Timer | null = null;
  #looking: Promise<void> | null = null;

  private constructor(dependencies: CredentialFileDependencies, options: CredentialFileOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /** Reads the file if there is one. Throws CredentialFormatError when it cannot be understood. */
  static async open(
    dependencies: CredentialFileDependencies,
    options: CredentialFileOptions,
  ): Promise<CredentialFile> {
    const file = new CredentialFile(dependencies, options);
    await file.#reload();
    return file;
  }

  /** Keys that may be used now, sessions included. */
  get size(): number {
    return this.#credentials.size;
  }

  find(accessKeyId: string): Credential | undefined {
    return this.#credentials.get(accessKeyId);
  }

  get source(): CredentialSource {
    return this.#source;
  }

  /** Called with each change. Returns the unsubscriber. */
  onChange(listener: (source: CredentialSource) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts looking for changes of the file. */
  watch(): void {
    this.#watch ??= this.#dependencies.clock.every(this.#options.watchMs, () => {
      this.#looking ??= this.#reload()
        .catch((error: unknown) => {
          this.#options.onProblem(error instanceof Error ? error : new Error(String(error)));
        })
        .finally(() => {
          this.#looking = null;
        });
    });
  }

  /** Stops looking for changes. */
  async close(): Promise<void> {
    this.#watch?.cancel();
    this.#watch = null;
    await this.#looking;
  }

  async #reload(): Promise<void> {
    const { disk, keys } = this.#dependencies;
    const { path } = this.#options;
    const text = await readTextFile(disk, path);
    if (text === this.#source.text) {
      return;
    }
    const contents = text === null ? noCredentials : parseCredentials(path, text);
    const key = contents.key === null ? null : await unwrapKey(keys, path, contents.key);
    this.#credentials = credentialsOf(contents, key);
    this.#source = { text, key };
    for (const listener of this.#listeners) listener(this.#source);
  }
}

/** The credentials that the file at `path` gives. Throws CredentialFormatError. */
export function credentialsFrom(
  path: string,
  { text, key }: CredentialSource,
): ReadonlyMap<string, Credential> {
  return credentialsOf(text === null ? noCredentials : parseCredentials(path, text), key);
}

/** The data key that seals the secrets of a file. Throws CredentialFormatError. */
export async function unwrapKey(
  keys: KeyProvider,
  path: string,
  { arn, wrapped }: WrappedKey,
): Promise<Uint8Array> {
  try {
    return await keys.unwrap(arn, Buffer.from(wrapped, 'base64'), DEFAULT_ACCOUNT);
  } catch (error) {
    const reason = error instanceof ServiceError ? error.text : String(error);
    throw new CredentialFormatError(
      `credentials ${path} cannot be decrypted, because the keyring does not give the key: ${reason}`,
    );
  }
}

function credentialsOf(
  contents: CredentialContents,
  key: Uint8Array | null,
): ReadonlyMap<string, Credential> {
  const credentials = new Map<string, Credential>();
  const principals = new Map<string, Principal>();
  for (const user of contents.users) {
    const principal = principalOf(user);
    principals.set(`${user.account}/${user.name}`, principal);
    for (const { id, secret, state } of user.keys) {
      if (state === 'active') {
        const opened = openSecret(key, id, secret);
        credentials.set(id, { accessKeyId: id, secret: opened, principal, session: null });
      }
    }
  }
  for (const session of contents.sessions) {
    const principal = principals.get(`${session.account}/${session.user}`);
    // A session ends with its user.
    if (principal !== undefined) {
      credentials.set(session.id, sessionCredential(session, principal, key));
    }
  }
  return credentials;
}

function sessionCredential(
  session: StoredSession,
  principal: Principal,
  key: Uint8Array | null,
): Credential {
  const { id, secret, tokenHash, expiresMs, policy, account, name } = session;
  return {
    accessKeyId: id,
    secret: openSecret(key, id, secret),
    principal,
    session: {
      tokenHash: Buffer.from(tokenHash, 'base64'),
      expiresMs,
      policy: policy === null ? null : identityPolicy(`of session ${name}`, policy),
      arn: `arn:aws:sts::${account}:federated-user/${name}`,
    },
  };
}

function principalOf({ account, name, id, policies }: StoredUser): Principal {
  const isRoot = name === ROOT_USER;
  return {
    account,
    arn: `arn:aws:iam::${account}:${isRoot ? 'root' : `user/${name}`}`,
    isRoot,
    userName: isRoot ? null : name,
    userId: isRoot ? account : id,
    policies: policies.map((policy) =>
      identityPolicy(`${policy.name} of user ${name}`, policy.document),
    ),
  };
}

function openSecret(key: Uint8Array | null, id: string, sealed: string): string {
  const context = new TextEncoder().encode(id);
  const plain = key === null ? null : unseal(key, context, Buffer.from(sealed, 'base64'));
  if (plain === null) {
    throw new CredentialFormatError(`the secret of key ${id} was not sealed by this file's key`);
  }
  return new TextDecoder().decode(plain);
}
