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
 * constants of the shard. Encoding works on eight limbs of seven decimal digits: no bigint, no
 * division by a power of two, and for a run of consecutive records an addition and the digits that
 * changed.
 */
import { assert } from '../common/assert.ts';

/** Characters of every sequence number made here. */
export const SEQUENCE_NUMBER_DIGITS = 56;
/** First ordinal of a shard; 0 stands for the shard's own start. */
export const ORDINAL_FIRST = 1;

const LIMBS = 8;
const LIMB_DIGITS = 7;
const LIMB = 10 ** LIMB_DIGITS;
const SECONDS_MAX = 2 ** 36;
const SHARD_INDEX_MAX = 2 ** 31 - 1;
/** From this shard creation time on (year 2477) the service calls a number invalid. */
const CREATED_SECONDS_END = 16_025_175_000;

const END_INDEX = 0x7fffffffffffffffn;
const VERSION_0_END = 1n << 124n;
const VERSION_2_START = 1n << 185n;
const VERSION_2_END = 3n << 184n;

/** 2^`bits` as limbs, the least significant first. */
function powerLimbs(bits: number): Float64Array {
  const limbs = new Float64Array(LIMBS);
  let rest = 1n << BigInt(bits);
  for (let i = 0; i < LIMBS; i++, rest /= BigInt(LIMB)) limbs[i] = Number(rest % BigInt(LIMB));
  return limbs;
}

/** Weights of the fields. */
const VERSION_HIGH: Float64Array = powerLimbs(185);
const CREATED: Float64Array = powerLimbs(148);
const INDEX_LOW: Float64Array = powerLimbs(144);
const ORDINAL: Float64Array = powerLimbs(80);
const RECORD_SECONDS: Float64Array = powerLimbs(36);
const INDEX: Float64Array = powerLimbs(4);
const VERSION_LOW = 2;

/** ASCII digits of 0 … 9999, four bytes each. */
const QUADS: Uint8Array = fourDigits();

function fourDigits(): Uint8Array {
  const quads = new Uint8Array(40_000);
  for (let value = 0, at = 0; value < 10_000; value++) {
    quads[at++] = 0x30 + Math.floor(value / 1000);
    quads[at++] = 0x30 + (Math.floor(value / 100) % 10);
    quads[at++] = 0x30 + (Math.floor(value / 10) % 10);
    quads[at++] = 0x30 + (value % 10);
  }
  return quads;
}

/** limbs += weight * value, without settling carries; `value` below 2^53. */
function addScaled(limbs: Float64Array, weight: Float64Array, value: number): void {
  // Three sub-products per limb stay below 2^49, so that a handful of them can be summed exactly.
  const low = value % LIMB;
  const rest = Math.floor(value / LIMB);
  const middle = rest % LIMB;
  const high = Math.floor(rest / LIMB);
  for (let i = 0; i < LIMBS; i++) {
    let sum = limbs[i]! + weight[i]! * low;
    if (i > 0) sum += weight[i - 1]! * middle;
    if (i > 1) sum += weight[i - 2]! * high;
    limbs[i] = sum;
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
        let sum = limbs[i]! + ORDINAL[i]! + carry;
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
      writeLimb(limb, this.#digits, (LIMBS - 1 - i) * LIMB_DIGITS);
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

/**
 * Writes the sequence numbers of records of one stream after the other, whichever shard each is in:
 * nothing is kept per shard, so a batch over hundreds of shards costs what one over a few does.
 */
export class StreamSequenceNumbers {
  /** What records of shards of `#created` in `#seconds` have in common. */
  readonly #base: Float64Array = new Float64Array(LIMBS);
  readonly #limbs: Float64Array = new Float64Array(LIMBS);
  #created = -1;
  #seconds = -1;

  /**
   * Writes the 56 ASCII digits of a record's number to `target` from `at` on; the bounds are those
   * of SequenceNumberWriter.
   */
  write(
    target: Uint8Array,
    at: number,
    createdSeconds: number,
    shardIndex: number,
    ordinal: number,
    recordSeconds: number,
  ): void {
    if (createdSeconds !== this.#created || recordSeconds !== this.#seconds) {
      this.#begin(createdSeconds, recordSeconds);
    }
    assert(isWhole(shardIndex, SHARD_INDEX_MAX + 1), 'sequence number: shard index');
    assert(isWhole(ordinal, Number.MAX_SAFE_INTEGER), 'sequence number: ordinal');
    if (shardIndex < LIMB && ordinal < LIMB) this.#addSmall(shardIndex, ordinal);
    else this.#addLarge(shardIndex, ordinal);
    renderLimbs(this.#limbs, target, at);
  }

  #begin(createdSeconds: number, recordSeconds: number): void {
    assert(isWhole(createdSeconds, CREATED_SECONDS_END), 'sequence number: creation time');
    assert(isWhole(recordSeconds, SECONDS_MAX), 'sequence number: record time');
    this.#created = createdSeconds;
    this.#seconds = recordSeconds;
    this.#base.fill(0);
    addScaled(this.#base, VERSION_HIGH, 1);
    addScaled(this.#base, CREATED, createdSeconds);
    addScaled(this.#base, RECORD_SECONDS, recordSeconds);
    this.#base[0] = this.#base[0]! + VERSION_LOW;
    settle(this.#base);
  }

  /** Both below one limb: every product is exact, and so is their sum. */
  #addSmall(shardIndex: number, ordinal: number): void {
    const base = this.#base;
    const limbs = this.#limbs;
    const indexLow = shardIndex & 15;
    let carry = 0;
    for (let i = 0; i < LIMBS; i++) {
      const index = INDEX_LOW[i]! * indexLow + INDEX[i]! * shardIndex;
      const sum = base[i]! + index + ORDINAL[i]! * ordinal + carry;
      carry = Math.floor(sum / LIMB);
      limbs[i] = sum - carry * LIMB;
    }
  }

  #addLarge(shardIndex: number, ordinal: number): void {
    this.#limbs.set(this.#base);
    addScaled(this.#limbs, INDEX_LOW, shardIndex & 15);
    addScaled(this.#limbs, INDEX, shardIndex);
    addScaled(this.#limbs, ORDINAL, ordinal);
    settle(this.#limbs);
  }
}

/** Writes the digits of all limbs, the most significant first. */
function renderLimbs(limbs: Float64Array, target: Uint8Array, start: number): void {
  let at = start;
  for (let i = LIMBS - 1; i >= 0; i--) {
    writeLimb(limbs[i]!, target, at);
    at += LIMB_DIGITS;
  }
}

/** Writes the seven digits of one limb. */
function writeLimb(limb: number, target: Uint8Array, at: number): void {
  const high = (limb / 10_000) | 0;
  const low = (limb - high * 10_000) * 4;
  target[at] = QUADS[high * 4 + 1]!;
  target[at + 1] = QUADS[high * 4 + 2]!;
  target[at + 2] = QUADS[high * 4 + 3]!;
  target[at + 3] = QUADS[low]!;
  target[at + 4] = QUADS[low + 1]!;
  target[at + 5] = QUADS[low + 2]!;
  target[at + 6] = QUADS[low + 3]!;
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
