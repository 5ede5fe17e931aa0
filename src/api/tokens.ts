/**
 * Shard iterators and page tokens: sealed by the server, carried by the client, never stored.
 *
 * Sealing is AES-256-GCM with a key kept in the metadata store, so tokens are tamper-evident,
 * opaque and survive a restart. Expiry is the caller's business: the issue time is inside.
 */
export interface IteratorToken {
  /** The stream's uid: an iterator of a deleted and re-created stream is of no use. */
  readonly streamUid: number;
  readonly shardIndex: number;
  /** Ordinal of the next record to return. */
  readonly ordinal: number;
  readonly issuedMs: number;
  readonly account: string;
  readonly streamName: string;
}

export interface PageToken {
  /** Operation that issued it; another operation must refuse it. */
  readonly operation: string;
  readonly issuedMs: number;
  /** Whatever the operation needs to go on, as JSON. */
  readonly state: unknown;
}

export interface Tokens {
  sealIterator(token: IteratorToken): string;
  /**
   * Null when the text was not sealed by this server or was changed. Surrounding double quotes are
   * tolerated.
   */
  openIterator(text: string): IteratorToken | null;
  sealPage(token: PageToken): string;
  openPage(text: string): PageToken | null;
}
