/**
 * The credentials file: users, their keys and policies, and sessions, as JSON that a person can
 * read.
 *
 * Secrets are sealed (AES-256-GCM, bound to the key id) under a data key that is itself wrapped by
 * a key of the keyring, so the file alone gives no secret away. Session tokens are kept as hashes.
 */
import {
  anyShape,
  base64Shape,
  listShape,
  nullableShape,
  numberShape,
  objectShape,
  oneOfShape,
  ShapeError,
  textShape,
} from '../common/shape.ts';
import { parsePolicy } from './policy-document.ts';
import type { PolicyDocument } from './policy-document.ts';

export type KeyState = 'active' | 'disabled';

export interface StoredKey {
  readonly id: string;
  /** Sealed, base64. */
  readonly secret: string;
  readonly state: KeyState;
  readonly createdMs: number;
}

export interface StoredPolicy {
  readonly name: string;
  /** As the author wrote it. */
  readonly document: unknown;
}

export interface StoredUser {
  readonly account: string;
  /** `root` is the account itself. */
  readonly name: string;
  readonly id: string;
  readonly policies: readonly StoredPolicy[];
  readonly keys: readonly StoredKey[];
}

export interface StoredSession {
  readonly id: string;
  /** Sealed, base64. */
  readonly secret: string;
  /** SHA-256 of the token, base64. */
  readonly tokenHash: string;
  readonly expiresMs: number;
  readonly account: string;
  readonly user: string;
  /** Names the session in its ARN. */
  readonly name: string;
  /** Null where the session may do all its user may. */
  readonly policy: unknown;
}

export interface WrappedKey {
  /** The keyring's key. */
  readonly arn: string;
  /** The data key, wrapped, base64. */
  readonly wrapped: string;
}

export interface CredentialContents {
  readonly version: 1;
  /** Null as long as there are no secrets. */
  readonly key: WrappedKey | null;
  readonly users: readonly StoredUser[];
  readonly sessions: readonly StoredSession[];
}

/** The file is there but cannot be understood; the message says what is wrong, never a secret. */
export class CredentialFormatError extends Error {
  override readonly name = 'CredentialFormatError';
}

export const noCredentials: CredentialContents = { version: 1, key: null, users: [], sessions: [] };

/** The user that is the account itself. */
export const ROOT_USER = 'root';

const accountPattern = /^\d{12}$/;
const userPattern = /^[\w+=,.@-]{1,64}$/;
const account = textShape(accountPattern, '12 digits');
const userName = textShape(userPattern, '1 to 64 letters, digits or _+=,.@-');
const fileShape = objectShape<CredentialContents>({
  version: oneOfShape(1),
  key: nullableShape(objectShape<WrappedKey>({ arn: textShape(), wrapped: base64Shape() })),
  users: listShape(
    objectShape<StoredUser>({
      account,
      name: userName,
      id: textShape(),
      policies: listShape(objectShape<StoredPolicy>({ name: textShape(), document: anyShape })),
      keys: listShape(
        objectShape<StoredKey>({
          id: textShape(),
          secret: base64Shape(),
          state: oneOfShape('active', 'disabled'),
          createdMs: numberShape,
        }),
      ),
    }),
  ),
  sessions: listShape(
    objectShape<StoredSession>({
      id: textShape(),
      secret: base64Shape(),
      tokenHash: base64Shape(),
      expiresMs: numberShape,
      account,
      user: userName,
      name: userName,
      policy: anyShape,
    }),
  ),
});

/** Throws CredentialFormatError. */
export function parseCredentials(path: string, text: string): CredentialContents {
  try {
    return fileShape(JSON.parse(text), '');
  } catch (error) {
    // Messages of JSON.parse quote the text, and with it whatever is in the file.
    const reason = error instanceof ShapeError ? error.message : 'it is not valid JSON';
    throw new CredentialFormatError(`credentials ${path} cannot be read: ${reason}`);
  }
}

export function formatCredentials(contents: CredentialContents): string {
  return `${JSON.stringify(contents, null, 2)}\n`;
}

/** Checks the names that a change brings in; throws CredentialFormatError. */
export function checkName(kind: 'account' | 'user', text: string): void {
  if (!(kind === 'account' ? accountPattern : userPattern).test(text)) {
    const rule = kind === 'account' ? '12 digits' : '1 to 64 letters, digits or _+=,.@-';
    throw new CredentialFormatError(`${kind} '${text}' is not valid: expected ${rule}`);
  }
}

/** Throws CredentialFormatError when the document is no identity policy. */
export function identityPolicy(name: string, document: unknown): PolicyDocument {
  try {
    return parsePolicy(document, 'identity');
  } catch (error) {
    throw new CredentialFormatError(`policy ${name}: ${(error as Error).message}`);
  }
}
