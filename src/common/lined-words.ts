/**
 * Memory that begins where a line of the processor's caches does, so that rows of 64 bytes are one
 * line each: with thousands of them, whatever is looked at is a miss, and two lines are two.
 */

/** Words of eight bytes in a line. */
export const lineWords = 8;
/** Large memory begins so many bytes behind a line here; on other hosts nothing depends on it. */
const SHIFT_BYTES = 48;

/** `words` words of eight bytes, all 0; the first begins a line. */
export function linedWords(words: number): Float64Array {
  return new Float64Array(new ArrayBuffer(SHIFT_BYTES + 8 * words), SHIFT_BYTES, words);
}

/** The same memory as words of four bytes. */
export function halfWords({ buffer, byteOffset, length }: Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, 2 * length);
}
