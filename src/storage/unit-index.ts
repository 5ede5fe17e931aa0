/**
 * The index of one storage unit: for each shard its ordinals at the unit's begin and end and the
 * entries between. `UnitIndexBuilder` grows with the unit being written; `sealed` gives the
 * sidecar's bytes, which `UnitDirectory` reads in place.
 *
 * ```
 *  sidecar: header (64) | directory rows (56 each, by shard)
 *           | entries (40 each, by shard, then ordinal)
 *  directory row: shard | begin | end | begin arrival | end arrival  (u64 each)
 *                 | first entry | entries | payload bytes | crc32 of the entries  (u32 each)
 * ```
 *
 * The header's checksum covers header and directory; each shard's entries have their own, so that
 * one shard is read without the others.
 */
import { assert } from '../common/assert.ts';
import type { Room } from '../common/bytes.ts';
import { getU64, plainRoom, setU64 } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import type { ShardKey } from '../model/stream.ts';
import type { IndexEntry } from './entry-rows.ts';
import { entryBytes, EntryRows, EntryTable } from './entry-rows.ts';
import { IndexSlots } from './index-slots.ts';

export const indexHeaderBytes = 64;
const DIRECTORY_ROW_BYTES = 56;
const VERSION = 1;
/** `TRI1` as the bytes read. */
const MAGIC = 0x31495254;
const CRC_AT = 60;
/** No row, or no slot. */
const NONE = -1;
const NO_ROWS = new Uint32Array(0);

/** Rows of a shard in ordinal order, as far as somebody has asked for them. */
interface RowOrder {
  rows: Uint32Array;
  count: number;
}

/** The index of a unit that grows. Shards are named by slots, in which they were begun. */
export class UnitIndexBuilder {
  readonly from: number;
  readonly generation: number;
  /**
   * Stored bytes of a rewritten unit, whose generation alone a crash can make ambiguous; else 0.
   */
  readonly rewrittenBytes: number;
  readonly #table: EntryTable;
  readonly #slots: IndexSlots;
  readonly #orders = new Map<number, RowOrder>();
  /** Somebody may look at the table for as long as they like. */
  #isLent = false;

  /**
   * `before`, where given, is the builder of the unit before, of which nothing is wanted any more:
   * units of one load are alike, so its memory serves again.
   */
  constructor(
    from: number,
    generation: number,
    rewrittenBytes: number,
    before: UnitIndexBuilder | null = null,
  ) {
    const isFree = before !== null && !before.#isLent;
    this.#table = isFree ? before.#table : new EntryTable(before?.entryCount ?? 0);
    this.#table.clear();
    this.#slots = before === null ? new IndexSlots() : before.#slots;
    this.#slots.clear();
    this.from = from;
    this.generation = generation;
    this.rewrittenBytes = rewrittenBytes;
  }

  get entryCount(): number {
    return this.#table.length;
  }

  /** Above every slot that is begun. */
  get slots(): number {
    return this.#slots.end;
  }

  /** Says where `shard` stands at the unit's begin; the first call for a shard counts. */
  begin(shard: ShardKey, next: number, lastArrivalMs: number): number {
    const known = this.#slots.find(shard);
    const slot = known === NONE ? this.#slots.end : known;
    if (known === NONE) this.#slots.begin(slot, shard, next, lastArrivalMs);
    return slot;
  }

  /** The same for a shard that is not begun, in a slot that is not either. */
  beginAt(slot: number, shard: ShardKey, next: number, lastArrivalMs: number): void {
    this.#slots.begin(slot, shard, next, lastArrivalMs);
  }

  /** The slot of a shard; -1 where the unit does not know it. */
  find(shard: ShardKey): number {
    return this.#slots.find(shard);
  }

