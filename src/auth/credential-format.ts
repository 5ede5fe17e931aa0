/**
 * The credentials file: users, their keys and policies, and sessions, as JSON that a person can
 * read.
 *
 * Secrets are sealed (AES-256-GCM, bound to the key id) under a data key that is itself wrapped by
 * a key of the keyring, so the file alone gives no secret away. Session tokens are kept as hashes.
 */
import * as v from 'valibot';
import { base64Text, JsonShapeError, parseJsonShape, patternText } from '../common/json-shape.ts';
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
const account = patternText(accountPattern, '12 digits');
const userName = patternText(userPattern, '1 to 64 letters, digits or _+=,.@-');
const fileSchema: v.GenericSchema<unknown, CredentialContents> = v.object({
  version: v.literal(1),
  key: v.nullable(v.object({ arn: v.string(), wrapped: base64Text() })),
  users: v.array(
    v.object({
      account,
      name: userName,
      id: v.string(),
      policies: v.array(v.object({ name: v.string(), document: v.unknown() })),
      keys: v.array(
        v.object({
          id: v.string(),
          secret: base64Text(),
          state: v.picklist(['active', 'disabled']),
          createdMs: v.number(),
        }),
      ),
    }),
  ),
  sessions: v.array(
    v.object({
      id: v.string(),
      secret: base64Text(),
      tokenHash: base64Text(),
      expiresMs: v.number(),
      account,
      user: userName,
      name: userName,
      policy: v.unknown(),
    }),
  ),
});

/** Throws CredentialFormatError. */
export function parseCredentials(path: string, text: string): CredentialContents {
  try {
    return parseJsonShape(fileSchema, text);
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error;
    throw new CredentialFormatError(`credentials ${path} cannot be read: ${error.message}`);
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
