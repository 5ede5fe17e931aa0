/**
 * The catalog of a volume: which sealed units it has and each shard's oldest ordinal, so that a
 * start reads one small file instead of every unit. It is derived: without it, it is made anew from
 * the units.
 *
 * It is written before units are dropped, so a unit it lists that is not there has been lost, and
 * an older unit it does not list is a drop that a crash interrupted. Both hold only for a catalog
 * that no later power loss replaces by the one before, so a start makes the one it found durable
 * before it believes it.
 */
import { getU64, setU64, viewOf } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import type { ShardKey } from '../model/stream.ts';
import { DiskError } from '../runtime/disk.ts';
import type { SealedFiles } from './sealed-file.ts';

const NAME = 'catalog';
const HEADER_BYTES = 32;
const UNIT_BYTES = 24;
const SHARD_BYTES = 16;
const VERSION = 1;
/** `TRC1` as the bytes read. */
const MAGIC = 0x31435254;

export interface CatalogUnit {
  readonly from: number;
  readonly bytes: number;
  readonly generation: number;
}

export interface Catalog {
  readonly units: readonly CatalogUnit[];
  readonly oldest: ReadonlyMap<ShardKey, number>;
}

/** What is to be written; a Catalog is one. */
export interface CatalogContent {
  readonly units: readonly CatalogUnit[];
  readonly oldest: {
    readonly size: number;
    forEach(put: (oldest: number, shard: ShardKey) => void): void;
  };
}

/**
 * The catalog, durable from now on; null where it is missing, damaged, or another
 * volume's.
 *
 * The process that wrote it may have died before its name was synced, or the sync may have failed:
 * then only a new name makes a sync save it. A full disk has no room for that; there a sync of the
 * directory has to do, which saves all names but those whose own sync has failed.
 */
export async function recoverCatalog(
  files: SealedFiles,
  identity: number,
): Promise<Catalog | null> {
  const bytes = await files.read(NAME);
  const catalog = bytes === null ? null : decode(bytes, identity);
  if (bytes === null || catalog === null) {
    return null;
  }
  try {
    await files.replace(NAME, bytes);
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'full')) {
      throw error;
    }
    await files.syncNames();
  }
  return catalog;
}

function decode(bytes: Uint8Array, identity: number): Catalog | null {
  if (bytes.byteLength < HEADER_BYTES) {
    return null;
  }
  const view = viewOf(bytes);
  const units = view.getUint32(16, true);
  const shards = view.getUint32(20, true);
  const intact =
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(4, true) === VERSION &&
    view.getUint32(12, true) === identity &&
    bytes.byteLength === HEADER_BYTES + units * UNIT_BYTES + shards * SHARD_BYTES &&
    view.getUint32(8, true) === crc32(bytes.subarray(12));
  if (!intact) {
    return null;
  }
  const list: CatalogUnit[] = [];
  let at = HEADER_BYTES;
  for (let index = 0; index < units; index += 1, at += UNIT_BYTES) {
    const generation = view.getUint32(at + 16, true);
    list.push({ from: getU64(view, at), bytes: getU64(view, at + 8), generation });
  }
  const oldest = new Map<ShardKey, number>();
  for (let index = 0; index < shards; index += 1, at += SHARD_BYTES) {
    oldest.set(getU64(view, at), getU64(view, at + 8));
  }
  return { units: list, oldest };
}

/** Replaces the catalog, durably. */
export async function writeCatalog(
  files: SealedFiles,
  identity: number,
  catalog: CatalogContent,
): Promise<void> {
  const { units, oldest } = catalog;
  const bytes = new Uint8Array(
    HEADER_BYTES + units.length * UNIT_BYTES + oldest.size * SHARD_BYTES,
  );
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(12, identity, true);
  view.setUint32(16, units.length, true);
  view.setUint32(20, oldest.size, true);
  let at = HEADER_BYTES;
  for (const unit of units) {
    setU64(view, at, unit.from);
    setU64(view, at + 8, unit.bytes);
    view.setUint32(at + 16, unit.generation, true);
    at += UNIT_BYTES;
  }
  oldest.forEach((ordinal, shard) => {
    setU64(view, at, shard);
    setU64(view, at + 8, ordinal);
    at += SHARD_BYTES;
  });
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  await files.replace(NAME, bytes);
}
