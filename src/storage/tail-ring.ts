/**
 * The newest committed sections of a volume in memory, bounded by bytes; the oldest give way.
 *
 * Readers at the tail are served from here and cost no I/O however many they are. Payloads lie
 * where they were put for being written (`tail-slabs.ts`). Sections are entries, numbered as they
 * come, the newest of them in a table, 48 bytes each. An entry gives way by the ring going past its
 * number, for which no shard is looked at. Those of one shard are chained in ordinal order.
 *
 * ```
 *  0              8         16      20       24      28       32         36          44       48
 *  | base ordinal | arrival | count | key id | bytes | offset | previous | marks (2) | unused |
 * ```
 *
 * Links are distances in entry numbers, 0 where there is none. The places of a chain are counted.
 * Beside the entry before it each one names, for each of two strides, the newest one before it
 * whose place is a multiple of that stride, so that any place is found in few steps. What an entry
 * needs for its links is in the row of its shard. Only the link to the next one is entered later,
 * when much else has passed through the processor's caches: those links lie by themselves, sixteen
 * to a line.
 */
import type { Room } from '../common/bytes.ts';
import { plainRoom } from '../common/bytes.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import type { ShardState, ShardTable } from './shard-table.ts';
import { shardHotLast, shardHotMarks, shardHotPlace, shardWords } from './shard-table.ts';
import { TailSlabs } from './tail-slabs.ts';
import type { Slab } from './tail-slabs.ts';

/** What a section costs beside its payload: its entry, the link behind it and a reference. */
export const sectionOverheadBytes = 60;

const ENTRIES_FIRST = 256;
const ENTRY_BYTES = 48;
const F64 = ENTRY_BYTES / 8;
const U32 = ENTRY_BYTES / 4;
/** Fields of an entry, as words of eight bytes. */
const BASE = 0;
const ARRIVAL = 1;
/** As words of four. */
const COUNT = 4;
const KEY = 5;
const BYTES = 6;
const OFFSET = 7;
const PREVIOUS = 8;
const MARKS = 9;
/** Strides of marks, as masks of the places that are no multiples. */
const SMALL = 31;
const LARGE = 1023;
const STRIDES = 2;

export class TailRing {
  readonly #bytesMax: number;
  readonly #table: ShardTable;
  readonly #slabs: TailSlabs;
  #capacity = ENTRIES_FIRST;
  #f64: Float64Array = new Float64Array(ENTRIES_FIRST * F64);
  #u32: Uint32Array = new Uint32Array(this.#f64.buffer);
  /** By place in the table: the distance to the shard's next entry. */
  #next: Uint32Array = new Uint32Array(ENTRIES_FIRST);
  /** By place in the table. */
  #slabOf: Slab[] = [];
  /** Numbers of the oldest entry and of the one that comes next. */
  #first = 0;
  #end = 0;
  #bytes = 0;

