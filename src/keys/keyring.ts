/**
 * The local keyring: a KeyProvider whose keys live in one file, changed with `tailrace keys`.
 *
 * A data key is wrapped with AES-256-GCM under the named key; key ARN and account are authenticated
 * with it, so a wrapped key cannot be passed off as another's. The file is looked at again at a
 * fixed period, so disabling a key from another process takes effect without a restart. A change
 * reads it, decides and replaces it while nobody else changes it, so that none is lost.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { uuidFrom } from '../common/uuid.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import { exclusively } from '../runtime/exclusive.ts';
import { directoryOf, readTextFile } from '../runtime/text-file.ts';
import type { GeneratedDataKey, KeyProvider } from './key-provider.ts';
import {
  type KeyState,
  type KeyringContents,
  type KeyringKey,
  parseKeyring,
  writeKeyring,
} from './keyring-file.ts';

export interface KeyringDependencies {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

export interface KeyringOptions {
  readonly path: string;
  readonly region: string;
  /** How often the file is looked at for changes, ms. */
  readonly watchMs: number;
  /** Told when a changed file cannot be read; the last good contents stay in force. */
  readonly onProblem: (error: Error) => void;
}

/** The key every account has without asking, as on AWS. */
export const defaultAlias = 'alias/aws/kinesis';

const nonceBytes = 12;
const tagBytes = 16;
const emptyText = '{"version":1,"keys":[],"aliases":{}}';

/** Where the keyring of a data directory is. */
export function keyringPath(dataDir: string): string {
  return `${dataDir}/keyring.json`;
}

/** A key of the account has that name already. */
export class AliasTakenError extends Error {
  override readonly name = 'AliasTakenError';

  constructor(alias: string) {
    super(`${alias} already names a key.`);
  }
}

export class Keyring implements KeyProvider {
  readonly #deps: KeyringDependencies;
  readonly #options: KeyringOptions;
  #text: string | null = null;
  #contents: KeyringContents;
  #revision = 1;
  /** The contents that are known to last, whatever happens to the machine. */
  #durableRevision = 0;
  #watch: Timer | null = null;
  #looking: Promise<void> | null = null;

  private constructor(deps: KeyringDependencies, options: KeyringOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#contents = parseKeyring(options.path, emptyText);
  }

  /** Reads the file if there is one; throws KeyringFormatError when it cannot be understood. */
  static async open(deps: KeyringDependencies, options: KeyringOptions): Promise<Keyring> {
    const keyring = new Keyring(deps, options);
    await keyring.#reload();
    return keyring;
  }

  /** Starts looking for changes of the file. */
  watch(): void {
    this.#watch ??= this.#deps.clock.every(this.#options.watchMs, () => void this.#look());
  }

  /** Stops looking for changes. */
  async close(): Promise<void> {
    this.#watch?.cancel();
    this.#watch = null;
    await this.#looking;
  }

  revision(): number {
    return this.#revision;
  }

