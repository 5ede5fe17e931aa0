/**
 * What the owner of a shard keeps in memory about it: the next ordinal, the newest arrival, limits,
 * use.
 *
 * Ordinals and arrivals are given here and nowhere else; both only grow (I3). A state is made on
 * first use from what is stored and may be dropped at any time while nothing of it is in flight.
 *
 * What every append looks at lies in one row of 32 bytes per shard, half a line of the processor's
 * caches: of ten thousand shards, what comes back sooner is found there more often. The rest is an
 * object.
 */
import { halfWords, linedWords } from '../common/lined-words.ts';
import { RowByShard } from '../model/row-by-shard.ts';
import type { ShardKey } from '../model/stream.ts';
import type { ShardEntry } from '../shardmap/shard-map.ts';
import type { ShardBounds } from '../storage/volume-store.ts';
import { ReadThrottle, WriteThrottle, writeBurstBytes } from './throttle.ts';

/** Counts since this process began to serve the shard. */
export interface ShardUse {
  bytesIn: number;
  recordsIn: number;
  bytesOut: number;
  recordsOut: number;
  /** Records refused (or, in observe mode, that would have been) by the write limit. */
  writesThrottled: number;
  /** Reads refused (or that would have been) by the read limit. */
  readsThrottled: number;
}

export function noUse(): ShardUse {
  return {
    bytesIn: 0,
    recordsIn: 0,
    bytesOut: 0,
    recordsOut: 0,
    writesThrottled: 0,
    readsThrottled: 0,
  };
}

/** Adds `use` to `total`. */
export function addUse(total: ShardUse, use: Readonly<ShardUse>): void {
  total.bytesIn += use.bytesIn;
  total.recordsIn += use.recordsIn;
  total.bytesOut += use.bytesOut;
  total.recordsOut += use.recordsOut;
  total.writesThrottled += use.writesThrottled;
  total.readsThrottled += use.readsThrottled;
}

/** Words of eight bytes in a row, and which of its fields they are. */
export const stateWords = 4;
export const stateNextOrdinal = 0;
export const stateLastArrivalMs = 1;
export const stateBytesIn = 2;
/** Words of four bytes in a row, and fields as such. */
export const stateHalves: number = 2 * stateWords;
/** Flags, and above them at which change of the map the shard was looked up last. */
export const stateFlags = 6;
/** The row in which the store had the shard last; -1: not seen there yet. */
export const stateStoreRow = 7;
/** The shard took records when it was looked up last. */
export const flagOpen = 1;
/** The shard is about to close: no further appends. */
export const flagSealed = 2;
/** Its stream was encrypted when it was looked up last. */
export const flagEncrypted = 4;
const FLAG_BITS = 3;
const FLAGS: number = 2 ** FLAG_BITS - 1;

/** Whether a shard with these flags was looked up last at change number `change` of the map. */
export function isSeenAt(flags: number, change: number): boolean {
  return (flags & ~FLAGS) === change << FLAG_BITS;
}

const ROWS_FIRST = 16;
const NONE = -1;

export class ShardState {
  /** The shard as it was when it was last looked up. */
  entry: ShardEntry;
  readonly write: WriteThrottle;
  /** Made for the first reader: until then its buckets are full. */
  #read: ReadThrottle | null = null;
  /** Beside what appends count in the row. */
  readonly counts: ShardUse = noUse();
  /** How far the last read was behind the newest record, ms. */
  iteratorAgeMs = 0;
  readonly #firstOrdinal: number;
  #rows: ShardRows;
  #row: number;

  constructor(entry: ShardEntry, nowMs: number, rows: ShardRows, row: number) {
    this.entry = entry;
    this.write = new WriteThrottle(writeBurstBytes(entry.stream.document.maxRecordSizeKiB), nowMs);
    this.#rows = rows;
    this.#row = row;
    this.#firstOrdinal = this.nextOrdinal;
  }

  get row(): number {
    return this.#row;
  }

