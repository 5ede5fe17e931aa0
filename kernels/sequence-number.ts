/**
 * Sequence numbers, one after the other, of whatever shards.
 *
 * A number is a sum of products of fields and weights (`src/model/sequence-number.ts`), in eight
 * limbs of eight decimal digits, the last of which is zero. Limbs are doubles, two at a time: every
 * sum stays below 2^53. The caller writes the weights, once:
 *
 * ```
 * weights: constant · created low, high · record seconds low, high · index's last digit ·
 *          ordinal low, middle, high (9 times 8 doubles), low parts being 24 bits
 * ```
 */
export const WEIGHTS: usize = 1536;
const BASE: usize = 2176;
/** From here on memory is free for those who write numbers. */
export const BEHIND: usize = 2560;

const ROW: usize = 8 * 8;
const LIMB: f64 = 1e8;
const PART: f64 = 16777216;
const QUAD: i32 = 10000;

if (__heap_base > WEIGHTS) unreachable();

/** What `BASE` was made of: the sum of all that is not the ordinal's or the shard index's. */
let baseCreated: f64 = -1;
let baseSeconds: f64 = -1;

/** The next numbers are of shards created at `created` and of records of `seconds`. */
export function beginNumbers(created: f64, seconds: f64): void {
  if (created != baseCreated || seconds != baseSeconds) rebase(created, seconds);
}

function rebase(created: f64, seconds: f64): void {
  baseCreated = created;
  baseSeconds = seconds;
  const createdHigh = Math.floor(created / PART);
  const createdLow = created - createdHigh * PART;
  const secondsHigh = Math.floor(seconds / PART);
  const secondsLow = seconds - secondsHigh * PART;
  let carry: f64 = 0;
  for (let limb: usize = 0; limb < 8; limb++) {
    const at = WEIGHTS + (limb << 3);
    const ofCreated = load<f64>(at, ROW) * createdLow + load<f64>(at, 2 * ROW) * createdHigh;
    const ofSeconds = load<f64>(at, 3 * ROW) * secondsLow + load<f64>(at, 4 * ROW) * secondsHigh;
    const sum = load<f64>(at) + ofCreated + ofSeconds + carry;
    carry = Math.floor(sum / LIMB);
    store<f64>(BASE + (limb << 3), sum - carry * LIMB);
  }
}

function product(pair: usize, row: usize, value: f64): v128 {
  return f64x2.mul(v128.load(WEIGHTS + row * ROW + pair), f64x2.splat(value));
}

/**
 * Writes the digits of a number to `numberAt`, and those of the index that are not leading zeros,
 * or eight of them, so that they end at `shardEnd`; 0: not.
 */
export function writeNumber(numberAt: usize, shardEnd: usize, ordinal: f64, index: u32): void {
  const rest = Math.floor(ordinal / PART);
  const low = ordinal - rest * PART;
  const high = Math.floor(rest / PART);
  const middle = rest - high * PART;
  const last = <f64>(index & 15);
  // The index itself begins at bit 4, within the first limb but for what that carries.
  const first = f64x2(16 * <f64>index, 0);
  const sum0 = f64x2.add(sum(0, last, low, middle, high), first);
  const sum1 = sum(16, last, low, middle, high);
  const sum2 = sum(32, last, low, middle, high);
  const sum3 = sum(48, last, low, middle, high);
  // What a limb has too much is added to the next one: less than another limb, so that what is left
  // to carry then is one at most.
  const over0 = excess(sum0);
  const over1 = excess(sum1);
  const over2 = excess(sum2);
  const over3 = excess(sum3);
  const overLow = words(over0, over1);
  const overHigh = words(over2, over3);
  const none = i32x4.splat(0);
  let limbsLow = i32x4.add(
    words(within(sum0, over0), within(sum1, over1)),
    v128.shuffle<i32>(none, overLow, 0, 4, 5, 6),
  );
  let limbsHigh = i32x4.add(
    words(within(sum2, over2), within(sum3, over3)),
    v128.shuffle<i32>(overLow, overHigh, 3, 4, 5, 6),
  );
  const limb = i32x4.splat(<i32>LIMB);
  for (;;) {
    const fullLow = i32x4.ge_s(limbsLow, limb);
    const fullHigh = i32x4.ge_s(limbsHigh, limb);
    if (!v128.any_true(v128.or(fullLow, fullHigh))) break;
    // A lane that is true counts -1.
    limbsLow = i32x4.sub(
      i32x4.sub(limbsLow, v128.and(fullLow, limb)),
      v128.shuffle<i32>(none, fullLow, 0, 4, 5, 6),
    );
    limbsHigh = i32x4.sub(
      i32x4.sub(limbsHigh, v128.and(fullHigh, limb)),
      v128.shuffle<i32>(fullLow, fullHigh, 3, 4, 5, 6),
    );
  }
  const top = pairsOf(v128.shuffle<i32>(limbsLow, limbsHigh, 6, 5, 4, 3));
  const bottom = v128.shuffle<i32>(limbsLow, none, 2, 1, 0, 0);
  const rows = pairsOf(i32x4.replace_lane(bottom, 3, index % <u32>LIMB));
  v128.store(numberAt, digitsLow(top));
  v128.store(numberAt, digitsHigh(top), 16);
  v128.store(numberAt, digitsLow(rows), 32);
  const ends = digitsHigh(rows);
  v128.store64_lane(numberAt, ends, 0, 48);
  if (shardEnd == 0) return;
  v128.store64_lane(shardEnd - 8, ends, 1);
  if (index >= <u32>LIMB) {
    const above = index / <u32>LIMB;
    store<u8>(shardEnd - 10, 0x30 + above / 10);
    store<u8>(shardEnd - 9, 0x30 + (above % 10));
  }
}