  /**
   * `bytesMax` 0 keeps nothing. The table's shards are those whose sections come. Payloads lie in
   * pieces of `room`.
   */
  constructor(bytesMax: number, table: ShardTable, room: Room = plainRoom) {
    this.#bytesMax = bytesMax;
    this.#table = table;
    this.#slabs = new TailSlabs(bytesMax, room);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Makes room for a payload, to be filled, written and then pushed or given up; one that is set
   * apart is the first in a block of its slab.
   */
  hold(payloadBytes: number, isApart: boolean): Slab {
    while (this.#first < this.#end && this.#slabs.isFull(payloadBytes, isApart)) {
      this.#evict();
    }
    return this.#slabs.hold(payloadBytes, isApart);
  }

  /** Whether payloads go to this slab until it is full. */
  isFilling(slab: Slab): boolean {
    return this.#slabs.isFilling(slab);
  }

  /** Makes room for a payload in `slab`, right behind those it has; false: it has none. */
  holdIn(slab: Slab, payloadBytes: number): boolean {
    return this.#slabs.holdIn(slab, payloadBytes);
  }

  /** Gives up a payload that is not pushed. */
  giveUp(slab: Slab): void {
    this.#slabs.drop(slab);
  }

  /** The reader that has pinned these slabs is done. */
  unpin(pinned: ReadonlySet<Slab>): void {
    for (const slab of pinned) {
      this.#slabs.unpin(slab);
    }
  }

  /** Enters the newest section of the shard in `row`; its payload is held, in `slab`. */
  push(
    row: number,
    baseOrdinal: number,
    arrivalMs: number,
    count: number,
    keyId: number,
    payloadBytes: number,
    slab: Slab,
    offset: number,
  ): void {
    const bytes = payloadBytes + sectionOverheadBytes;
    while (this.#first < this.#end && this.#bytes + bytes > this.#bytesMax) {
      this.#evict();
    }
    if (bytes > this.#bytesMax) {
      this.#slabs.drop(slab);
      return;
    }
    if (this.#end - this.#first === this.#capacity) {
      this.#grow();
    }
    const at = this.#end & (this.#capacity - 1);
    this.#bytes += bytes;
    this.#slabOf[at] = slab;
    this.#f64[at * F64 + BASE] = baseOrdinal;
    this.#f64[at * F64 + ARRIVAL] = arrivalMs;
    const words = at * U32;
    this.#u32[words + COUNT] = count;
    this.#u32[words + KEY] = keyId;
    this.#u32[words + BYTES] = payloadBytes;
    this.#u32[words + OFFSET] = offset;
    this.#chain(row, this.#end, words);
    this.#end += 1;
  }

  /**
   * Reads what pushes for the shards in `rows[first … end)` will look at: the rows, and the links
   * of their newest entries. Gives a sum of it, which is of no other use.
   */
  aheadOf(rows: Int32Array, first: number, end: number): number {
    const { f64 } = this.#table;
    const next = this.#next;
    const mask = this.#capacity - 1;
    let sum = 0;
    for (let i = first; i < end; i += 1) {
      sum ^= next[f64[rows[i]! * shardWords + shardHotLast]! & mask]!;
    }
    return sum;
  }

  /** First entry of the shard that ends above `ordinal`; null when none does. */
  findOrdinal(state: ShardState, ordinal: number): number | null {
    return this.#find(state, (entry) => this.baseOrdinal(entry) + this.count(entry) > ordinal);
  }

  /** First entry of the shard that arrived at or after `ms`; null when none did. */
  findArrival(state: ShardState, ms: number): number | null {
    return this.#find(state, (entry) => this.arrivalMs(entry) >= ms);
  }

  /** The shard's oldest entry; null where it has none. */
  oldest(state: ShardState): number | null {
    return this.#find(state, () => true);
  }

  /** The shard's entry behind this one of it; null behind the newest. */
  next(entry: number): number | null {
    const distance = this.#next[entry & (this.#capacity - 1)]!;
    return distance === 0 ? null : entry + distance;
  }

  /** Whether the shard has an entry before this one of it. */
  hasPrevious(entry: number): boolean {
    const distance = this.#u32[this.#words(entry) + PREVIOUS]!;
    return distance !== 0 && entry - distance >= this.#first;
  }

  /** Every stored record of the shard from this ordinal on is here. */
  hotOrdinal(state: ShardState): number {
    const oldest = this.oldest(state);
    return oldest === null ? state.next : this.baseOrdinal(oldest);
  }

  baseOrdinal(entry: number): number {
    return this.#f64[(entry & (this.#capacity - 1)) * F64 + BASE]!;
  }
  arrivalMs(entry: number): number {
    return this.#f64[(entry & (this.#capacity - 1)) * F64 + ARRIVAL]!;
  }
  count(entry: number): number {
    return this.#u32[this.#words(entry) + COUNT]!;
  }
  payloadBytes(entry: number): number {
    return this.#u32[this.#words(entry) + BYTES]!;
  }

  /**
   * The section of `shard` for a reader, who may keep it until its slab is unpinned; that is pinned
   * here, unless it is in `pinned` already.
   */
  read(shard: ShardKey, entry: number, pinned: Set<Slab>): Section {
    const slab = this.#slabOf[entry & (this.#capacity - 1)]!;
    if (!pinned.has(slab)) {
      pinned.add(slab);
      slab.pins++;
    }
    const words = this.#words(entry);
    return {
      shard,
      baseOrdinal: this.baseOrdinal(entry),
      count: this.count(entry),
      arrivalMs: this.arrivalMs(entry),
      keyId: this.#u32[words + KEY]!,
      payload: new Uint8Array(slab.memory, this.#u32[words + OFFSET], this.#u32[words + BYTES]),
    };
  }

  #words(entry: number): number {
    return (entry & (this.#capacity - 1)) * U32;
  }

  /** Binds a new entry, whose words are at `at`, to the end of its shard's chain. */
  #chain(row: number, entry: number, at: number): void {
    const u32 = this.#u32;
    const first = this.#first;
    const { f64: rows, i32: rowWords } = this.#table;
    const own = row * shardWords;
    const last = rows[own + shardHotLast]!;
    rows[own + shardHotLast] = entry;
    this.#next[entry & (this.#capacity - 1)] = 0;
    const marks = own + shardHotMarks;
    if (last < first) {
      // What the row says besides is of a chain that has given way, or was never written.
      for (let link = PREVIOUS; link < MARKS + STRIDES; link += 1) u32[at + link] = 0;
      for (let mark = 0; mark < STRIDES; mark += 1) rows[marks + mark] = entry;
      rowWords[2 * own + shardHotPlace] = 0;
      return;
    }
    this.#next[last & (this.#capacity - 1)] = entry - last;
    u32[at + PREVIOUS] = entry - last;
    const small = rows[marks]!;
    const large = rows[marks + 1]!;
    u32[at + MARKS] = small < first ? 0 : entry - small;
    u32[at + MARKS + 1] = large < first ? 0 : entry - large;
    const place = rowWords[2 * own + shardHotPlace]! + 1;
    rowWords[2 * own + shardHotPlace] = place;
    if ((place & SMALL) !== 0) return;
    rows[marks] = entry;
    if ((place & LARGE) === 0) rows[marks + 1] = entry;
  }

  /** The first entry for which `holds`, which holds for all of the shard's behind it as well. */
  #find({ hotLast }: ShardState, holds: (entry: number) => boolean): number | null {
    if (hotLast < this.#first || !holds(hotLast)) {
      return null;
    }
    let entry = hotLast;
    for (let link = MARKS + STRIDES - 1; link >= PREVIOUS; link -= 1) {
      for (;;) {
        const distance = this.#u32[this.#words(entry) + link]!;
        const further = entry - distance;
        if (distance === 0 || further < this.#first || !holds(further)) break;
        entry = further;
      }
    }
    return entry;
  }

  #evict(): void {
    const at = this.#first & (this.#capacity - 1);
    this.#bytes -= this.#u32[at * U32 + BYTES]! + sectionOverheadBytes;
    this.#slabs.drop(this.#slabOf[at]!);
    this.#first += 1;
  }

  /** Twice the entries: each keeps its place, or comes to the one as far behind the middle. */
  #grow(): void {
    const before = this.#f64;
    this.#f64 = new Float64Array(2 * before.length);
    this.#f64.set(before);
    this.#f64.set(before, before.length);
    this.#u32 = new Uint32Array(this.#f64.buffer);
    const next = new Uint32Array(2 * this.#capacity);
    next.set(this.#next);
    next.set(this.#next, this.#capacity);
    this.#next = next;
    this.#slabOf = this.#slabOf.concat(this.#slabOf);
    this.#capacity *= 2;
  }
}
