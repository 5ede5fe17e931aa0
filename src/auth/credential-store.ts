/**
 * Credentials as the verifier of signatures looks them up.
 */
import type { PolicyDocument } from './policy-document.ts';

/** A user or an account's root, with what it may do. */
export interface Principal {
  /** 12 digits. */
  readonly account: string;
  /** `arn:aws:iam::…:user/…` or `arn:aws:iam::…:root`. */
  readonly arn: string;
  /** Root may do everything in its own account without any policy. */
  readonly isRoot: boolean;
  /** `aws:username`; null for root. */
  readonly userName: string | null;
  /** `aws:userid`. */
  readonly userId: string;
  readonly policies: readonly PolicyDocument[];
}

/** What makes temporary credentials temporary. */
export interface Session {
  /** SHA-256 of the session token. */
  readonly tokenHash: Uint8Array;
  readonly expiresMs: number;
  /** Narrows what the principal may do; null leaves it as it is. */
  readonly policy: PolicyDocument | null;
  /** `arn:aws:sts::…:federated-user/…`: who it is in policies and error texts. */
  readonly arn: string;
}

/** One key pair that may be used now. Immutable: any change makes a new object. */
export interface Credential {
  readonly accessKeyId: string;
  /** Never logged, never in an error. */
  readonly secret: string;
  readonly principal: Principal;
  /** Null for long-term keys. */
  readonly session: Session | null;
}

export interface CredentialStore {
  /** Undefined for unknown, disabled and revoked keys alike. */
  find(accessKeyId: string): Credential | undefined;
}
