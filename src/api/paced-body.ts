/**
 * An answer's body that is made piece by piece, as fast as its reader takes it: a large answer is
 * never in memory as a whole, whatever the number of readers.
 *
 * Invariant: the pieces together have exactly `length` bytes, for the length is sent first.
 */
import { assert } from '../common/assert.ts';

/** A piece has at least this much room, bytes, or room for all that is left. */
export const PIECE_BYTES_MIN: number = 16 * 1024;

export abstract class PacedBody {
  /** Bytes of the whole body. */
  abstract readonly length: number;

  /**
   * Writes what comes next to `out` from its start on and gives the number of bytes, at least one
   * unless nothing is left. Must not be called after `release`.
   */
  abstract fill(out: Uint8Array): number;

  /** Nothing more is wanted: gives back what the body is made from. Does nothing twice. */
  abstract release(): void;
}

/** The whole body in one array; the body is released. */
export function wholeBody(body: PacedBody): Uint8Array {
  const out = Buffer.allocUnsafe(body.length);
  let at = 0;
  while (at < out.length) {
    const bytes = body.fill(out.subarray(at));
    assert(bytes > 0, 'paced body: shorter than its length');
    at += bytes;
  }
  body.release();
  return out;
}
