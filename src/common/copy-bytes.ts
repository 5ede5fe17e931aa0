/**
 * Copies bytes, also into and out of memory that threads share.
 *
 * Where one end is shared, V8's own copies (`set`, and Node's `copy` on top of it) go word by word
 * if both ends lie alike within eight bytes, and otherwise byte by byte, which takes ten times as
 * long. Node fills a buffer with the bytes of another one as the processor does it best, whatever
 * they are.
 */

const { fill } = Buffer.prototype as {
  fill: (this: Uint8Array, from: Uint8Array, start: number, end: number) => void;
};

/** As `to.set(from, at)`; the two must not overlap, and nobody may write to `from` meanwhile. */
export function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  if (from.length > to.length - at) {
    throw new RangeError('copy: more bytes than there is room for');
  }
  if (from.length > 0) {
    fill.call(to, from, at, at + from.length);
  }
}
