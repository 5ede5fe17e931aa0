/**
 * Buffers for whole request bodies, on which work may go on elsewhere until their owner wants it.
 */
import type { Buffers } from '../common/buffer-pool.ts';

/** Header values by lower-case name. */
export type BodyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Where a decoder writes what it makes of a body. */
export interface DecodeTarget {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/** False where it makes nothing of the body, or the target has no room for it. */
export type BodyDecoder = (body: Uint8Array, into: DecodeTarget) => boolean;

/** Work on a body that has been begun. */
export interface BodyWork {
  /**
   * SHA-256 of the body as 64 hexadecimal digits in lower case; what is missing of it is done, or
   * waited for, in the call.
   */
  digest(): string;
  /**
   * What the body's decoder has written, valid until the body's buffer is given back; null where
   * the caller has to decode. To be asked once.
   */
  decoded(): DecodeTarget | null;
}

export interface BodyBuffers extends Buffers {
  /**
   * Begins the work on `body`, a range from the start of a buffer that `take` gave. Until the
   * buffer is given back the bytes must stay as they are. Null where there is nothing to gain.
   */
  begin(body: Uint8Array, headers: BodyHeaders): BodyWork | null;
  /** For a buffer of `take` that will never be given back, since somebody may still look at it. */
  abandon(buffer: Uint8Array): void;
}

/** Bodies with which all is left to the caller. */
export function idleBodies(buffers: Buffers): BodyBuffers {
  return {
    take: (bytes) => buffers.take(bytes),
    give: (buffer) => buffers.give(buffer),
    begin: () => null,
    abandon: () => undefined,
  };
}
