/**
 * KeyProvider: whoever holds the keys that wrap our data keys; a local keyring, or a KMS endpoint.
 *
 * Only wrapped data keys are ever stored beside the data. Failures are ServiceErrors with one of
 * the six KMS codes, so that they can be answered to a client as they are.
 */
export interface GeneratedDataKey {
  /** 32 bytes, to be kept in memory only. */
  readonly plain: Uint8Array;
  readonly wrapped: Uint8Array;
  /** The key that wrapped it, by ARN whatever name the caller used. */
  readonly keyArn: string;
}

export interface KeyProvider {
  /**
   * A fresh 256-bit data key under `keyId`: a key id, key ARN, `alias/…` or alias ARN, looked up
   * for `account`. Throws ServiceError with a KMS code.
   */
  generateDataKey(keyId: string, account: string): Promise<GeneratedDataKey>;
  /** The plain form of a wrapped data key. Throws ServiceError with a KMS code. */
  unwrap(keyArn: string, wrapped: Uint8Array, account: string): Promise<Uint8Array>;
  /**
   * Changes whenever a key's state may have changed; plain keys cached under another value are
   * void.
   */
  revision(): number;
}