  isBegun(slot: number): boolean {
    return slot < this.#slots.end && this.#slots.begins[slot] !== NONE;
  }
  shard(slot: number): ShardKey {
    return this.#slots.shards[slot]!;
  }
  /** Next ordinal when the unit began. */
  beginOf(slot: number): number {
    return this.#slots.begins[slot]!;
  }
  /** Next ordinal by what has been entered. */
  end(slot: number): number {
    const last = this.#slots.last[slot]!;
    const end = this.#slots.ends[slot]!;
    return last === NONE ? end : Math.max(end, this.#table.endOrdinal(last));
  }
  endArrivalMs(slot: number): number {
    const last = this.#slots.last[slot]!;
    const arrivalMs = this.#slots.endArrivalMs[slot]!;
    return last === NONE ? arrivalMs : Math.max(arrivalMs, this.#table.arrivalMs(last));
  }
  hasEntries(slot: number): boolean {
    return this.#slots.last[slot] !== NONE;
  }

  /** The shard stands there at the unit's end, or further. */
  raise(slot: number, end: number, endArrivalMs: number): void {
    this.#slots.ends[slot] = Math.max(this.#slots.ends[slot]!, end);
    this.#slots.endArrivalMs[slot] = Math.max(this.#slots.endArrivalMs[slot]!, endArrivalMs);
  }

  /** Enters a section behind those that the shard has. */
  add(slot: number, entry: IndexEntry): void {
    assert(entry.baseOrdinal >= this.end(slot), 'index: ordinals of a shard must rise');
    this.push(slot, entry);
    this.raise(slot, entry.baseOrdinal + entry.count, entry.arrivalMs);
  }

  /**
   * The same for who knows that ordinals rise; whether arrivals do is told by `raise` before the
   * unit is sealed.
   */
  push(slot: number, entry: IndexEntry): void {
    const { last } = this.#slots;
    last[slot] = this.#table.push(slot, last[slot]!, entry);
  }

  /** Reads what `push` to `slots[first … end)` will look at. Gives a sum, of no other use. */
  aheadOf(slots: Int32Array, first: number, end: number): number {
    const { last } = this.#slots;
    let sum = 0;
    for (let i = first; i < end; i += 1) sum ^= last[slots[i]!]!;
    return sum;
  }

  rows(shard: ShardKey): EntryRows | null {
    const slot = this.#slots.find(shard);
    if (slot === NONE) return null;
    this.#isLent = true;
    const { rows, count } = this.#ordered(slot);
    return this.#table.rows(rows, count);
  }

  /** All rows of a slot, in ordinal order. */
  #ordered(slot: number): RowOrder {
    const order = this.#orders.get(slot) ?? { rows: NO_ROWS, count: 0 };
    this.#orders.set(slot, order);
    const newest = order.count === 0 ? NONE : order.rows[order.count - 1]!;
    const last = this.#slots.last[slot]!;
    let count = order.count;
    for (let row = last; row !== newest; row = this.#table.before(row)) count += 1;
    if (count > order.rows.length) {
      const larger = new Uint32Array(Math.max(count, order.rows.length * 2));
      larger.set(order.rows);
      order.rows = larger;
    }
    for (let row = last, at = count - 1; row !== newest; at -= 1, row = this.#table.before(row)) {
      order.rows[at] = row;
    }
    order.count = count;
    return order;
  }

  /**
   * The index as the bytes of a sidecar file, with which memory that `room` gives begins: of so
   * many bytes or more, with whatever content.
   */
  sealed(identity: number, room: Room = plainRoom): Uint8Array {
    const slots = this.#slots.sorted();
    const table = this.#table;
    const { counts, payloadBytes } = table.sums(this.#slots.end);
    const directoryEnd = indexHeaderBytes + slots.length * DIRECTORY_ROW_BYTES;
    const length = directoryEnd + table.length * entryBytes;
    const bytes = new Uint8Array(room(length).buffer, 0, length);
    bytes.fill(0, 0, indexHeaderBytes);
    const froms = new Uint32Array(this.#slots.end);
    let from = directoryEnd;
    for (let i = 0; i < slots.length; i += 1) {
      const slot = slots[i]!;
      froms[slot] = from / 4;
      from += counts[slot]! * entryBytes;
    }
    table.copyByShard(new Uint32Array(bytes.buffer, 0, length / 4), froms);
    const view = new DataView(bytes.buffer, 0, length);
    let entry = 0;
    let at = indexHeaderBytes;
    for (let i = 0; i < slots.length; i += 1) {
      const slot = slots[i]!;
      const count = counts[slot]!;
      setU64(view, at, this.shard(slot));
      setU64(view, at + 8, this.beginOf(slot));
      setU64(view, at + 16, this.end(slot));
      setU64(view, at + 24, this.#slots.beginArrivalMs[slot]!);
      setU64(view, at + 32, this.endArrivalMs(slot));
      view.setUint32(at + 40, entry, true);
      view.setUint32(at + 44, count, true);
      view.setUint32(at + 48, payloadBytes[slot]!, true);
      const start = directoryEnd + entry * entryBytes;
      const crc = count === 0 ? 0 : crc32(new Uint8Array(bytes.buffer, start, count * entryBytes));
      view.setUint32(at + 52, crc, true);
      entry += count;
      at += DIRECTORY_ROW_BYTES;
    }
    view.setUint32(0, MAGIC, true);
    view.setUint8(4, VERSION);
    view.setUint32(8, identity, true);
    view.setUint32(12, this.generation, true);
    setU64(view, 16, this.from);
    view.setUint32(24, slots.length, true);
    view.setUint32(28, table.length, true);
    setU64(view, 32, this.rewrittenBytes);
    view.setUint32(CRC_AT, directoryChecksum(bytes.subarray(0, directoryEnd)), true);
    return bytes;
  }
}

function directoryChecksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(indexHeaderBytes), crc32(bytes.subarray(0, CRC_AT)));
}

/** What a sidecar must say to be that of a unit. */
export interface IndexStamp {
  readonly identity: number;
  readonly from: number;
  readonly generation: number;
  readonly rewrittenBytes: number;
}

/** The directory part of a sidecar, verified, read in place. */
export class UnitDirectory {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly #view: DataView;

  private constructor(bytes: Uint8Array, length: number) {
    this.bytes = bytes;
    this.length = length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes of header and directory by the header's own word; null where it is no header. */
  static measure(header: Uint8Array): number | null {
    if (header.byteLength < indexHeaderBytes) {
      return null;
    }
    const view = new DataView(header.buffer, header.byteOffset, indexHeaderBytes);
    return view.getUint32(0, true) === MAGIC
      ? indexHeaderBytes + view.getUint32(24, true) * DIRECTORY_ROW_BYTES
      : null;
  }

  /**
   * Header and directory at the begin of `bytes`; null where damaged or of another unit or
   * generation.
   */
  static parse(bytes: Uint8Array, stamp: IndexStamp): UnitDirectory | null {
    const length = UnitDirectory.measure(bytes);
    if (length === null || length > bytes.byteLength) {
      return null;
    }
    const directory = bytes.subarray(0, length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    const intact =
      view.getUint32(CRC_AT, true) === directoryChecksum(directory) &&
      view.getUint8(4) === VERSION &&
      view.getUint32(8, true) === stamp.identity &&
      view.getUint32(12, true) === stamp.generation &&
      getU64(view, 16) === stamp.from &&
      getU64(view, 32) === stamp.rewrittenBytes;
    return intact ? new UnitDirectory(directory, view.getUint32(24, true)) : null;
  }

  /** The generation of the unit that this is the directory of. */
  get generation(): number {
    return this.#view.getUint32(12, true);
  }

  /** Row number of `shard`; -1 where the unit does not know it. */
  find(shard: ShardKey): number {
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.shard(middle);
      if (found === shard) {
        return middle;
      }
      if (found < shard) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  shard(row: number): ShardKey {
    return getU64(this.#view, this.#at(row));
  }
  begin(row: number): number {
    return getU64(this.#view, this.#at(row) + 8);
  }
  end(row: number): number {
    return getU64(this.#view, this.#at(row) + 16);
  }
  beginArrivalMs(row: number): number {
    return getU64(this.#view, this.#at(row) + 24);
  }
  endArrivalMs(row: number): number {
    return getU64(this.#view, this.#at(row) + 32);
  }
  entryCount(row: number): number {
    return this.#view.getUint32(this.#at(row) + 44, true);
  }
  payloadBytes(row: number): number {
    return this.#view.getUint32(this.#at(row) + 48, true);
  }

  /** Where in the sidecar the entries of a row lie. */
  entriesAt(row: number): { readonly offset: number; readonly length: number } {
    const first = this.#view.getUint32(this.#at(row) + 40, true);
    return {
      offset: this.bytes.byteLength + first * entryBytes,
      length: this.entryCount(row) * entryBytes,
    };
  }

  /** The entries of a row from their bytes; null where these are damaged. */
  entries(row: number, bytes: Uint8Array): EntryRows | null {
    const intact =
      bytes.byteLength === this.entryCount(row) * entryBytes &&
      crc32(bytes) === this.#view.getUint32(this.#at(row) + 52, true);
    return intact ? new EntryRows(bytes, this.entryCount(row)) : null;
  }

  #at(row: number): number {
    return indexHeaderBytes + row * DIRECTORY_ROW_BYTES;
  }
}