  /** All keys without their material, with the aliases that name them. */
  list(): readonly (Omit<KeyringKey, 'material'> & { arn: string; aliases: string[] })[] {
    return this.#contents.keys.map(({ material: _secret, ...key }) => ({
      ...key,
      arn: this.#arn(key),
      aliases: Object.entries(this.#contents.aliases)
        .filter(([name, id]) => id === key.id && name.startsWith(`${key.account}/`))
        .map(([name]) => name.slice(key.account.length + 1)),
    }));
  }

  /**
   * Makes a key, named by `alias` (`alias/…`) unless null; returns its ARN. Throws AliasTakenError.
   */
  async createKey(account: string, alias: string | null): Promise<string> {
    const id = uuidFrom(this.#deps.random.bytes(16));
    const key: KeyringKey = {
      id,
      account,
      state: 'enabled',
      createdMs: this.#deps.clock.now(),
      sharedWith: [],
      material: Buffer.from(this.#deps.random.bytes(32)).toString('base64'),
    };
    await this.#change((old) => {
      const name = `${account}/${String(alias)}`;
      if (alias !== null && name in old.aliases) throw new AliasTakenError(alias);
      const aliases = alias === null ? old.aliases : { ...old.aliases, [name]: id };
      return { ...old, keys: [...old.keys, key], aliases };
    });
    return this.#arn(key);
  }

  /** Makes a key of that name unless there is one, whoever makes it. */
  async ensureKey(account: string, alias: string): Promise<void> {
    if (`${account}/${alias}` in this.#contents.aliases) return;
    await this.createKey(account, alias).catch((error: unknown) => {
      if (!(error instanceof AliasTakenError)) throw error;
    });
  }

  /** Points `alias/…` of an account at another of its keys. */
  async setAlias(account: string, alias: string, keyId: string): Promise<void> {
    await this.#change((old) => ({
      ...old,
      aliases: { ...old.aliases, [`${account}/${alias}`]: this.#find(keyId, account).id },
    }));
  }

  /** Enables, disables, or marks a key for deletion. */
  async setState(account: string, keyId: string, state: KeyState): Promise<void> {
    await this.#changeKey(account, keyId, (key) => ({ ...key, state }));
  }

  /** Lets other accounts use the key, exactly those listed. */
  async share(account: string, keyId: string, accounts: readonly string[]): Promise<void> {
    await this.#changeKey(account, keyId, (key) => ({ ...key, sharedWith: [...accounts] }));
  }

  /** Removes the key and its aliases for good: what it wrapped can never be read again. */
  async destroyKey(account: string, keyId: string): Promise<void> {
    await this.#change((old) => {
      const { id } = this.#find(keyId, account);
      const aliases = Object.entries(old.aliases).filter(([, to]) => to !== id);
      return {
        ...old,
        keys: old.keys.filter((key) => key.id !== id),
        aliases: Object.fromEntries(aliases),
      };
    });
  }

  async generateDataKey(keyId: string, account: string): Promise<GeneratedDataKey> {
    if (this.#isMissingDefault(keyId, account)) await this.ensureKey(account, defaultAlias);
    await this.#lookFor(keyId, account);
    await this.#makeDurable();
    const key = this.#usable(keyId, account);
    const keyArn = this.#arn(key);
    const plain = this.#deps.random.bytes(32);
    const nonce = this.#deps.random.bytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.material, 'base64'), nonce);
    cipher.setAAD(Buffer.from(keyArn));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return { plain, wrapped: Buffer.concat([nonce, sealed, cipher.getAuthTag()]), keyArn };
  }

  async unwrap(keyArn: string, wrapped: Uint8Array, account: string): Promise<Uint8Array> {
    await this.#lookFor(keyArn, account);
    const key = this.#usable(keyArn, account);
    const end = wrapped.length - tagBytes;
    const decipher = createDecipheriv(
      'aes-256-gcm',
      Buffer.from(key.material, 'base64'),
      wrapped.subarray(0, nonceBytes),
    );
    decipher.setAAD(Buffer.from(keyArn));
    decipher.setAuthTag(wrapped.subarray(end));
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(nonceBytes, end)), decipher.final()]);
    } catch {
      throw new ServiceError(
        'KMSInvalidStateException',
        `The ciphertext was not wrapped by key '${keyArn}'.`,
      );
    }
  }

  #arn(key: { readonly id: string; readonly account: string }): string {
    return `arn:aws:kms:${this.#options.region}:${key.account}:key/${key.id}`;
  }

  #isMissingDefault(keyId: string, account: string): boolean {
    const alias = keyId.replace(/^arn:aws[^:]*:kms:[^:]*:(\d{12}):alias\//, 'alias/');
    return alias === defaultAlias && !(`${account}/${defaultAlias}` in this.#contents.aliases);
  }

  /** Finds a key by any of its names. Throws KMSNotFoundException. */
  #find(keyId: string, account: string): KeyringKey {
    const arn = /^arn:aws[^:]*:kms:[^:]*:(\d{12}):(key\/|alias\/)(.+)$/.exec(keyId);
    const owner = arn?.[1] ?? account;
    const name = arn ? (arn[2] === 'key/' ? arn[3]! : `alias/${arn[3]!}`) : keyId;
    const id = name.startsWith('alias/') ? this.#contents.aliases[`${owner}/${name}`] : name;
    const key = this.#contents.keys.find((k) => k.id === id && k.account === owner);
    if (key) return key;
    const what = name.startsWith('alias/') ? `Alias ${keyId}` : `Key '${keyId}'`;
    throw new ServiceError('KMSNotFoundException', `${what} is not found.`);
  }

  /** A key that may be used now by this account, or the KMS error that says why not. */
  #usable(keyId: string, account: string): KeyringKey {
    const key = this.#find(keyId, account);
    const arn = this.#arn(key);
    if (key.account !== account && !key.sharedWith.includes(account)) {
      throw new ServiceError(
        'KMSAccessDeniedException',
        `Account ${account} is not allowed to use key '${arn}'.`,
      );
    }
    if (key.state === 'disabled') {
      throw new ServiceError('KMSDisabledException', `${arn} is disabled.`);
    }
    if (key.state === 'pending-deletion') {
      throw new ServiceError('KMSInvalidStateException', `${arn} is pending deletion.`);
    }
    return key;
  }

  async #changeKey(
    account: string,
    keyId: string,
    change: (key: KeyringKey) => KeyringKey,
  ): Promise<void> {
    await this.#change((old) => {
      const { id } = this.#find(keyId, account);
      return { ...old, keys: old.keys.map((key) => (key.id === id ? change(key) : key)) };
    });
  }

  /** `change` sees the file as it is now, and nobody changes it meanwhile; it may throw. */
  async #change(change: (old: KeyringContents) => KeyringContents): Promise<void> {
    const { path } = this.#options;
    await exclusively(this.#deps, path, async () => {
      await this.#reload();
      await writeKeyring(this.#deps.disk, path, change(this.#contents));
      await this.#reload();
    });
  }

  /**
   * Whoever wrote the file that was read may have died before its name was synced. What a key wraps
   * must not outlive the key, so the name is made durable before a key is used for anything new.
   */
  async #makeDurable(): Promise<void> {
    const revision = this.#revision;
    if (this.#durableRevision !== revision) {
      await this.#deps.disk.syncDirectory(directoryOf(this.#options.path));
      this.#durableRevision = revision;
    }
  }

  /** Looks at the file for a key that is not known: one that another process has just made. */
  async #lookFor(keyId: string, account: string): Promise<void> {
    try {
      this.#find(keyId, account);
    } catch {
      // A look that is under way may have read the file before the key was in it.
      await this.#looking;
      await this.#look();
    }
  }

  /** Looks for changes of the file; never rejects. */
  #look(): Promise<void> {
    this.#looking ??= this.#reload()
      .catch((error: unknown) => {
        this.#options.onProblem(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #reload(): Promise<void> {
    const text = (await readTextFile(this.#deps.disk, this.#options.path)) ?? emptyText;
    if (text === this.#text) return;
    this.#contents = parseKeyring(this.#options.path, text);
    this.#text = text;
    this.#revision += 1;
  }
}