  get use(): Readonly<ShardUse> {
    const at = this.#row * stateWords;
    const { f64 } = this.#rows;
    return {
      ...this.counts,
      recordsIn: this.nextOrdinal - this.#firstOrdinal,
      bytesIn: f64[at + stateBytesIn]!,
    };
  }
  get lastArrivalMs(): number {
    return this.#rows.f64[this.#row * stateWords + stateLastArrivalMs]!;
  }
  get nextOrdinal(): number {
    return this.#rows.f64[this.#row * stateWords + stateNextOrdinal]!;
  }
  set sealed(isSealed: boolean) {
    this.#flag(flagSealed, isSealed);
  }

  read(nowMs: number): ReadThrottle {
    this.#read ??= new ReadThrottle(nowMs);
    return this.#read;
  }

  /** Remembers the shard as the map has it at its change number `change`. */
  see(entry: ShardEntry, change: number): void {
    this.entry = entry;
    const at = this.#row * stateHalves + stateFlags;
    const { i32 } = this.#rows;
    i32[at] = (i32[at]! & FLAGS) | (change << FLAG_BITS);
    this.#flag(flagOpen, entry.document.closedSeconds === null);
    this.#flag(flagEncrypted, entry.stream.document.encryption !== null);
  }

  isSeenAt(change: number): boolean {
    return isSeenAt(this.#rows.i32[this.#row * stateHalves + stateFlags]!, change);
  }

  /** Its row is about to be another's: takes a copy. */
  detach(): void {
    const alone = new ShardRows(1);
    const at = this.#row * stateWords;
    alone.f64.set(this.#rows.f64.subarray(at, at + stateWords));
    this.#rows = alone;
    this.#row = 0;
  }

  #flag(flag: number, isSet: boolean): void {
    const at = this.#row * stateHalves + stateFlags;
    const { i32 } = this.#rows;
    i32[at] = isSet ? i32[at]! | flag : i32[at]! & ~flag;
  }
}

/** Rows of 32 bytes. */
export class ShardRows {
  /** The rows, and the same memory as words of four bytes; others once there are more shards. */
  f64: Float64Array;
  i32: Int32Array;

  constructor(capacity: number) {
    this.f64 = linedWords(capacity * stateWords);
    this.i32 = halfWords(this.f64);
  }

  /** Makes room for a row. */
  reserve(row: number): void {
    if ((row + 1) * stateWords <= this.f64.length) return;
    const before = this.f64;
    this.f64 = linedWords(2 * before.length);
    this.f64.set(before);
    this.i32 = halfWords(this.f64);
  }
}

/** The states of an owner's shards. */
export class ShardStates {
  readonly rows: ShardRows = new ShardRows(ROWS_FIRST);
  /** By row; null in rows that are nobody's. */
  readonly #states: (ShardState | null)[] = [];
  readonly #rowOf = new RowByShard();
  readonly #free: number[] = [];

  /** The row of a shard; -1 where it has no state. */
  rowOf(shard: ShardKey): number {
    return this.#rowOf.get(shard);
  }

  get(shard: ShardKey): ShardState | undefined {
    const row = this.rowOf(shard);
    return row === NONE ? undefined : this.at(row);
  }

  /** The state in a row, which must have one. */
  at(row: number): ShardState {
    return this.#states[row]!;
  }

  /** Makes the state of a shard that has none. */
  add(entry: ShardEntry, bounds: ShardBounds, nowMs: number): ShardState {
    const row = this.#free.pop() ?? this.#states.length;
    const { rows } = this;
    rows.reserve(row);
    const at = row * stateWords;
    rows.f64.fill(0, at, at + stateWords);
    rows.f64[at + stateNextOrdinal] = bounds.next;
    rows.f64[at + stateLastArrivalMs] = bounds.lastArrivalMs;
    rows.i32[row * stateHalves + stateStoreRow] = NONE;
    const state = new ShardState(entry, nowMs, rows, row);
    this.#states[row] = state;
    this.#rowOf.set(entry.document.key, row);
    return state;
  }

  /** Drops the state of a shard of which nothing is in flight. */
  delete(shard: ShardKey): void {
    const row = this.rowOf(shard);
    if (row === NONE) return;
    this.at(row).detach();
    this.#states[row] = null;
    this.#rowOf.delete(shard);
    this.#free.push(row);
  }

  /** All states, in no particular order. */
  values(): ShardState[] {
    return this.#states.filter((state) => state !== null);
  }
}
