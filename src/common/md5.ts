/**
 * MD5 of a byte range, in plain JavaScript and without allocating: the partition key of every
 * record is hashed, and an object of the native hash per key costs several times the hash itself.
 *
 * MD5 places records on shards here because the protocol says so; nothing relies on it for secrecy
 * or against forgery. The scratch arrays are shared by all calls, which is safe because a call
 * never yields; nothing survives from one call to the next.
 */
import { assert } from './assert.ts';

/** floor(2^32 * |sin(i + 1)|): the additive constants of the 64 steps. */
const SINES: Int32Array = Int32Array.from({ length: 64 }, (_, i) =>
  Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32),
);
const block = new Int32Array(16);
const state = new Int32Array(4);

/**
 * Writes the MD5 of `bytes[start, end)` to `out` from `to` on as four big-endian words: the first
 * holds the most significant 32 bits of the digest read as a 128-bit big-endian integer.
 */
export function md5Into(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint32Array,
  to = 0,
): void {
  assert(start >= 0 && start <= end && end <= bytes.length, 'md5: range outside the bytes');
  assert(to >= 0 && out.length >= to + 4, 'md5: no room for the digest');
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  let at = start;
  for (; end - at >= 64; at += 64) {
    for (let i = 0, from = at; i < 16; i++, from += 4) block[i] = littleEndianAt(bytes, from);
    mix();
  }
  finish(bytes, at, end, end - start);
  for (let i = 0; i < 4; i++) out[to + i] = byteSwapped(state[i]!);
}

/** Hashes the last, partial block with its padding: a one bit, zeros, and the length in bits. */
function finish(bytes: Uint8Array, from: number, end: number, length: number): void {
  let at = from;
  let word = 0;
  for (; end - at >= 4; at += 4) block[word++] = littleEndianAt(bytes, at);
  let last = 0x80;
  for (let i = end - 1; i >= at; i--) last = (last << 8) | bytes[i]!;
  block[word++] = last;
  if (word > 14) {
    block.fill(0, word);
    mix();
    word = 0;
  }
  block.fill(0, word, 14);
  block[14] = length << 3;
  block[15] = Math.floor(length / 2 ** 29);
  mix();
}

function littleEndianAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function byteSwapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/**
 * Mixes `block` into `state`: RFC 1321's four rounds of sixteen steps, four steps per turn so that
 * the names rotate back to where they were. As fast as the fully unrolled form, and readable.
 */
// prettier-ignore
function mix(): void {
  const x = block;
  const k = SINES;
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, t = 0;
  for (let i = 0; i < 16; i += 4) {
    t = (a + (d ^ (b & (c ^ d))) + x[i]! + k[i]!) | 0;
    a = (((t << 7) | (t >>> 25)) + b) | 0;
    t = (d + (c ^ (a & (b ^ c))) + x[i + 1]! + k[i + 1]!) | 0;
    d = (((t << 12) | (t >>> 20)) + a) | 0;
    t = (c + (b ^ (d & (a ^ b))) + x[i + 2]! + k[i + 2]!) | 0;
    c = (((t << 17) | (t >>> 15)) + d) | 0;
    t = (b + (a ^ (c & (d ^ a))) + x[i + 3]! + k[i + 3]!) | 0;
    b = (((t << 22) | (t >>> 10)) + c) | 0;
  }
  for (let i = 16, g = 1; i < 32; i += 4, g = (g + 4) & 15) {
    t = (a + (c ^ (d & (b ^ c))) + x[g]! + k[i]!) | 0;
    a = (((t << 5) | (t >>> 27)) + b) | 0;
    t = (d + (b ^ (c & (a ^ b))) + x[(g + 5) & 15]! + k[i + 1]!) | 0;
    d = (((t << 9) | (t >>> 23)) + a) | 0;
    t = (c + (a ^ (b & (d ^ a))) + x[(g + 10) & 15]! + k[i + 2]!) | 0;
    c = (((t << 14) | (t >>> 18)) + d) | 0;
    t = (b + (d ^ (a & (c ^ d))) + x[(g + 15) & 15]! + k[i + 3]!) | 0;
    b = (((t << 20) | (t >>> 12)) + c) | 0;
  }
  for (let i = 32, g = 5; i < 48; i += 4, g = (g + 12) & 15) {
    t = (a + (b ^ c ^ d) + x[g]! + k[i]!) | 0;
    a = (((t << 4) | (t >>> 28)) + b) | 0;
    t = (d + (a ^ b ^ c) + x[(g + 3) & 15]! + k[i + 1]!) | 0;
    d = (((t << 11) | (t >>> 21)) + a) | 0;
    t = (c + (d ^ a ^ b) + x[(g + 6) & 15]! + k[i + 2]!) | 0;
    c = (((t << 16) | (t >>> 16)) + d) | 0;
    t = (b + (c ^ d ^ a) + x[(g + 9) & 15]! + k[i + 3]!) | 0;
    b = (((t << 23) | (t >>> 9)) + c) | 0;
  }
  for (let i = 48, g = 0; i < 64; i += 4, g = (g + 12) & 15) {
    t = (a + (c ^ (b | ~d)) + x[g]! + k[i]!) | 0;
    a = (((t << 6) | (t >>> 26)) + b) | 0;
    t = (d + (b ^ (a | ~c)) + x[(g + 7) & 15]! + k[i + 1]!) | 0;
    d = (((t << 10) | (t >>> 22)) + a) | 0;
    t = (c + (a ^ (d | ~b)) + x[(g + 14) & 15]! + k[i + 2]!) | 0;
    c = (((t << 15) | (t >>> 17)) + d) | 0;
    t = (b + (d ^ (c | ~a)) + x[(g + 5) & 15]! + k[i + 3]!) | 0;
    b = (((t << 21) | (t >>> 11)) + c) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
}
