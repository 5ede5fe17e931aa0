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
  /** A new unit is pushed; where units are dropped, the whole list is replaced. */
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

  /** Where a shard stood when the unit being written began; null where that does not know it. */
  activeBegin(shard: ShardKey): number | null {
    const slot = this.active?.find(shard) ?? -1;
    return slot < 0 ? null : this.active!.beginOf(slot);
  }

  /**
   * The unit that has `ordinal` of `shard`, or else where its next stored record may be; null when
   * no unit knows the shard.
   */
  async locateOrdinal(shard: ShardKey, ordinal: number): Promise<Located | null> {
    const begin = this.activeBegin(shard);
    if (begin !== null && ordinal >= begin) {
      return this.#inActive(shard);
    }
    const behind = await this.#firstWhere(
      shard,
      (directory, row) => directory.begin(row) > ordinal,
    );
    // The last unit that began at or below the ordinal; where it does not know the shard, nothing
    // that low is stored any more.
    const [unit, next] = [this.sealed[behind - 1], this.sealed[behind]];
    const located = unit === undefined ? null : await this.#inSealed(unit, shard);
    return located ?? (next === undefined ? this.#inActive(shard) : this.#inSealed(next, shard));
  }

  /** Where the shard's first record with an arrival at or after `ms` may be. */
  async locateArrival(shard: ShardKey, ms: number): Promise<Located | null> {
    for (;;) {
      const units = this.sealed;
      const located = await this.#locateArrivalOnce(shard, ms);
      // A unit that was merged into another or dropped meanwhile is no place to look.
      if (units === this.sealed) {
        return located;
      }
    }
  }

  async #locateArrivalOnce(shard: ShardKey, ms: number): Promise<Located | null> {
    const index = await this.#firstWhere(
      shard,
      (directory, row) => directory.endArrivalMs(row) >= ms,
    );
    const unit = this.sealed[index];
    return unit === undefined ? this.#inActive(shard) : this.#inSealed(unit, shard);
  }

  #inActive(shard: ShardKey): Located | null {
    const rows = this.active?.rows(shard) ?? null;
    if (this.active === null || rows === null) {
      return null;
    }
    const { from, generation } = this.active;
    const end = this.active.end(this.active.find(shard));
    return { unit: null, from, generation, rows, end };
  }

  /**
   * Index of the first sealed unit for which `holds`, which holds for all units behind it as well.
   * Units that do not know the shard lie before its first record.
   */
  async #firstWhere(
    shard: ShardKey,
    holds: (directory: UnitDirectory, row: number) => boolean,
  ): Promise<number> {
    let units = this.sealed;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const directory = await this.store.directory(units[middle] as SealedUnit);
      if (units !== this.sealed) {
        // Units were dropped meanwhile: begin anew, since the places are others now.
        units = this.sealed;
        low = 0;
        high = units.length;
        continue;
      }
      const row = directory.find(shard);
      if (row < 0 || !holds(directory, row)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  async #inSealed(unit: SealedUnit, shard: ShardKey): Promise<Located | null> {
    const directory = await this.store.directory(unit);
    const row = directory.find(shard);
    if (row < 0) {
      return null;
    }
    const { generation } = directory;
    const rows = await this.store.entries(unit, directory, row);
    return { unit, from: unit.from, generation, rows, end: directory.end(row) };
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
