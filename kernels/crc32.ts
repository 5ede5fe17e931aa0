/**
 * CRC-32: the polynomial, and so the result, of zlib.
 *
 * A polynomial that the CRC's divides, and whose terms are powers of x^8, says to which bytes
 * further on a byte may be added instead of being counted itself. Such a one with few terms lets
 * sixteen bytes at a time be folded into those behind them with nothing but exclusive ors: first
 * one of five terms, which needs 300 bytes behind it, then one of seven, which needs 137. What is
 * left goes through tables. That both are multiples is what the tests show: every length gives what
 * zlib gives.
 *
 * ```
 * scratch: what was folded last (304) · folded (FOLD_BYTES_MAX) · none (208) · left (352)
 * ```
 */

/** Distances, in bytes, at which the first polynomial adds a byte again. */
const FAR_1: usize = 145;
const FAR_2: usize = 183;
const FAR_3: usize = 211;
const FAR: usize = 300;
/** And the second. */
const NEAR_1: usize = 53;
const NEAR_2: usize = 57;
const NEAR_3: usize = 67;
const NEAR_4: usize = 108;
const NEAR_5: usize = 129;
const NEAR: usize = 137;

const STEP: usize = 16;
/** From so many bytes on folding is worth its beginning and end. */
const FOLDED_MIN: usize = 192;
const FAR_FOLDED_MIN: usize = 512;

/** Places in the scratch: what was folded lies behind as many bytes as it may be asked for. */
const FOLDED: usize = 304;
const FOLD_BYTES_MAX: usize = 2560;
/** What is behind the last that was folded, as far as it is asked for. */
const NONE_BYTES: usize = 192;
const LEFT: usize = FOLDED + FOLD_BYTES_MAX + NONE_BYTES + STEP;
const NEAR_ROOM: usize = 144;
export const SCRATCH_BYTES: usize = LEFT + 352;

const POLYNOMIAL: u32 = 0xedb88320;
/** Bytes of the tables. */
export const TABLES_BYTES: usize = 16 * 1024;

/**
 * Fills the tables at `tables`, which `crc32` needs: for each of sixteen bytes what it adds to the
 * CRC behind the last of them, by its distance. They are made, not compiled, as they would be most
 * of what is.
 */
export function fillTables(tables: usize): void {
  for (let i: u32 = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    store<u32>(tables + ((<usize>i) << 2), crc);
  }
  for (let i: usize = 0; i < 15 * 256; i++) {
    const before = load<u32>(tables + (i << 2));
    store<u32>(tables + (i << 2), (before >>> 8) ^ entry(tables, 0, before), 1024);
  }
}

function entry(tables: usize, table: usize, byte: u32): u32 {
  return load<u32>(tables + (table << 10) + ((<usize>(byte & 0xff)) << 2));
}

/** The CRC-32 of some bytes. */
export function crc32(from: usize, bytes: usize, tables: usize, scratch: usize): u32 {
  if (bytes < FOLDED_MIN) return ~byTables(tables, ~0, from, bytes);
  // What the CRC begins with is added to the first four bytes.
  const begin = i32x4(-1, 0, 0, 0);
  const left = scratch + LEFT;
  if (bytes < FAR_FOLDED_MIN) {
    const short = foldNear(from, bytes, begin, scratch, left);
    return ~leftByTables(tables, left, short);
  }
  const rest = foldFar(from, bytes, begin, scratch, left);
  const short = foldNear(left, rest, i32x4.splat(0), scratch, left);
  return ~leftByTables(tables, left, short);
}

/** Of what is left, with zeros before it, which change nothing: whole steps are faster. */
function leftByTables(tables: usize, left: usize, bytes: usize): u32 {
  const zeros = (STEP - bytes) & (STEP - 1);
  v128.store(left - STEP, i32x4.splat(0));
  return byTables(tables, 0, left - zeros, bytes + zeros);
}

