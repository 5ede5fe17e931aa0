/** Explicit hash keys: decimal numbers below 2^128 without leading zeros. */

const DIGITS_MAX: usize = 39;

/** Writes a number as four words, the most significant first; false where it is not one. */
export function parseHashKey(place: usize, digits: usize, out: usize): bool {
  if (digits == 0 || digits > DIGITS_MAX) return false;
  if (load<u8>(place) == 0x30 && digits > 1) return false;
  let low: u64 = 0;
  let middle: u64 = 0;
  let high: u64 = 0;
  let top: u64 = 0;
  for (let i: usize = 0; i < digits; i++) {
    const digit = <u64>load<u8>(place + i) - 0x30;
    if (digit > 9) return false;
    low = low * 10 + digit;
    middle = middle * 10 + (low >> 32);
    high = high * 10 + (middle >> 32);
    top = top * 10 + (high >> 32);
    low &= 0xffff_ffff;
    middle &= 0xffff_ffff;
    high &= 0xffff_ffff;
  }
  if (top > 0xffff_ffff) return false;
  store<u32>(out, <u32>top);
  store<u32>(out, <u32>high, 4);
  store<u32>(out, <u32>middle, 8);
  store<u32>(out, <u32>low, 12);
  return true;
}
