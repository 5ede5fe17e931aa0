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
import { crc32 } from '../common/crc32.ts';
import { ShardKeyMap } from '../model/shard-key-map.ts';
import type { ShardKey } from '../model/stream.ts';
import type { IndexEntry } from './entry-rows.ts';
import { entryBytes, EntryRows, EntryTable } from './entry-rows.ts';
import { getU64, setU64 } from './frame.ts';

export const indexHeaderBytes = 64;
const DIRECTORY_ROW_BYTES = 56;
const VERSION = 1;
/** `TRI1` as the bytes read. */
const MAGIC = 0x31495254;
const CRC_AT = 60;
/** No row. */
const NONE = -1;

/** One shard within a unit being indexed. */
export class ShardEntries {
  // Numbers begin as numbers: after `undefined` each new large one would be an object of its own.
  shard: ShardKey = 0;
  /** Which of the unit's shards it is, by when it was begun. */
  slot = 0;
  /** Next ordinal and last arrival when the unit began. */
  begin = 0;
  beginArrivalMs = 0;
  end = 0;
  endArrivalMs = 0;
  payloadBytes = 0;
  count = 0;
  /** The shard's newest row, from which the others are found. */
  last: number = NONE;
  /** Its rows as far as somebody has asked for them. */
  #order: Uint32Array = NO_ROWS;
  #ordered = 0;

  /** Makes it that of a shard in a unit that begins. */
  reset(shard: ShardKey, slot: number, begin: number, beginArrivalMs: number): void {
    this.shard = shard;
    this.slot = slot;
    this.begin = begin;
    this.beginArrivalMs = beginArrivalMs;
    this.end = begin;
    this.endArrivalMs = beginArrivalMs;
    this.payloadBytes = 0;
    this.count = 0;
    this.last = NONE;
    this.#ordered = 0;
  }

  /** All rows of the shard, in ordinal order. */
  order(table: EntryTable): Uint32Array {
    if (this.count > this.#order.length) {
      const larger = new Uint32Array(Math.max(this.count, this.#order.length * 2));
      larger.set(this.#order);
      this.#order = larger;
    }
    let row = this.last;
    for (let at = this.count - 1; at >= this.#ordered; at -= 1, row = table.before(row)) {
      this.#order[at] = row;
    }
    this.#ordered = this.count;
    return this.#order;
  }
}

const NO_ROWS = new Uint32Array(0);

export class UnitIndexBuilder {
  readonly from: number;
  readonly generation: number;
  /**
   * Stored bytes of a rewritten unit, whose generation alone a crash can make ambiguous; else 0.
   */
  readonly rewrittenBytes: number;
  readonly #table: EntryTable;
  /** By slot. */
  readonly #shards: ShardEntries[] = [];
  readonly #byKey = new ShardKeyMap<ShardEntries>();
  /** Of the unit before, to be used again. */
  readonly #spare: ShardEntries[];
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
    this.#spare = isFree ? before.#shards : [];
    this.#table.clear();
    this.from = from;
    this.generation = generation;
    this.rewrittenBytes = rewrittenBytes;
  }

  get entryCount(): number {
    return this.#table.length;
  }

  /** Says where `shard` stands at the unit's begin; the first call for a shard counts. */
  begin(shard: ShardKey, next: number, lastArrivalMs: number): ShardEntries {
    let entries = this.#byKey.get(shard);
    if (entries === undefined) {
      entries = this.#spare.pop() ?? new ShardEntries();
      entries.reset(shard, this.#shards.length, next, lastArrivalMs);
      this.#shards.push(entries);
      this.#byKey.set(shard, entries);
    }
    return entries;
  }

  get(shard: ShardKey): ShardEntries | undefined {
    return this.#byKey.get(shard);
  }

  /** In the order in which they were begun. */
  shards(): readonly ShardEntries[] {
    return this.#shards;
  }

  /** Enters a section. */
  add(entries: ShardEntries, entry: IndexEntry): void {
    const { baseOrdinal, arrivalMs } = entry;
    assert(baseOrdinal >= entries.end, 'index: ordinals of a shard must rise');
    entries.last = this.#table.push(entries.slot, entries.last, entry);
    entries.count += 1;
    entries.end = baseOrdinal + entry.count;
    entries.endArrivalMs = Math.max(entries.endArrivalMs, arrivalMs);
    if (entry.offset > 0) {
      entries.payloadBytes += entry.payloadBytes;
    }
  }

  rows(shard: ShardKey): EntryRows | null {
    this.#isLent = true;
    const entries = this.#byKey.get(shard);
    return entries === undefined
      ? null
      : this.#table.rows(entries.order(this.#table), entries.count);
  }

  /** The index as the bytes of a sidecar file. */
  sealed(identity: number): Uint8Array {
    const shards = this.#sortedShards();
    const directoryEnd = indexHeaderBytes + shards.length * DIRECTORY_ROW_BYTES;
    const bytes = new Uint8Array(directoryEnd + this.#table.length * entryBytes);
    const froms = new Uint32Array(shards.length);
    let from = directoryEnd;
    for (const { slot, count } of shards) {
      froms[slot] = from / 4;
      from += count * entryBytes;
    }
    this.#table.copyByShard(new Uint32Array(bytes.buffer), froms);
    const view = new DataView(bytes.buffer);
    let entry = 0;
    let at = indexHeaderBytes;
    for (const shard of shards) {
      const start = directoryEnd + entry * entryBytes;
      setU64(view, at, shard.shard);
      setU64(view, at + 8, shard.begin);
      setU64(view, at + 16, shard.end);
      setU64(view, at + 24, shard.beginArrivalMs);
      setU64(view, at + 32, shard.endArrivalMs);
      view.setUint32(at + 40, entry, true);
      view.setUint32(at + 44, shard.count, true);
      view.setUint32(at + 48, shard.payloadBytes, true);
      const entries = new Uint8Array(bytes.buffer, start, shard.count * entryBytes);
      view.setUint32(at + 52, crc32(entries), true);
      entry += shard.count;
      at += DIRECTORY_ROW_BYTES;
    }
    view.setUint32(0, MAGIC, true);
    view.setUint8(4, VERSION);
    view.setUint32(8, identity, true);
    view.setUint32(12, this.generation, true);
    setU64(view, 16, this.from);
    view.setUint32(24, shards.length, true);
    view.setUint32(28, this.#table.length, true);
    setU64(view, 32, this.rewrittenBytes);
    view.setUint32(CRC_AT, directoryChecksum(bytes.subarray(0, directoryEnd)), true);
    return bytes;
  }

  /** By ShardKey; sorting numbers needs no call per comparison. */
  #sortedShards(): ShardEntries[] {
    const keys = Float64Array.from(this.#shards, ({ shard }) => shard).sort();
    return Array.from(keys, (key) => this.#byKey.get(key)!);
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