/** Two limbs, before any carry. */
function sum(pair: usize, last: f64, low: f64, middle: f64, high: f64): v128 {
  return f64x2.add(
    f64x2.add(v128.load(BASE + pair), product(pair, 5, last)),
    f64x2.add(product(pair, 6, low), f64x2.add(product(pair, 7, middle), product(pair, 8, high))),
  );
}

function excess(sum: v128): v128 {
  return f64x2.floor(f64x2.div(sum, f64x2.splat(LIMB)));
}

function within(sum: v128, excess: v128): v128 {
  return f64x2.sub(sum, f64x2.mul(excess, f64x2.splat(LIMB)));
}

/** Four doubles as words. */
function words(first: v128, second: v128): v128 {
  const low = i32x4.trunc_sat_f64x2_s_zero(first);
  return v128.shuffle<i32>(low, i32x4.trunc_sat_f64x2_s_zero(second), 0, 1, 4, 5);
}

/** The digits of four limbs, two in each byte, as numbers below 100. */
function pairsOf(limbs: v128): v128 {
  // / 10000: the product's upper half and 13 bits more.
  const inverse = i32x4.splat(<i32>0xd1b71759);
  const even = i64x2.shr_u(i64x2.extmul_low_i32x4_u(limbs, inverse), 45);
  const odd = i64x2.shr_u(i64x2.extmul_high_i32x4_u(limbs, inverse), 45);
  const upper = v128.shuffle<i32>(even, odd, 0, 2, 4, 6);
  const lower = i32x4.sub(limbs, i32x4.mul(upper, i32x4.splat(QUAD)));
  const quads = v128.or(upper, i32x4.shl(lower, 16));
  // / 100, rounded: one too much where the rest is negative then.
  const hundred = i16x8.splat(100);
  const hundreds = i16x8.q15mulr_sat_s(quads, i16x8.splat(327));
  const rest = i16x8.sub(quads, i16x8.mul(hundreds, hundred));
  const below = i16x8.lt_s(rest, i16x8.splat(0));
  const tens = i16x8.add(hundreds, below);
  return v128.or(tens, i16x8.shl(i16x8.add(rest, v128.and(below, hundred)), 8));
}

/** ASCII digits of eight bytes below 100 each, given as words. */
function digits(pairs: v128): v128 {
  const tens = i16x8.shr_u(i16x8.mul(pairs, i16x8.splat(103)), 10);
  const ones = i16x8.sub(pairs, i16x8.mul(tens, i16x8.splat(10)));
  return i16x8.add(v128.or(tens, i16x8.shl(ones, 8)), i16x8.splat(0x3030));
}

function digitsLow(pairs: v128): v128 {
  return digits(i16x8.extend_low_i8x16_u(pairs));
}

function digitsHigh(pairs: v128): v128 {
  return digits(i16x8.extend_high_i8x16_u(pairs));
}