/** Folds `bytes` bytes, `FAR` or more, to `FAR` or a little more at `to`; gives how many. */
function foldFar(from: usize, bytes: usize, begin: v128, scratch: usize, to: usize): usize {
  const folded = scratch + FOLDED;
  clear(scratch, FOLDED);
  let added = begin;
  let at = from;
  let left = bytes;
  let end = folded;
  for (;;) {
    const part = min((left - FAR) & ~(STEP - 1), FOLD_BYTES_MAX);
    end = folded + part;
    for (let into = folded; into < end; into += STEP) {
      v128.store(into, v128.xor(added, v128.xor(v128.load(at), far(into))));
      added = i32x4.splat(0);
      at += STEP;
    }
    left -= part;
    if (left < FAR + STEP) break;
    memory.copy(scratch, end - FOLDED, FOLDED);
  }
  clear(end, NONE_BYTES);
  let into = to;
  for (let back = end; back < end + left; back += STEP) {
    v128.store(into, v128.xor(v128.load(at), far(back)));
    at += STEP;
    into += STEP;
  }
  return left;
}

/** Folds `bytes` bytes, fewer than `FOLD_BYTES_MAX`, to `NEAR` or a little more at `to`. */
function foldNear(from: usize, bytes: usize, begin: v128, scratch: usize, to: usize): usize {
  const folded = scratch + FOLDED;
  clear(folded - NEAR_ROOM, NEAR_ROOM);
  const part = (bytes - NEAR) & ~(STEP - 1);
  const end = folded + part;
  let added = begin;
  let at = from;
  for (let into = folded; into < end; into += STEP) {
    v128.store(into, v128.xor(added, v128.xor(v128.load(at), near(into))));
    added = i32x4.splat(0);
    at += STEP;
  }
  clear(end, NONE_BYTES);
  const left = bytes - part;
  let into = to;
  for (let back = end; back < end + left; back += STEP) {
    v128.store(into, v128.xor(v128.load(at), near(back)));
    at += STEP;
    into += STEP;
  }
  return left;
}

/** Writes zeros, a multiple of `STEP` of them: so few that `memory.fill` would take longer. */
function clear(place: usize, bytes: usize): void {
  for (let at = place; at < place + bytes; at += STEP) v128.store(at, i32x4.splat(0));
}

/** What earlier bytes add to those at `into`, by the first polynomial. */
function far(into: usize): v128 {
  return v128.xor(
    v128.xor(v128.load(into - FAR_1), v128.load(into - FAR_2)),
    v128.xor(v128.load(into - FAR_3), v128.load(into - FAR)),
  );
}

/** And by the second. */
function near(into: usize): v128 {
  return v128.xor(
    v128.xor(
      v128.xor(v128.load(into - NEAR_1), v128.load(into - NEAR_2)),
      v128.xor(v128.load(into - NEAR_3), v128.load(into - NEAR_4)),
    ),
    v128.xor(v128.load(into - NEAR_5), v128.load(into - NEAR)),
  );
}

/** What four bytes add behind the last of sixteen, `last` bytes after them. */
function four(tables: usize, last: usize, bytes: u32): u32 {
  return (
    entry(tables, last + 3, bytes) ^
    entry(tables, last + 2, bytes >>> 8) ^
    (entry(tables, last + 1, bytes >>> 16) ^ entry(tables, last, bytes >>> 24))
  );
}

function byTables(tables: usize, begin: u32, from: usize, bytes: usize): u32 {
  let crc = begin;
  let at = from;
  const end = from + bytes;
  for (; at + STEP <= end; at += STEP) {
    crc =
      four(tables, 12, load<u32>(at) ^ crc) ^
      (four(tables, 8, load<u32>(at, 4)) ^
        four(tables, 4, load<u32>(at, 8)) ^
        four(tables, 0, load<u32>(at, 12)));
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ entry(tables, 0, crc ^ load<u8>(at));
  return crc;
}
