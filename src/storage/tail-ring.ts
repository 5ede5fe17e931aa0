/**
 * The newest committed sections of a volume in memory, bounded by bytes; the oldest give way.
 *
 * Readers at the tail are served from here and cost no I/O however many they are. Payloads lie
 * where they were put for being written (`tail-slabs.ts`). Sections are entries of one table, 64
 * bytes each, oldest first and around; those of one shard are chained in ordinal order. Beside the
 * entry before it each one names one further back, chosen such that any place of a chain is found
 * in a logarithmic number of steps (a skew-binary list).
 *
 * ```
 *  0              8       12       16      20       24
 *  | base ordinal | count | key id | bytes | offset |
 *  | next | previous | jump | place | place of jump | unused | arrival | unused |
 *  24     28         32     36      40              44       48        56       64
 * ```
 *
 * What binding and giving way look at is in the first 48 bytes: memory of this size begins 16 bytes
 * behind a line of the processor's caches, so that these share one.
 *
 * `place` counts the entries of a chain. An entry whose place is below that of the chain's first
 * has given way, and its row may be another's by now.
 */
import { assert } from '../common/assert.ts';
import type { Section } from '../model/section.ts';
import type { ShardState } from './shard-table.ts';
import { TailSlabs } from './tail-slabs.ts';
import type { Slab } from './tail-slabs.ts';

/** What a section costs beside its payload: its entry and two references. */
export const sectionOverheadBytes = 80;

const ENTRIES_FIRST = 256;
const ENTRY_BYTES = 64;
const F64 = ENTRY_BYTES / 8;
const U32 = ENTRY_BYTES / 4;
/** Fields of an entry, as words of eight bytes. */
const BASE = 0;
const ARRIVAL = 6;
/** As words of four. */
const COUNT = 2;
const KEY = 3;
const BYTES = 4;
const OFFSET = 5;
const NEXT = 6;
const PREVIOUS = 7;
const JUMP = 8;
const PLACE = 9;
const JUMP_PLACE = 10;

/** No entry. */
const NONE = 0xffff_ffff;

/** A section about to be entered; its payload is the `bytes` of `slab` from `offset` on. */
export interface HeldSection {
  baseOrdinal: number;
  arrivalMs: number;
  count: number;
  keyId: number;
  bytes: number;
  slab: Slab;
  offset: number;
}

export class TailRing {
  readonly #bytesMax: number;
  readonly #slabs: TailSlabs;
  #capacity = ENTRIES_FIRST;
  #f64: Float64Array;
  #u32: Uint32Array;
  /** By entry. */
  #owners: ShardState[] = [];
  #slabOf: Slab[] = [];
  /** The oldest entry. */
  #first = 0;
  #size = 0;
  #bytes = 0;

