/**
 * Copies into and out of memory that threads share.
 *
 * V8 copies such memory word by word where both ends lie alike within eight bytes, and byte by byte
 * where they do not, which takes ten times as long. What does not lie alike goes through a piece of
 * ordinary memory, to or from which copies are quick however they lie.
 */

/** Copied at a time; stays in the processor's cache. */
const PIECE_BYTES = 32 * 1024;
const WORD_BYTES = 8;
/** Below this a detour costs more than it saves. */
const DETOUR_BYTES_MIN = 256;

export class SharedCopier {
  /** Null until it is first needed. */
  #piece: Uint8Array | null = null;

  /** As `to.set(from, at)`; the two must not overlap. */
  copy(from: Uint8Array, to: Uint8Array, at: number): void {
    const isFromShared = isShared(from);
    const apart = from.byteOffset - to.byteOffset - at;
    const isDirect =
      isFromShared === isShared(to) || apart % WORD_BYTES === 0 || from.length < DETOUR_BYTES_MIN;
    if (isDirect) {
      to.set(from, at);
      return;
    }
    this.#piece ??= new Uint8Array(PIECE_BYTES + WORD_BYTES);
    const shift = (isFromShared ? from.byteOffset : to.byteOffset + at) % WORD_BYTES;
    for (let start = 0; start < from.length; start += PIECE_BYTES) {
      const bytes = Math.min(PIECE_BYTES, from.length - start);
      this.#piece.set(from.subarray(start, start + bytes), shift);
      to.set(this.#piece.subarray(shift, shift + bytes), at + start);
    }
  }
}

function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer;
}
