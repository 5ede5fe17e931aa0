/**
 * How deep a JSON text nests, found before it is parsed: parsing millions of brackets would build
 * millions of arrays, so such a body is refused while it is still bytes.
 *
 * Strings, where almost all bytes of a large body are, are skipped by native search.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** True when `bytes`, taken as JSON text, open more than `depthMax` arrays and objects at once. */
export function nestsDeeper(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
      continue;
    }
    // '[' and '{' differ in one bit only, as do their closing forms.
    const bracket = byte | 0x20;
    if (bracket === 0x7b && ++depth > depthMax) return true;
    if (bracket === 0x7d) depth--;
    at++;
  }
  return false;
}

/** Position after the quote that ends a string whose content starts at `from`. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    let backslashes = 0;
    while (quote - backslashes > from && bytes[quote - backslashes - 1] === BACKSLASH)
      backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}
