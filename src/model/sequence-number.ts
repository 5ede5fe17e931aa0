/**
 * Sequence numbers: 56-digit decimal texts that order the records of a shard.
 *
 * A number is 47 hexadecimal digits wide (186 bits). It is made from our own values only, so the
 * same record has the same number whichever engine stores it:
 *
 * ```
 *  hex digit 0   1               10         11               27   29            38            46
 *            | 2 | shard created | index&15 | sequence index | 00 | record time | shard index | 2 |
 *                  9, epoch s      1          16 (ordinal)          9, epoch s    8
 * ```
 *
 * Ordinals of records start at 1; sequence index 0 is the shard's start, 7fffffffffffffff its end.
 * The text rises with the ordinal within a shard (I3) because all fields above the ordinal are
 * constants of the shard. Encoding works on seven limbs of eight decimal digits: no bigint, no
 * division by a power of two, and for a run of consecutive records an addition and the digits that
 * changed. Every product of a limb and a part of a field stays so small that doubles are exact.
 */
import { assert } from '../common/assert.ts';
import { viewOf } from '../common/bytes.ts';
import { QUAD, QUAD_DIGITS, writeQuad } from '../common/decimal.ts';

/** Characters of every sequence number made here. */
export const SEQUENCE_NUMBER_DIGITS = 56;
/** First ordinal of a shard; 0 stands for the shard's own start. */
export const ORDINAL_FIRST = 1;

const LIMBS = 7;
const LIMB_DIGITS = 8;
const LIMB = 10 ** LIMB_DIGITS;
/** Fields are multiplied in parts of so many bits: five products of limbs below 2^53 together. */
const PART_BITS = 24;
const PART = 2 ** PART_BITS;
const SECONDS_MAX = 2 ** 36;
const SHARD_INDEX_MAX = 2 ** 31 - 1;
/** From this shard creation time on (year 2477) the service calls a number invalid. */
const CREATED_SECONDS_END = 16_025_175_000;

const END_INDEX = 0x7fffffffffffffffn;
const VERSION_0_END = 1n << 124n;
const VERSION_2_START = 1n << 185n;
const VERSION_2_END = 3n << 184n;

/** What one in a field counts, by part of the field: limbs, the least significant first. */
type Weight = readonly [Float64Array, Float64Array, Float64Array];

/** Of a field that begins at bit `bits`. */
function weightOf(bits: number): Weight {
  return [powerLimbs(bits), powerLimbs(bits + PART_BITS), powerLimbs(bits + 2 * PART_BITS)];
}

/** 2^`bits`, or what 56 digits have of it. */
function powerLimbs(bits: number): Float64Array {
  const limbs = new Float64Array(LIMBS);
  let rest = 1n << BigInt(bits);
  for (let i = 0; i < LIMBS; i++, rest /= BigInt(LIMB)) limbs[i] = Number(rest % BigInt(LIMB));
  return limbs;
}

const VERSION_HIGH: Weight = weightOf(185);
const CREATED: Weight = weightOf(148);
const INDEX_LOW: Weight = weightOf(144);
const ORDINAL: Weight = weightOf(80);
const RECORD_SECONDS: Weight = weightOf(36);
const INDEX: Weight = weightOf(4);
const VERSION_LOW = 2;

/**
 * What a number is the sum of, for who adds it up elsewhere: the constant, and what one counts in
 * the creation time's lower 24 bits and above, likewise in the record time, in the last hexadecimal
 * digit of the index, and in the ordinal's 24 lower bits, the next 24 and above. Limbs of eight
 * decimal digits, the least significant first. The index itself counts 16.
 */
export function sequenceNumberWeights(): readonly Float64Array[] {
  const constant = VERSION_HIGH[0].slice();
  constant[0]! += VERSION_LOW;
  const times = [CREATED[0], CREATED[1], RECORD_SECONDS[0], RECORD_SECONDS[1]];
  return [constant, ...times, INDEX_LOW[0], ...ORDINAL];
}

/** limbs += weight * value, without settling carries; `value` below 2^53. */
function addScaled(limbs: Float64Array, weight: Weight, value: number): void {
  const low = value % PART;
  const rest = Math.floor(value / PART);
  const middle = rest % PART;
  const high = Math.floor(rest / PART);
  for (let i = 0; i < LIMBS; i++) {
    const sum = limbs[i]! + weight[0][i]! * low;
    limbs[i] = sum + weight[1][i]! * middle + weight[2][i]! * high;
  }
}

