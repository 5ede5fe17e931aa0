/**
 * Decimal digits written to memory four at a time: one store of a word out of a table, where one
 * digit after the other would take a division each.
 */
export const QUAD_DIGITS = 4;

/** What four digits count to. */
export const QUAD: number = 10 ** QUAD_DIGITS;

/** ASCII digits of 0 … 9999, each as the big-endian word they are in memory. */
const QUADS: Int32Array = Int32Array.from({ length: QUAD }, (_, value) => {
  const text = String(value).padStart(QUAD_DIGITS, '0');
  return [...text].reduce((word, digit) => (word << 8) | digit.charCodeAt(0), 0);
});

/** Writes the four digits of `value`, a whole number below QUAD, to `at`. */
export function writeQuad(target: DataView, at: number, value: number): void {
  target.setInt32(at, QUADS[value]!);
}
