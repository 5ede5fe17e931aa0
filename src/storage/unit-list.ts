/**
 * The storage units of a volume in position order: sealed ones with their indexes, and the one
 * being written. Finds the unit that holds an ordinal or an instant of a shard.
 */
import type { ShardKey } from '../model/stream.ts';
import type { EntryRows } from './entry-rows.ts';
import type { IndexStore, SealedUnit } from './index-store.ts';
import type { UnitDirectory } from './unit-index.ts';
import type { UnitIndexBuilder } from './unit-index.ts';

/** A shard's entries in one unit. */
export interface Located {
  /** Null for the unit being written. */
  readonly unit: SealedUnit | null;
  readonly from: number;
  readonly generation: number;
  readonly rows: EntryRows;
  /** Next ordinal of the shard behind this unit. */
  readonly end: number;
}

export class UnitList {
  readonly store: IndexStore;
  sealed: SealedUnit[] = [];
  active: UnitIndexBuilder | null = null;

  constructor(store: IndexStore) {
    this.store = store;
  }

  /** The sealed unit before the one at `from`. */
  before(from: number): SealedUnit | null {
    return this.sealed[this.#indexOf(from) - 1] ?? null;
  }

  /** Where the unit behind the one at `from` begins. */
  nextFrom(from: number): number | null {
    let index = this.#indexOf(from);
    if (this.sealed[index]?.from === from) {
      index += 1;
    }
    return this.sealed[index]?.from ?? this.active?.from ?? null;
  }

  /**
   * Where `ordinal` of `shard`, or else the shard's next stored record, is; null when no unit
   * knows.
   */
  locateOrdinal(shard: ShardKey, ordinal: number): Promise<Located | null> {
    const active = this.active?.get(shard);
    if (active !== undefined && ordinal >= active.begin) {
      return Promise.resolve(this.#inActive(shard));
    }
    // The last unit that began at or below the ordinal; units before the shard's first count as
    // below.
    return this.#locate(shard, (directory, row) => directory.begin(row) <= ordinal, true);
  }

  /** The first unit at whose end the shard's last arrival was at or after `ms`; null when none. */
  async locateArrival(shard: ShardKey, ms: number): Promise<Located | null> {
    const found = await this.#locate(
      shard,
      (directory, row) => directory.endArrivalMs(row) < ms,
      false,
    );
    return found ?? this.#inActive(shard);
  }

  #inActive(shard: ShardKey): Located | null {
    const rows = this.active?.rows(shard) ?? null;
    const entries = this.active?.get(shard);
    if (this.active === null || rows === null || entries === undefined) {
      return null;
    }
    const { from, generation } = this.active;
    return { unit: null, from, generation, rows, end: entries.end };
  }

  /**
   * `before` holds for a first stretch of the units, units that do not know the shard included.
   * Gives the last of these, or the first behind them.
   */
  async #locate(
    shard: ShardKey,
    before: (directory: UnitDirectory, row: number) => boolean,
    last: boolean,
  ): Promise<Located | null> {
    const units = this.sealed;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const directory = await this.store.directory(units[middle] as SealedUnit);
      const row = directory.find(shard);
      if (row < 0 || before(directory, row)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const unit = units[last ? low - 1 : low];
    return unit === undefined ? null : this.#inSealed(unit, shard);
  }

  async #inSealed(unit: SealedUnit, shard: ShardKey): Promise<Located | null> {
    const directory = await this.store.directory(unit);
    const row = directory.find(shard);
    if (row < 0) {
      return null;
    }
    const { from, generation } = unit;
    const rows = await this.store.entries(unit, directory, row);
    return { unit, from, generation, rows, end: directory.end(row) };
  }

  #indexOf(from: number): number {
    let low = 0;
    let high = this.sealed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sealed[middle] as SealedUnit).from < from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
