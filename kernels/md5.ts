/**
 * MD5 of partition keys, four at a time: one in each lane of a vector. Which shard a record belongs
 * to is defined by it.
 *
 * Scratch: sixteen vectors, the words of four blocks side by side, and as many for a long key.
 */

const HEADER_BYTES: usize = 8;
const WORD: usize = 16;
const BLOCK_BYTES: usize = 64;
/** The longest key that fits one block with its padding. */
const SHORT_BYTES: u32 = 55;
const EXPLICIT: u32 = 1 << 31;

/** floor(2^32 * |sin(i + 1)|) */
const SINES: usize = memory.data<u32>([
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
  0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
  0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
  0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
  0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
]);

/** The state of the four. */
let stateA: v128 = i32x4.splat(0);
let stateB: v128 = i32x4.splat(0);
let stateC: v128 = i32x4.splat(0);
let stateD: v128 = i32x4.splat(0);

/**
 * Writes the hashes of the keys of `count` packed records, four words each, the most significant
 * first. Records marked as having a hash key keep it, and lose the mark.
 */
export function hashPartitionKeys(
  packed: usize,
  offsets: usize,
  count: u32,
  hashes: usize,
  scratch: usize,
): void {
  let lane: u32 = 0;
  let out0: usize = 0;
  let out1: usize = 0;
  let out2: usize = 0;
  let out: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const record = packed + load<u32>(offsets + ((<usize>i) << 2));
    const bytes = load<u32>(record, 4);
    if ((bytes & EXPLICIT) != 0) {
      store<u32>(record, bytes & ~EXPLICIT, 4);
      continue;
    }
    out = hashes + ((<usize>i) << 4);
    if (bytes > SHORT_BYTES) {
      hashLong(record + HEADER_BYTES, bytes, out, scratch + WORD * 16);
      continue;
    }
    writeLast(scratch + ((<usize>lane) << 2), record + HEADER_BYTES, bytes, bytes);
    lane++;
    if (lane == 1) out0 = out;
    else if (lane == 2) out1 = out;
    else if (lane == 3) out2 = out;
    else {
      hashFour(scratch, out0, out1, out2, out);
      lane = 0;
    }
  }
  if (lane > 0) {
    begin();
    mix(scratch);
    writeHash(0, out0);
    if (lane > 1) writeHash(1, out1);
    if (lane > 2) writeHash(2, out2);
  }
}

/** The hash of a key of several blocks, in the first lane. */
function hashLong(key: usize, bytes: u32, out: usize, scratch: usize): void {
  begin();
  let rest = bytes;
  let at = key;
  for (; rest >= <u32>BLOCK_BYTES; rest -= <u32>BLOCK_BYTES, at += BLOCK_BYTES) {
    for (let i: usize = 0; i < 16; i++) {
      store<u32>(scratch + i * WORD, load<u32>(at + (i << 2)));
    }
    mix(scratch);
  }
  if (rest > SHORT_BYTES) {
    writeTail(scratch, at, rest, 16);
    mix(scratch);
    for (let i: usize = 0; i < 14; i++) store<u32>(scratch + i * WORD, 0);
    writeLength(scratch, bytes);
  } else {
    writeLast(scratch, at, rest, bytes);
  }
  mix(scratch);
  writeHash(0, out);
}

function hashFour(scratch: usize, out0: usize, out1: usize, out2: usize, out3: usize): void {
  begin();
  mix(scratch);
  writeHash(0, out0);
  writeHash(1, out1);
  writeHash(2, out2);
  writeHash(3, out3);
}

/** Writes the last block of a text, of which `rest` bytes are left, to the lane at `lane`. */
function writeLast(lane: usize, text: usize, rest: u32, bytes: u32): void {
  writeTail(lane, text, rest, 14);
  writeLength(lane, bytes);
}

/** Writes the end of a text, a one bit, and zeros up to word `words`. */
function writeTail(lane: usize, text: usize, rest: u32, words: usize): void {
  let to = lane;
  let at = text;
  const end = text + rest;
  for (; at + 4 <= end; at += 4, to += WORD) store<u32>(to, load<u32>(at));
  let last: u32 = 0x80;
  for (let i = end; i > at; i--) last = (last << 8) | (<u32>load<u8>(i - 1));
  store<u32>(to, last);
  for (to += WORD; to < lane + words * WORD; to += WORD) store<u32>(to, 0);
}