  /** `bytesMax` 0 keeps nothing. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#slabs = new TailSlabs(bytesMax);
    const entries = new ArrayBuffer(this.#capacity * ENTRY_BYTES);
    this.#f64 = new Float64Array(entries);
    this.#u32 = new Uint32Array(entries);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Makes room for a payload, to be filled, written and then pushed or given up. */
  hold(payloadBytes: number): Slab {
    this.#makeRoom(payloadBytes);
    return this.#slabs.hold(payloadBytes);
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

  /** Enters the shard's newest section, whose payload is held. */
  push(state: ShardState, section: HeldSection): void {
    const bytes = section.bytes + sectionOverheadBytes;
    while (this.#size > 0 && this.#bytes + bytes > this.#bytesMax) {
      this.#evict();
    }
    if (bytes > this.#bytesMax) {
      state.hotOrdinal = section.baseOrdinal + section.count;
      this.#slabs.drop(section.slab);
      return;
    }
    if (this.#size === this.#capacity) {
      this.#grow();
    }
    const entry = (this.#first + this.#size) & (this.#capacity - 1);
    this.#size += 1;
    this.#bytes += bytes;
    this.#owners[entry] = state;
    this.#slabOf[entry] = section.slab;
    this.#f64[entry * F64 + BASE] = section.baseOrdinal;
    this.#f64[entry * F64 + ARRIVAL] = section.arrivalMs;
    const at = entry * U32;
    this.#u32[at + COUNT] = section.count;
    this.#u32[at + KEY] = section.keyId;
    this.#u32[at + BYTES] = section.bytes;
    this.#u32[at + OFFSET] = section.offset;
    this.#chain(state, entry);
  }

  /**
   * Reads what pushes for `states[first … end)` will look at: the ends of their chains, and the
   * owners of the entries that give way. Gives a sum of it, which is of no other use.
   */
  aheadOf(states: readonly ShardState[], first: number, end: number): number {
    const u32 = this.#u32;
    let sum = 0;
    for (let i = first; i < end; i += 1) {
      const { hotFirst, hotLast } = states[i]!;
      if (hotFirst !== null && hotLast !== null) {
        sum += u32[hotFirst * U32 + PLACE]! + u32[hotLast * U32 + JUMP]!;
      }
    }
    for (let i = first; i < end; i += 1) {
      const { hotLast } = states[i]!;
      const jump = hotLast === null ? NONE : u32[hotLast * U32 + JUMP]!;
      if (jump !== NONE) sum += u32[jump * U32 + JUMP]!;
    }
    const leaving = Math.min(end - first, this.#size);
    for (let i = 0; i < leaving; i += 1) {
      sum += this.#owners[(this.#first + i) & (this.#capacity - 1)]!.hotOrdinal;
    }
    return sum;
  }

  /** First entry of the shard that ends above `ordinal`; null when none does. */
  findOrdinal(state: ShardState, ordinal: number): number | null {
    return this.#find(state, (entry) => this.#end(entry) > ordinal);
  }

  /** First entry of the shard that arrived at or after `ms`; null when none did. */
  findArrival(state: ShardState, ms: number): number | null {
    return this.#find(state, (entry) => this.arrivalMs(entry) >= ms);
  }

  /** The shard's oldest entry; null where it has none. */
  oldest(state: ShardState): number | null {
    return state.hotFirst;
  }

  /** The shard's entry behind this one of it; null behind the newest. */
  next(entry: number): number | null {
    const next = this.#u32[entry * U32 + NEXT]!;
    return next === NONE ? null : next;
  }

  baseOrdinal(entry: number): number {
    return this.#f64[entry * F64 + BASE]!;
  }
  arrivalMs(entry: number): number {
    return this.#f64[entry * F64 + ARRIVAL]!;
  }
  count(entry: number): number {
    return this.#u32[entry * U32 + COUNT]!;
  }
  payloadBytes(entry: number): number {
    return this.#u32[entry * U32 + BYTES]!;
  }

  /**
   * The section for a reader, who may keep it until its slab is unpinned; that is pinned here,
   * unless it is in `pinned` already.
   */
  read(entry: number, pinned: Set<Slab>): Section {
    const slab = this.#slabOf[entry]!;
    if (!pinned.has(slab)) {
      pinned.add(slab);
      slab.pins++;
    }
    const at = entry * U32;
    return {
      shard: this.#owners[entry]!.shard,
      baseOrdinal: this.baseOrdinal(entry),
      count: this.count(entry),
      arrivalMs: this.arrivalMs(entry),
      keyId: this.#u32[at + KEY]!,
      payload: new Uint8Array(slab.memory, this.#u32[at + OFFSET], this.#u32[at + BYTES]),
    };
  }

  #end(entry: number): number {
    return this.baseOrdinal(entry) + this.count(entry);
  }

  /** Binds a new entry to the end of its shard's chain. */
  #chain(state: ShardState, entry: number): void {
    const u32 = this.#u32;
    const at = entry * U32;
    const last = state.hotLast;
    state.hotLast = entry;
    u32[at + NEXT] = NONE;
    if (last === null) {
      state.hotFirst = entry;
      u32[at + PREVIOUS] = NONE;
      u32[at + JUMP] = NONE;
      u32[at + PLACE] = 0;
      return;
    }
    const lastAt = last * U32;
    u32[lastAt + NEXT] = entry;
    u32[at + PREVIOUS] = last;
    const place = u32[lastAt + PLACE]!;
    u32[at + PLACE] = place + 1;
    u32[at + JUMP] = last;
    u32[at + JUMP_PLACE] = place;
    const firstPlace = u32[state.hotFirst! * U32 + PLACE]!;
    const jump = u32[lastAt + JUMP]!;
    const jumpPlace = u32[lastAt + JUMP_PLACE]!;
    if (jump === NONE || !isFrom(firstPlace, jumpPlace)) {
      return;
    }
    const further = u32[jump * U32 + JUMP]!;
    const furtherPlace = u32[jump * U32 + JUMP_PLACE]!;
    const even = ((place - jumpPlace) | 0) === ((jumpPlace - furtherPlace) | 0);
    if (further !== NONE && even && isFrom(firstPlace, furtherPlace)) {
      u32[at + JUMP] = further;
      u32[at + JUMP_PLACE] = furtherPlace;
    }
  }

  /** The first entry for which `holds`, which holds for all of the shard's behind it as well. */
  #find(state: ShardState, holds: (entry: number) => boolean): number | null {
    const { hotFirst: first, hotLast: last } = state;
    if (first === null || last === null || !holds(last)) {
      return null;
    }
    const u32 = this.#u32;
    const firstPlace = u32[first * U32 + PLACE]!;
    let entry = last;
    while (entry !== first) {
      const jump = u32[entry * U32 + JUMP]!;
      if (isFrom(firstPlace, u32[entry * U32 + JUMP_PLACE]!) && holds(jump)) {
        entry = jump;
        continue;
      }
      const previous = u32[entry * U32 + PREVIOUS]!;
      if (!holds(previous)) {
        break;
      }
      entry = previous;
    }
    return entry;
  }

  #makeRoom(payloadBytes: number): void {
    while (this.#size > 0 && this.#slabs.isFull(payloadBytes)) {
      this.#evict();
    }
  }

