/**
 * The MetaStore port: small, transactional, ordered key-value metadata.
 *
 * Every commit is durable when its promise resolves. Keys are ASCII paths (`stream/…`), values
 * bytes.
 * `rev` grows by one with every commit of the whole store and never goes back.
 */

export interface Versioned {
  readonly value: Uint8Array;
  /** Revision of the commit that wrote this value. */
  readonly rev: number;
}

export interface MetaOp {
  readonly key: string;
  /** What must be true of the key when the transaction commits. */
  readonly expect: number | 'absent' | 'any';
  /** The new value; null deletes the key. */
  readonly value: Uint8Array | null;
}

/** A condition of a transaction did not hold; nothing was written. */
export class CasError extends Error {
  override readonly name = 'CasError';
  readonly key: string;
  readonly actual: number | null;
  constructor(key: string, actual: number | null) {
    super(`metadata key ${key} is at revision ${actual ?? 'none'}`);
    this.key = key;
    this.actual = actual;
  }
}

/** Another process has this data directory open. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError';
}

/** Stored metadata does not match its checksums. Never repaired by guessing. */
export class MetaCorruptionError extends Error {
  override readonly name = 'MetaCorruptionError';
}

export interface MetaStore {
  /** Read-your-writes. */
  get(key: string): Promise<Versioned | null>;
  /** All pairs whose key starts with `prefix`, in key order. */
  list(prefix: string): Promise<readonly (readonly [key: string, entry: Versioned])[]>;
  /** Applies all of `ops` or none; resolves with the new revision once durable. Throws CasError. */
  commit(ops: readonly MetaOp[]): Promise<number>;
  close(): Promise<void>;
}