function settle(limbs: Float64Array): void {
  let carry = 0;
  for (let i = 0; i < LIMBS; i++) {
    const sum = limbs[i]! + carry;
    carry = Math.floor(sum / LIMB);
    limbs[i] = sum - carry * LIMB;
  }
  assert(carry === 0, 'sequence number: more than 56 digits');
}

/**
 * Writes the sequence numbers of one shard. Keeps the last number as limbs and digits, so that the
 * next one costs little; use one writer per shard and answer.
 */
export class SequenceNumberWriter {
  /** The shard's constants. */
  readonly #shard: Float64Array = new Float64Array(LIMBS);
  /** The shard's constants and the record time of `#seconds`. */
  readonly #base: Float64Array = new Float64Array(LIMBS);
  readonly #limbs: Float64Array = new Float64Array(LIMBS);
  /** What each limb in `#digits` stands for. */
  readonly #written: Float64Array = new Float64Array(LIMBS).fill(-1);
  readonly #digits: Buffer = Buffer.alloc(SEQUENCE_NUMBER_DIGITS);
  readonly #view: DataView = viewOf(this.#digits);
  #seconds = -1;
  #ordinal = -1;

  /** `createdSeconds`: creation of the shard, epoch seconds; `shardIndex`: below 2^31. */
  constructor(createdSeconds: number, shardIndex: number) {
    this.begin(createdSeconds, shardIndex);
  }

