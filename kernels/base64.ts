/**
 * Base64 as far as it goes, sixteen characters at a time.
 *
 * A character is recognised by its two halves: each half has a bit set for every reason why it can
 * be no part of the alphabet, and a foreign one has a reason that both share. Its value is then the
 * character plus a number that depends on the upper half alone, but for the slash.
 */

/** Where decoding has stopped: at the quote that ends the text. */
export let fault: usize = 0;

const BLOCK: usize = 16;

// Kept in memory: as constants in the code they would be made anew in every turn of the loop.
const LOWER: usize = memory.data<u8>(
  [0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a],
  16,
);
const UPPER: usize = memory.data<u8>(
  [0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10],
  16,
);
const SHIFTS: usize = memory.data<i8>(
  [0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0],
  16,
);
/** Three bytes of each of four numbers, the most significant first. */
const ORDER: usize = memory.data<i8>([2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1], 16);
const WEIGHTS: usize = memory.data<i16>([4096, 1, 4096, 1, 4096, 1, 4096, 1], 16);
const HALVES: usize = memory.data<u8>(
  [15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15],
  16,
);
const SLASHES: usize = memory.data<u8>(
  [47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47, 47],
  16,
);
const FIRSTS: usize = memory.data<u16>(
  [0x0fc0, 0x0fc0, 0x0fc0, 0x0fc0, 0x0fc0, 0x0fc0, 0x0fc0, 0x0fc0],
  16,
);

const QUOTE: u32 = 0x22;
const PAD: u32 = 0x3d;
const FOREIGN: u32 = 0x80;

/**
 * Decodes from `from` up to the next quote before `end`. Gives the number of bytes written to `to`,
 * with up to four more behind them that mean nothing; -1 where it is not strict base64.
 */
export function decodeBase64(from: usize, end: usize, to: usize): i32 {
  const lower = v128.load(LOWER);
  const upper = v128.load(UPPER);
  const shifts = v128.load(SHIFTS);
  const order = v128.load(ORDER);
  const weights = v128.load(WEIGHTS);
  const half = v128.load(HALVES);
  const slash = v128.load(SLASHES);
  const firsts = v128.load(FIRSTS);
  let into = to;
  while (from + BLOCK <= end) {
    const text = v128.load(from);
    const high = v128.and(v128.shr<u16>(text, 4), half);
    const reasons = v128.swizzle(lower, v128.and(text, half));
    if (v128.any_true(v128.and(reasons, v128.swizzle(upper, high)))) break;
    const slashes = v128.eq<i8>(text, slash);
    const values = v128.add<i8>(text, v128.swizzle(shifts, v128.add<i8>(slashes, high)));
    const pairs = v128.or(v128.and(v128.shl<i16>(values, 6), firsts), v128.shr<u16>(values, 8));
    v128.store(into, v128.swizzle(i32x4.dot_i16x8_s(pairs, weights), order));
    from += BLOCK;
    into += 12;
  }
  return decodeRest(from, end, into, to);
}

/** The same, four characters at a time, with the padding at the end. */
function decodeRest(from: usize, end: usize, into: usize, begin: usize): i32 {
  for (; from < end; from += 4) {
    fault = from;
    const first = <u32>load<u8>(from);
    if (first == QUOTE) return <i32>(into - begin);
    if (from + 4 >= end) return -1;
    const third = <u32>load<u8>(from, 2);
    const fourth = <u32>load<u8>(from, 3);
    const a = valueOf(first);
    const b = valueOf(<u32>load<u8>(from, 1));
    const c = valueOf(third);
    const d = valueOf(fourth);
    if (((a | b) & FOREIGN) != 0) return -1;
    store<u8>(into, (a << 2) | (b >> 4));
    store<u8>(into, (b << 4) | (c >> 2), 1);
    store<u8>(into, (c << 6) | d, 2);
    if (((c | d) & FOREIGN) == 0) {
      into += 3;
      continue;
    }
    if (fourth != PAD || load<u8>(from, 4) != QUOTE) return -1;
    fault = from + 4;
    if (third == PAD) return (b & 15) == 0 ? <i32>(into + 1 - begin) : -1;
    return (c & (FOREIGN | 3)) == 0 ? <i32>(into + 2 - begin) : -1;
  }
  return -1;
}

/** Six bits, or FOREIGN. */
function valueOf(character: u32): u32 {
  if (character - 0x41 < 26) return character - 0x41;
  if (character - 0x61 < 26) return character - 0x61 + 26;
  if (character - 0x30 < 10) return character - 0x30 + 52;
  if (character == 0x2b) return 62;
  return character == 0x2f ? 63 : FOREIGN;
}
