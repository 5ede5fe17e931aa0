/**
 * What the owner of a shard keeps in memory about it: the next ordinal, the newest arrival, limits,
 * use.
 *
 * Ordinals and arrivals are given here and nowhere else; both only grow (I3). A state is made on
 * first use from what is stored and may be dropped at any time while nothing is in flight.
 *
 * What every append looks at lies in one row of 64 bytes per shard, a line of the processor's
 * caches; the rest is an object.
 */
import { halfWords, linedWords, lineWords } from '../common/lined-words.ts';
import { ShardKeyMap } from '../model/shard-key-map.ts';
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
export const stateWords: number = lineWords;
export const stateNextOrdinal = 0;
export const stateLastArrivalMs = 1;
export const stateRecordsIn = 2;
export const stateBytesIn = 3;
/** Words of four bytes in a row, and fields as such. */
export const stateHalves: number = 2 * lineWords;
/** Appends handed to the store and not settled yet. */
export const stateInFlight = 8;
/** At which change of the map the shard was looked up last. */
export const stateSeenAt = 9;
export const stateFlags = 10;
/** The row in which the store had the shard last; -1: not seen there yet. */
export const stateStoreRow = 11;
/** The shard took records when it was looked up last. */
export const flagOpen = 1;
/** The shard is about to close: no further appends. */
export const flagSealed = 2;
/** Its stream was encrypted when it was looked up last. */
export const flagEncrypted = 4;

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
  #rows: ShardRows;
  #row: number;

  constructor(entry: ShardEntry, nowMs: number, rows: ShardRows, row: number) {
    this.entry = entry;
    this.write = new WriteThrottle(writeBurstBytes(entry.stream.document.maxRecordSizeKiB), nowMs);
    this.#rows = rows;
    this.#row = row;
  }

  get row(): number {
    return this.#row;
  }

  get use(): Readonly<ShardUse> {
    const at = this.#row * stateWords;
    const { f64 } = this.#rows;
    return {
      ...this.counts,
      recordsIn: f64[at + stateRecordsIn]!,
      bytesIn: f64[at + stateBytesIn]!,
    };
  }
  get lastArrivalMs(): number {
    return this.#rows.f64[this.#row * stateWords + stateLastArrivalMs]!;
  }
  get inFlight(): number {
    return this.#rows.i32[this.#row * stateHalves + stateInFlight]!;
  }
  get seenAt(): number {
    return this.#rows.i32[this.#row * stateHalves + stateSeenAt]!;
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
    this.#flag(flagOpen, entry.document.closedSeconds === null);
    this.#flag(flagEncrypted, entry.stream.document.encryption !== null);
    this.#rows.i32[this.#row * stateHalves + stateSeenAt] = change;
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

/** Rows of 64 bytes. */
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
  readonly #rowOf = new ShardKeyMap<number>();
  readonly #free: number[] = [];

  /** The row of a shard; -1 where it has no state. */
  rowOf(shard: ShardKey): number {
    return this.#rowOf.get(shard) ?? NONE;
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

  /** Drops the state of a shard that has nothing in flight. */
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
