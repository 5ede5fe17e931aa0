/**
 * Base64 of bytes, sixteen characters at a time.
 */

// Kept in memory: as constants in the code they would be made anew in every turn of the loop.
/** Each three bytes as a number, the first byte the most significant. */
const ORDER: usize = memory.data<i8>([2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9, -1], 16);
/** What is added to a value: of 26 and above, by its distance from 51; of those below at last. */
const SHIFTS: usize = memory.data<i8>(
  [71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0],
  16,
);
const PAD: u8 = 0x3d;

/**
 * Writes the characters of `bytes` bytes at `from` to `to` and gives their number. Up to 16 bytes
 * behind the bytes are read and up to 16 behind the characters are written.
 */
export function encodeBase64(from: usize, bytes: usize, to: usize): usize {
  const order = v128.load(ORDER);
  const shifts = v128.load(SHIFTS);
  const end = from + bytes;
  let at = from;
  let into = to;
  for (; at < end; at += 12, into += 16) {
    const groups = v128.swizzle(v128.load(at), order);
    const values = v128.or(
      v128.or(i32x4.shr_u(groups, 18), v128.and(i32x4.shr_u(groups, 4), i32x4.splat(0x3f00))),
      v128.or(
        v128.and(i32x4.shl(groups, 10), i32x4.splat(0x3f0000)),
        v128.and(i32x4.shl(groups, 24), i32x4.splat(0x3f000000)),
      ),
    );
    const above = i8x16.sub_sat_u(values, i8x16.splat(51));
    const capitals = v128.and(i8x16.lt_s(values, i8x16.splat(26)), i8x16.splat(13));
    const shift = v128.swizzle(shifts, v128.or(above, capitals));
    v128.store(into, i8x16.add(values, shift));
  }
  const characters = ((bytes + 2) / 3) << 2;
  const rest = bytes % 3;
  if (rest != 0) endGroup(end - rest, rest, to + characters - 4);
  return characters;
}

/** Writes the last group again: what is behind the bytes is no part of it. */
function endGroup(at: usize, bytes: usize, to: usize): void {
  const first = <u32>load<u8>(at);
  const second = bytes == 2 ? <u32>load<u8>(at, 1) : 0;
  store<u8>(to, character(first >> 2));
  store<u8>(to, character(((first & 3) << 4) | (second >> 4)), 1);
  store<u8>(to, bytes == 2 ? character((second & 15) << 2) : PAD, 2);
  store<u8>(to, PAD, 3);
}

function character(value: u32): u8 {
  if (value < 26) return <u8>(value + 65);
  if (value < 52) return <u8>(value + 71);
  if (value < 62) return <u8>(value - 4);
  return value == 62 ? 0x2b : 0x2f;
}