  #evict(): void {
    const entry = this.#first;
    const state = this.#owners[entry]!;
    assert(state.hotFirst === entry, 'tail ring: the oldest entry is the first of its shard');
    state.hotOrdinal = this.#end(entry);
    this.#bytes -= this.payloadBytes(entry) + sectionOverheadBytes;
    this.#slabs.drop(this.#slabOf[entry]!);
    state.hotFirst = this.next(entry);
    if (state.hotFirst === null) {
      state.hotLast = null;
    }
    this.#first = (entry + 1) & (this.#capacity - 1);
    this.#size -= 1;
  }

  /** Twice the entries; the oldest comes to the begin. */
  #grow(): void {
    const shift = this.#first;
    const entries = new ArrayBuffer(2 * this.#capacity * ENTRY_BYTES);
    const u32 = new Uint32Array(entries);
    u32.set(this.#u32.subarray(shift * U32));
    u32.set(this.#u32.subarray(0, shift * U32), (this.#capacity - shift) * U32);
    if (shift !== 0) this.#renumber(u32, shift);
    this.#f64 = new Float64Array(entries);
    this.#u32 = u32;
    this.#capacity *= 2;
    this.#first = 0;
  }

  /** Entry `shift` has become the first: all that name one follow. */
  #renumber(u32: Uint32Array, shift: number): void {
    const mask = this.#capacity - 1;
    for (let at = 0; at < this.#capacity * U32; at += U32) {
      const next = u32[at + NEXT]!;
      const previous = u32[at + PREVIOUS]!;
      const jump = u32[at + JUMP]!;
      if (next !== NONE) u32[at + NEXT] = (next - shift) & mask;
      if (previous !== NONE) u32[at + PREVIOUS] = (previous - shift) & mask;
      if (jump !== NONE) u32[at + JUMP] = (jump - shift) & mask;
    }
    this.#owners = this.#owners.slice(shift).concat(this.#owners.slice(0, shift));
    this.#slabOf = this.#slabOf.slice(shift).concat(this.#slabOf.slice(0, shift));
    for (const state of new Set(this.#owners)) {
      state.hotFirst = (state.hotFirst! - shift) & mask;
      state.hotLast = (state.hotLast! - shift) & mask;
    }
  }
}

/** Whether `place` is not before `first`, however often the count of places has gone around. */
function isFrom(first: number, place: number): boolean {
  return ((place - first) | 0) >= 0;
}
