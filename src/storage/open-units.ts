/**
 * What a volume learns at open: its units, from the log and the catalog, and where each shard
 * stands, from the last unit, whose first section tells it for all shards.
 */
import { assert } from '../common/assert.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Catalog } from './catalog.ts';
import { recoverCatalog } from './catalog.ts';
import type { CommitLog, LogUnit, VolumeWriter } from './commit-log.ts';
import type { SealedUnit } from './index-store.ts';
import { IndexStore, sealedUnit } from './index-store.ts';
import type { TailRow } from './index-unit.ts';
import { indexUnit } from './index-unit.ts';
import type { SealedFiles } from './sealed-file.ts';
import { ShardTable } from './shard-table.ts';
import { UnitList } from './unit-list.ts';
import type { DamageReport } from './volume-store.ts';

export interface OpenUnitsOptions {
  readonly volume: number;
  readonly indexCacheBytesMax: number;
  readonly onDamage: (report: DamageReport) => void;
}

export interface OpenedUnits {
  readonly units: UnitList;
  readonly table: ShardTable;
  readonly activeBytes: number;
}

export async function openUnits(
  deps: { readonly log: CommitLog; readonly files: SealedFiles | null },
  options: OpenUnitsOptions,
  writer: VolumeWriter,
): Promise<OpenedUnits> {
  const { log, files } = deps;
  const { volume, onDamage } = options;
  const { identity } = writer.chain;
  const units: UnitList = new UnitList(
    new IndexStore(deps, {
      volume,
      identity,
      cacheBytesMax: options.indexCacheBytesMax,
      onDamage,
      before: (from) => units.before(from),
      nextFrom: (from) => units.nextFrom(from),
    }),
  );
  let catalog: Catalog | null = null;
  if (files !== null) {
    await files.disk.makeDirectory(files.directory);
    catalog = await recoverCatalog(files, identity);
  }
  const stored = [...(await log.units(volume))];
  const last = stored.pop() ?? null;
  units.sealed = await reconcile(log, options, stored, last, catalog);
  const table = new ShardTable();
  if (last !== null) {
    await openLast(log, options, last, units, table);
  }
  await findOldest(units, table, catalog);
  return { units, table, activeBytes: last?.bytes ?? 0 };
}

/**
 * The sealed units: what the log has, less drops that were interrupted, plus what has been lost.
 */
async function reconcile(
  log: CommitLog,
  options: OpenUnitsOptions,
  stored: readonly LogUnit[],
  last: LogUnit | null,
  catalog: Catalog | null,
): Promise<SealedUnit[]> {
  const { volume, onDamage } = options;
  const listed = new Map(catalog?.units.map((unit) => [unit.from, unit]));
  const newest = catalog?.units.at(-1)?.from ?? -1;
  const sealed: SealedUnit[] = [];
  for (const unit of stored) {
    const known = listed.get(unit.from);
    if (unit.from > newest || known !== undefined) {
      // A crash may have kept the engine from cutting off space that the unit did not need.
      const bytes = unit.generation === 0 ? (known?.bytes ?? unit.bytes) : unit.bytes;
      sealed.push(sealedUnit(unit.from, bytes, unit.generation));
    } else if (log.caps.rewrites) {
      await log.drop(volume, unit.from);
    }
  }
  const present = new Set(stored.map((unit) => unit.from));
  for (const { from, bytes, generation } of catalog?.units ?? []) {
    if (!present.has(from) && from !== last?.from) {
      onDamage({ volume, shard: null, position: from, bytes, detail: 'a storage unit is missing' });
      sealed.push(sealedUnit(from, bytes, generation));
    }
  }
  return sealed.sort((a, b) => a.from - b.from);
}

/** Indexes the last unit and fills the table from it. */
async function openLast(
  log: CommitLog,
  options: OpenUnitsOptions,
  last: LogUnit,
  units: UnitList,
  table: ShardTable,
): Promise<void> {
  const { volume, onDamage } = options;
  const inherit = async (put: TailRow): Promise<void> => {
    const previous = units.sealed.at(-1);
    if (previous !== undefined) {
      await units.store.forEachEnd(previous, put);
    }
  };
  units.active = await indexUnit({ log, volume, unit: last, nextFrom: null, inherit, onDamage });
  const { active } = units;
  for (let slot = 0; slot < active.slots; slot += 1) {
    const [end, endArrivalMs] = [active.end(slot), active.endArrivalMs(slot)];
    const row = table.add(active.shard(slot), end, endArrivalMs, active.beginOf(slot));
    assert(row === slot, 'volume: shards lie in the table as in the index');
  }
}

/**
 * Sets each shard's oldest ordinal: the catalog's word where it has one, else the first unit that
 * has records.
 */
async function findOldest(
  units: UnitList,
  table: ShardTable,
  catalog: Catalog | null,
): Promise<void> {
  const open = new Set<ShardKey>();
  for (const state of table.values()) {
    const listed = catalog?.oldest.get(state.shard);
    if (listed === undefined) {
      open.add(state.shard);
    } else {
      state.oldest = Math.min(listed, state.next);
    }
  }
  const first = units.sealed[0];
  if (first !== undefined && catalog !== null) {
    const directory = await units.store.directory(first);
    for (let row = 0; row < directory.length; row += 1) {
      const state = table.get(directory.shard(row));
      if (state !== undefined) {
        // A crash may have come between a rewrite and its catalog.
        state.oldest = Math.max(state.oldest, directory.begin(row));
      }
    }
  }
  const newest = catalog?.units.at(-1)?.from ?? -1;
  for (const unit of units.sealed) {
    if (open.size === 0) {
      break;
    }
    if (unit.from <= newest) {
      continue; // A shard the catalog does not list was created behind the units it lists.
    }
    const directory = await units.store.directory(unit);
    for (let row = 0; row < directory.length; row += 1) {
      const state = table.get(directory.shard(row));
      if (state !== undefined && directory.entryCount(row) > 0 && open.delete(state.shard)) {
        state.oldest = directory.begin(row);
      }
    }
  }
}
