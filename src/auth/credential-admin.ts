/**
 * Changes of the credentials file: what `tailrace credentials` does.
 *
 * Every change reads the file and replaces it atomically while nobody else changes it, and is seen
 * by running servers when they look again. Secrets and tokens are returned once, to be shown to
 * whoever asked, and are kept only sealed or hashed.
 */
import { createHash } from 'node:crypto';
import { seal, SEAL_NONCE_BYTES } from '../common/sealed-box.ts';
import type { GeneratedDataKey, KeyProvider } from '../keys/key-provider.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import { exclusively } from '../runtime/exclusive.ts';
import { readTextFile, replaceTextFile } from '../runtime/text-file.ts';
import { unwrapKey } from './credential-file.ts';
import {
  checkName,
  CredentialFormatError,
  formatCredentials,
  identityPolicy,
  noCredentials,
  parseCredentials,
} from './credential-format.ts';
import type {
  CredentialContents,
  KeyState,
  StoredPolicy,
  StoredUser,
  WrappedKey,
} from './credential-format.ts';

/** A key that was just made; the secret is not shown again. */
export interface NewKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface NewSession extends NewKey {
  readonly sessionToken: string;
  readonly expiresMs: number;
}

export interface SessionRequest {
  readonly name: string;
  readonly lifeMs: number;
  /** Null lets the session do all its user may. */
  readonly policy: unknown;
}

export interface CredentialAdminDependencies {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: KeyProvider;
  /** Makes the data key of a new file; called once in a file's life. */
  readonly makeKey: () => Promise<GeneratedDataKey>;
}

/** Life of a session, ms: as the service bounds it. */
export const SESSION_MS_MIN = 900_000;
export const SESSION_MS_MAX = 129_600_000;