function writeLength(lane: usize, bytes: u32): void {
  store<u32>(lane + 14 * WORD, bytes << 3);
  store<u32>(lane + 15 * WORD, 0);
}

function begin(): void {
  stateA = i32x4.splat(0x67452301);
  stateB = i32x4.splat(0xefcdab89);
  stateC = i32x4.splat(0x98badcfe);
  stateD = i32x4.splat(0x10325476);
}

function writeHash(lane: usize, out: usize): void {
  store<u32>(out, bswap<u32>(wordOf(stateA, lane)));
  store<u32>(out, bswap<u32>(wordOf(stateB, lane)), 4);
  store<u32>(out, bswap<u32>(wordOf(stateC, lane)), 8);
  store<u32>(out, bswap<u32>(wordOf(stateD, lane)), 12);
}

function wordOf(words: v128, lane: usize): u32 {
  if (lane == 0) return v128.extract_lane<u32>(words, 0);
  if (lane == 1) return v128.extract_lane<u32>(words, 1);
  return lane == 2 ? v128.extract_lane<u32>(words, 2) : v128.extract_lane<u32>(words, 3);
}

/** Mixes one block of each lane into the state: four rounds of sixteen steps (RFC 1321). */
function mix(x: usize): void {
  let a = stateA;
  let b = stateB;
  let c = stateC;
  let d = stateD;
  let k = SINES;
  for (let i: usize = 0; i < 16; i += 4, k += 16) {
    a = step(a, v128.xor(d, v128.and(b, v128.xor(c, d))), x, i, k, 7, b);
    d = step(d, v128.xor(c, v128.and(a, v128.xor(b, c))), x, i + 1, k + 4, 12, a);
    c = step(c, v128.xor(b, v128.and(d, v128.xor(a, b))), x, i + 2, k + 8, 17, d);
    b = step(b, v128.xor(a, v128.and(c, v128.xor(d, a))), x, i + 3, k + 12, 22, c);
  }
  for (let g: usize = 1; k < SINES + 128; g = (g + 4) & 15, k += 16) {
    a = step(a, v128.xor(c, v128.and(d, v128.xor(b, c))), x, g, k, 5, b);
    d = step(d, v128.xor(b, v128.and(c, v128.xor(a, b))), x, (g + 5) & 15, k + 4, 9, a);
    c = step(c, v128.xor(a, v128.and(b, v128.xor(d, a))), x, (g + 10) & 15, k + 8, 14, d);
    b = step(b, v128.xor(d, v128.and(a, v128.xor(c, d))), x, (g + 15) & 15, k + 12, 20, c);
  }
  for (let g: usize = 5; k < SINES + 192; g = (g + 12) & 15, k += 16) {
    a = step(a, v128.xor(b, v128.xor(c, d)), x, g, k, 4, b);
    d = step(d, v128.xor(a, v128.xor(b, c)), x, (g + 3) & 15, k + 4, 11, a);
    c = step(c, v128.xor(d, v128.xor(a, b)), x, (g + 6) & 15, k + 8, 16, d);
    b = step(b, v128.xor(c, v128.xor(d, a)), x, (g + 9) & 15, k + 12, 23, c);
  }
  for (let g: usize = 0; k < SINES + 256; g = (g + 12) & 15, k += 16) {
    a = step(a, v128.xor(c, v128.or(b, v128.not(d))), x, g, k, 6, b);
    d = step(d, v128.xor(b, v128.or(a, v128.not(c))), x, (g + 7) & 15, k + 4, 10, a);
    c = step(c, v128.xor(a, v128.or(d, v128.not(b))), x, (g + 14) & 15, k + 8, 15, d);
    b = step(b, v128.xor(d, v128.or(c, v128.not(a))), x, (g + 5) & 15, k + 12, 21, c);
  }
  stateA = v128.add<u32>(stateA, a);
  stateB = v128.add<u32>(stateB, b);
  stateC = v128.add<u32>(stateC, c);
  stateD = v128.add<u32>(stateD, d);
}

/** rotated(a + mixed + word `i` of the block + constant at `k`) + b */
function step(a: v128, mixed: v128, x: usize, i: usize, k: usize, bits: i32, b: v128): v128 {
  const word = v128.load(x + (i << 4));
  const sum = v128.add<u32>(v128.add<u32>(a, mixed), v128.add<u32>(word, v128.load_splat<u32>(k)));
  return v128.add<u32>(v128.or(v128.shl<u32>(sum, bits), v128.shr<u32>(sum, 32 - bits)), b);
}