  /** Goes over to another shard. */
  begin(createdSeconds: number, shardIndex: number): void {
    assert(isWhole(createdSeconds, CREATED_SECONDS_END), 'sequence number: creation time');
    assert(isWhole(shardIndex, SHARD_INDEX_MAX + 1), 'sequence number: shard index');
    this.#seconds = -1;
    this.#shard.fill(0);
    addScaled(this.#shard, VERSION_HIGH, 1);
    addScaled(this.#shard, CREATED, createdSeconds);
    addScaled(this.#shard, INDEX_LOW, shardIndex & 15);
    addScaled(this.#shard, INDEX, shardIndex);
    this.#shard[0] = this.#shard[0]! + VERSION_LOW;
    settle(this.#shard);
  }

  /**
   * Writes the 56 ASCII digits of a record's number to `target` from `at` on and returns the end.
   * `ordinal` is a safe integer, `recordSeconds` the record's arrival in epoch seconds.
   */
  writeInto(target: Uint8Array, at: number, ordinal: number, recordSeconds: number): number {
    this.#moveTo(ordinal, recordSeconds);
    target.set(this.#digits, at);
    return at + SEQUENCE_NUMBER_DIGITS;
  }

  /** The number of a record as text. */
  text(ordinal: number, recordSeconds: number): string {
    this.#moveTo(ordinal, recordSeconds);
    return this.#digits.toString('latin1');
  }

  #moveTo(ordinal: number, seconds: number): void {
    assert(isWhole(ordinal, Number.MAX_SAFE_INTEGER), 'sequence number: ordinal');
    const limbs = this.#limbs;
    if (seconds !== this.#seconds) {
      assert(isWhole(seconds, SECONDS_MAX), 'sequence number: record time');
      this.#base.set(this.#shard);
      addScaled(this.#base, RECORD_SECONDS, seconds);
      settle(this.#base);
      this.#seconds = seconds;
    } else if (ordinal === this.#ordinal + 1) {
      let carry = 0;
      for (let i = 0; i < LIMBS; i++) {
        let sum = limbs[i]! + ORDINAL[0][i]! + carry;
        carry = 0;
        if (sum >= LIMB) {
          sum -= LIMB;
          carry = 1;
        }
        limbs[i] = sum;
      }
      this.#ordinal = ordinal;
      this.#render();
      return;
    }
    limbs.set(this.#base);
    addScaled(limbs, ORDINAL, ordinal);
    settle(limbs);
    this.#ordinal = ordinal;
    this.#render();
  }

  /** Brings `#digits` up to `#limbs`, touching only what changed. */
  #render(): void {
    for (let i = 0; i < LIMBS; i++) {
      const limb = this.#limbs[i]!;
      if (limb === this.#written[i]!) continue;
      this.#written[i] = limb;
      writeLimb(limb, this.#view, placeOf(i));
    }
  }
}

/** Shards whose writers are kept at a time. */
const WRITERS_MAX = 64;

/** Texts of single records of whatever shards; those of one shard mostly come one by one. */
export class SequenceNumberTexts {
  readonly #writers: (SequenceNumberWriter | undefined)[] = [];
  readonly #createdSeconds: Float64Array = new Float64Array(WRITERS_MAX).fill(-1);
  readonly #indexes: Float64Array = new Float64Array(WRITERS_MAX).fill(-1);

  /** As `sequenceNumber`. */
  text(createdSeconds: number, index: number, ordinal: number, recordSeconds: number): string {
    const place = (createdSeconds + index) % WRITERS_MAX;
    const kept = this.#writers[place];
    const isKept = this.#createdSeconds[place] === createdSeconds && this.#indexes[place] === index;
    if (kept !== undefined && isKept) return kept.text(ordinal, recordSeconds);
    const writer = new SequenceNumberWriter(createdSeconds, index);
    this.#writers[place] = writer;
    this.#createdSeconds[place] = createdSeconds;
    this.#indexes[place] = index;
    return writer.text(ordinal, recordSeconds);
  }
}

/** Where the digits of a limb begin. */
function placeOf(limb: number): number {
  return (LIMBS - 1 - limb) * LIMB_DIGITS;
}

/** Writes the eight digits of one limb. */
function writeLimb(limb: number, target: DataView, at: number): void {
  const high = (limb / QUAD) | 0;
  writeQuad(target, at, high);
  writeQuad(target, at + QUAD_DIGITS, (limb - high * QUAD) | 0);
}

function isWhole(value: number, end: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < end;
}

/** Shared by single numbers, which is safe because making one never yields. */
const single = new SequenceNumberWriter(0, 0);

/** The number of one record; for more than one of a shard use a writer. */
export function sequenceNumber(
  createdSeconds: number,
  shardIndex: number,
  ordinal: number,
  recordSeconds: number,
): string {
  single.begin(createdSeconds, shardIndex);
  return single.text(ordinal, recordSeconds);
}

/** StartingSequenceNumber of a shard. */
export function startingSequenceNumber(createdSeconds: number, shardIndex: number): string {
  return sequenceNumber(createdSeconds, shardIndex, 0, createdSeconds);
}

/**
 * EndingSequenceNumber of a shard closed at `closedSeconds`: greater than that of any record in it.
 */
export function endingSequenceNumber(
  createdSeconds: number,
  shardIndex: number,
  closedSeconds: number,
): string {
  const start = BigInt(sequenceNumber(createdSeconds, shardIndex, 0, closedSeconds));
  return (start + (END_INDEX << 80n)).toString();
}

/** What a sequence number given by a client says. */
export interface DecodedSequenceNumber {
  /**
   * 2 is ours; 0 and 1 are forms of the service's past, whose other fields are not told apart here.
   */
  readonly version: 0 | 1 | 2;
  readonly createdSeconds: number;
  readonly shardIndex: number;
  /** Saturates at the largest safe integer; a shard's EndingSequenceNumber does. */
  readonly ordinal: number;
  readonly recordSeconds: number;
}

/**
 * Reads a decimal text of the modelled pattern; null when it is no sequence number of any version.
 * A shard index whose first hexadecimal digit is above 7 decodes as negative.
 */
export function decodeSequenceNumber(text: string): DecodedSequenceNumber | null {
  const value = BigInt(text);
  if (value < VERSION_0_END) {
    return { version: 0, createdSeconds: 0, shardIndex: 0, ordinal: 0, recordSeconds: 0 };
  }
  if (value < VERSION_2_START || value >= VERSION_2_END) return null;
  const version = Number(value & 15n);
  if (version !== 0 && version !== 1 && version !== 2) return null;
  const createdSeconds = field(value, 148, 36);
  if (createdSeconds >= CREATED_SECONDS_END) return null;
  const index = (value >> 80n) & 0xffffffffffffffffn;
  if (version === 2 && index > END_INDEX) return null;
  return {
    version,
    createdSeconds,
    shardIndex: field(value, 4, 32) | 0,
    ordinal: index > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(index),
    recordSeconds: field(value, 36, 36),
  };
}

function field(value: bigint, from: number, bits: number): number {
  return Number((value >> BigInt(from)) & ((1n << BigInt(bits)) - 1n));
}