const KEY_PREFIX = 'TRLK';
const SESSION_PREFIX = 'TRLS';
const USER_PREFIX = 'TRLU';
const ID_CHARACTERS = 16;
const SECRET_BYTES = 30;
const TOKEN_BYTES = 96;

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export class CredentialAdmin {
  readonly #dependencies: CredentialAdminDependencies;
  readonly #path: string;

  constructor(dependencies: CredentialAdminDependencies, path: string) {
    this.#dependencies = dependencies;
    this.#path = path;
  }

  /** Users with their keys and policies, and sessions; secrets are sealed in it. */
  async contents(): Promise<CredentialContents> {
    const text = await readTextFile(this.#dependencies.disk, this.#path);
    return text === null ? noCredentials : parseCredentials(this.#path, text);
  }

  /** A new key of a user, who is made too where there is none of that name. */
  async createKey(account: string, user: string): Promise<NewKey> {
    checkName('account', account);
    checkName('user', user);
    return this.#changeTo(async (before) => {
      const contents = await this.#withKey(before);
      const made = this.#newKey(KEY_PREFIX);
      const stored = {
        id: made.accessKeyId,
        secret: await this.#seal(contents.key, made),
        state: 'active' as const,
        createdMs: this.#dependencies.clock.now(),
      };
      const old = contents.users.find((one) => one.account === account && one.name === user);
      const base: StoredUser = old ?? {
        account,
        name: user,
        id: this.#newUserId(),
        policies: [],
        keys: [],
      };
      return [replaceUser(contents, { ...base, keys: [...base.keys, stored] }), made];
    });
  }

  async setKeyState(accessKeyId: string, state: KeyState): Promise<void> {
    await this.#change((contents) =>
      changeOwner(contents, accessKeyId, (user) => ({
        ...user,
        keys: user.keys.map((key) => (key.id === accessKeyId ? { ...key, state } : key)),
      })),
    );
  }

  /** Revokes a key or a session for good. */
  async revoke(accessKeyId: string): Promise<void> {
    await this.#change((contents) => {
      const sessions = contents.sessions.filter(({ id }) => id !== accessKeyId);
      if (sessions.length < contents.sessions.length) {
        return { ...contents, sessions };
      }
      return changeOwner(contents, accessKeyId, (user) => ({
        ...user,
        keys: user.keys.filter(({ id }) => id !== accessKeyId),
      }));
    });
  }

  /** Removes a user with all keys, policies and sessions. */
  async deleteUser(account: string, user: string): Promise<void> {
    await this.#change((contents) => {
      const gone = findUser(contents, account, user);
      return {
        ...contents,
        users: contents.users.filter((one) => one !== gone),
        sessions: contents.sessions.filter((one) => one.account !== account || one.user !== user),
      };
    });
  }

  /** Adds a policy to a user, or replaces the one of that name. */
  async putPolicy(account: string, user: string, policy: StoredPolicy): Promise<void> {
    identityPolicy(policy.name, policy.document);
    await this.#change((contents) => {
      const old = findUser(contents, account, user);
      const others = old.policies.filter(({ name }) => name !== policy.name);
      return replaceUser(contents, { ...old, policies: [...others, policy] });
    });
  }

  async deletePolicy(account: string, user: string, name: string): Promise<void> {
    await this.#change((contents) => {
      const old = findUser(contents, account, user);
      const policies = old.policies.filter((policy) => policy.name !== name);
      if (policies.length === old.policies.length) {
        throw new CredentialFormatError(`user ${user} has no policy ${name}`);
      }
      return replaceUser(contents, { ...old, policies });
    });
  }

  /** Temporary credentials of a user. Sessions that have expired go from the file meanwhile. */
  async createSession(account: string, user: string, request: SessionRequest): Promise<NewSession> {
    const { name, lifeMs, policy } = request;
    checkName('user', name);
    if (!(lifeMs >= SESSION_MS_MIN && lifeMs <= SESSION_MS_MAX)) {
      const bounds = `${SESSION_MS_MIN / 1000} to ${SESSION_MS_MAX / 1000}`;
      throw new CredentialFormatError(`a session lasts ${bounds} seconds`);
    }
    if (policy !== null) {
      identityPolicy(`of session ${name}`, policy);
    }
    const { clock, random } = this.#dependencies;
    return this.#changeTo(async (before) => {
      const contents = await this.#withKey(before);
      findUser(contents, account, user);
      const made = this.#newKey(SESSION_PREFIX);
      const sessionToken = base64(random.bytes(TOKEN_BYTES));
      const tokenHash = createHash('sha256').update(sessionToken).digest('base64');
      const expiresMs = clock.now() + lifeMs;
      const secret = await this.#seal(contents.key, made);
      const stored = { id: made.accessKeyId, secret, tokenHash };
      const session = { ...stored, expiresMs, account, user, name, policy };
      const alive = contents.sessions.filter((one) => one.expiresMs > clock.now());
      return [
        { ...contents, sessions: [...alive, session] },
        { ...made, sessionToken, expiresMs },
      ];
    });
  }

  #newKey(prefix: string): NewKey {
    return {
      accessKeyId: this.#newId(prefix),
      secretAccessKey: base64(this.#dependencies.random.bytes(SECRET_BYTES)),
    };
  }

  #newUserId(): string {
    return this.#newId(USER_PREFIX);
  }

  #newId(prefix: string): string {
    const bytes = this.#dependencies.random.bytes(ID_CHARACTERS);
    return prefix + Array.from(bytes, (byte) => idAlphabet[byte % idAlphabet.length]).join('');
  }

  async #seal(key: WrappedKey | null, { accessKeyId, secretAccessKey }: NewKey): Promise<string> {
    const { keys, random } = this.#dependencies;
    const plain = await unwrapKey(keys, this.#path, key as WrappedKey);
    const encoder = new TextEncoder();
    return base64(
      seal(
        plain,
        random.bytes(SEAL_NONCE_BYTES),
        encoder.encode(accessKeyId),
        encoder.encode(secretAccessKey),
      ),
    );
  }

  async #withKey(contents: CredentialContents): Promise<CredentialContents> {
    if (contents.key !== null) {
      return contents;
    }
    const { keyArn, wrapped } = await this.#dependencies.makeKey();
    return { ...contents, key: { arn: keyArn, wrapped: base64(wrapped) } };
  }

  #change(change: (contents: CredentialContents) => CredentialContents): Promise<void> {
    return this.#changeTo(async (contents) => [change(contents), undefined]);
  }

  /**
   * `change` gets the file as it is now, and nobody changes it meanwhile; it gives what the file is
   * to be, and what to return.
   */
  #changeTo<T>(
    change: (contents: CredentialContents) => Promise<[CredentialContents, T]>,
  ): Promise<T> {
    return exclusively(this.#dependencies, this.#path, async () => {
      const [changed, result] = await change(await this.contents());
      await replaceTextFile(this.#dependencies.disk, this.#path, formatCredentials(changed));
      return result;
    });
  }
}

/** Changes the user whose key it is. */
function changeOwner(
  contents: CredentialContents,
  accessKeyId: string,
  change: (user: StoredUser) => StoredUser,
): CredentialContents {
  const owner = contents.users.find(({ keys }) => keys.some(({ id }) => id === accessKeyId));
  if (owner === undefined) {
    throw new CredentialFormatError(`there is no key ${accessKeyId}`);
  }
  return replaceUser(contents, change(owner));
}

function findUser(contents: CredentialContents, account: string, user: string): StoredUser {
  const found = contents.users.find((one) => one.account === account && one.name === user);
  if (found === undefined) {
    throw new CredentialFormatError(`account ${account} has no user ${user}`);
  }
  return found;
}

function replaceUser(contents: CredentialContents, user: StoredUser): CredentialContents {
  const others = contents.users.filter(
    (one) => one.account !== user.account || one.name !== user.name,
  );
  return { ...contents, users: [...others, user] };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
