/**
 * Buffers for whole request bodies, whose SHA-256 may be taken elsewhere while their owner goes on.
 */
import type { Buffers } from '../common/buffer-pool.ts';

/** A SHA-256 that has been begun. */
export interface PendingDigest {
  /** 64 hexadecimal digits in lower case; what is missing is done, or waited for, in the call. */
  hex(): string;
}

export interface BodyBuffers extends Buffers {
  /**
   * Begins the digest of `body`, a range from the start of a buffer that `take` gave. Until the
   * buffer is given back the bytes must stay as they are. Null where the caller had better do it.
   */
  digest(body: Uint8Array): PendingDigest | null;
  /** For a buffer of `take` that will never be given back, since somebody may still look at it. */
  abandon(buffer: Uint8Array): void;
}

/** Bodies whose digests are left to the caller. */
export function undigested(buffers: Buffers): BodyBuffers {
  return {
    take: (bytes) => buffers.take(bytes),
    give: (buffer) => buffers.give(buffer),
    digest: () => null,
    abandon: () => undefined,
  };
}
