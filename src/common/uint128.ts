/**
 * Unsigned 128-bit integers as four big-endian words of 32 bits (word 0 is the most significant),
 * so that tables of them are flat typed arrays and comparing needs no bigint.
 */
import { assert } from './assert.ts';

/** Words per value in a flat table. */
export const UINT128_WORDS = 4;
/** Digits of the largest value, 2^128 - 1. */
const DIGITS_MAX = 39;
/** Decimal digits handled at once: 2^32 * 10^6 still is a safe integer. */
const CHUNK_DIGITS = 6;
const WORD = 2 ** 32;

/**
 * Orders value number `i` of `words` against value number `j` of `table` (both counted in values of
 * four words): negative, zero or positive.
 */
export function compareAt(words: Uint32Array, i: number, table: Uint32Array, j: number): number {
  const a = i * UINT128_WORDS;
  const b = j * UINT128_WORDS;
  assert(a >= 0 && a + UINT128_WORDS <= words.length, 'uint128: left value outside its table');
  assert(b >= 0 && b + UINT128_WORDS <= table.length, 'uint128: right value outside its table');
  if (words[a] !== table[b]) return words[a]! - table[b]!;
  if (words[a + 1] !== table[b + 1]) return words[a + 1]! - table[b + 1]!;
  if (words[a + 2] !== table[b + 2]) return words[a + 2]! - table[b + 2]!;
  return words[a + 3]! - table[b + 3]!;
}

/** Orders two single values. */
export function compare(left: Uint32Array, right: Uint32Array): number {
  return compareAt(left, 0, right, 0);
}

/**
 * Reads a decimal number in its one canonical form (no sign, no blanks, no leading zeros) between 0
 * and 2^128 - 1; null for any other text.
 */
export function parseDecimal(text: string): Uint32Array | null {
  if (text.length > DIGITS_MAX) return null;
  const digits = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x39) return null;
    digits[i] = code;
  }
  const out = new Uint32Array(UINT128_WORDS);
  return parseDecimalInto(digits, 0, digits.length, out) ? out : null;
}

/**
 * As parseDecimal, from the ASCII digits `bytes[start, end)` into `out[0..4)`. False, with `out` in
 * an unspecified state, when they are not a canonical number below 2^128.
 */
export function parseDecimalInto(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint32Array,
): boolean {
  assert(start >= 0 && start <= end && end <= bytes.length, 'uint128: range outside the bytes');
  const length = end - start;
  if (length === 0 || length > DIGITS_MAX) return false;
  if (bytes[start] === 0x30 && length > 1) return false;
  out.fill(0, 0, UINT128_WORDS);
  let at = start;
  while (at < end) {
    const stop = at + ((end - at) % CHUNK_DIGITS || CHUNK_DIGITS);
    let chunk = 0;
    let scale = 1;
    for (; at < stop; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return false;
      chunk = chunk * 10 + digit;
      scale *= 10;
    }
    if (!multiplyAdd(out, scale, chunk)) return false;
  }
  return true;
}

/** value = value * factor + addend; false when that no longer fits 128 bits. */
function multiplyAdd(value: Uint32Array, factor: number, addend: number): boolean {
  let carry = addend;
  for (let i = UINT128_WORDS - 1; i >= 0; i--) {
    const product = value[i]! * factor + carry;
    value[i] = product;
    carry = Math.floor(product / WORD);
  }
  return carry === 0;
}

/** The decimal digits of value number `index` of `words`. */
export function format(words: Uint32Array, index = 0): string {
  return toBigInt(words, index).toString();
}

/** The value number `index` of `words` as a bigint. */
export function toBigInt(words: Uint32Array, index = 0): bigint {
  const from = index * UINT128_WORDS;
  assert(from >= 0 && from + UINT128_WORDS <= words.length, 'uint128: value outside its table');
  let value = 0n;
  for (let i = from; i < from + UINT128_WORDS; i++) value = (value << 32n) | BigInt(words[i]!);
  return value;
}

/** A new four-word value; `value` must lie in [0, 2^128). */
export function fromBigInt(value: bigint): Uint32Array {
  assert(value >= 0n && value >> 128n === 0n, 'uint128: value out of range');
  const out = new Uint32Array(UINT128_WORDS);
  for (let i = UINT128_WORDS - 1, rest = value; i >= 0; i--, rest >>= 32n) {
    out[i] = Number(rest & 0xffffffffn);
  }
  return out;
}
