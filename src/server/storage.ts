/**
 * Opens what a server keeps: metadata and volumes, in a directory or in memory.
 *
 * ```
 *  <data-dir>/metadata.db, lock      streams, shards, settings, epochs, the sealing key
 *  <data-dir>/volumes/volume-0000/   the log of volume 0
 *  <data-dir>/indexes/volume-0000/   its indexes; can be made again from the log
 *  <data-dir>/keyring.json           keys that encrypt, unless another keyring is named
 *  <data-dir>/tls/                   the self-signed certificate
 * ```
 *
 * Every open of a volume is a new epoch, committed before the volume is opened (I1). The number of
 * volumes may grow; it never shrinks, since shards live in them.
 */
import type { Buffers } from '../common/buffer-pool.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import type { CommitLog } from '../storage/commit-log.ts';
import { LocalCommitLog } from '../storage/local/local-commit-log.ts';
import { SqliteMetaStore } from '../storage/local/sqlite-meta-store.ts';
import { MemoryCommitLog } from '../storage/memory/memory-commit-log.ts';
import { MemoryMetaImage, MemoryMetaStore } from '../storage/memory/memory-meta-store.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import type { DamageReport } from '../storage/volume-store.ts';
import { Volume } from '../storage/volume.ts';
import type { Log } from './log.ts';
import { MeteredLog } from './metered-log.ts';

export interface StorageDependencies {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  /** For records read from the log. */
  readonly buffers: Buffers;
}

export interface StorageOptions {
  /** Null keeps everything in memory. */
  readonly directory: string | null;
  readonly volumes: number;
  /** For all volumes together. */
  readonly tailRingBytes: number;
  readonly segmentBytes: number;
}

export interface OpenedStorage {
  readonly meta: MetaStore;
  readonly volumes: ReadonlyMap<number, Volume>;
  /** Damage found so far, at start and since. */
  readonly damage: () => number;
  /** Closes what is still open; volumes are flushed. */
  close(): Promise<void>;
}

const volumesKey = 'server/volumes';

/** Throws StoreLockedError when another process has the directory open. */
export async function openStorage(
  dependencies: StorageDependencies,
  options: StorageOptions,
): Promise<OpenedStorage> {
  const { disk } = dependencies;
  const { directory, segmentBytes } = options;
  const meta =
    directory === null
      ? MemoryMetaStore.open(new MemoryMetaImage())
      : await SqliteMetaStore.open({ disk }, { directory });
  const volumes = new Map<number, Volume>();
  let log: CommitLog | null = null;
  let damage = 0;
  const close = async (): Promise<void> => {
    for (const volume of volumes.values()) await volume.close();
    await log?.close();
    await meta.close();
  };
  try {
    const count = await volumeCount(meta, options.volumes);
    const engine =
      directory === null
        ? new MemoryCommitLog(dependencies)
        : new LocalCommitLog(dependencies, { directory: `${directory}/volumes`, segmentBytes });
    log = new MeteredLog({ ...dependencies, log: engine });
    const onDamage = (report: DamageReport): void => {
      damage++;
      dependencies.log.error({ ...report }, 'stored records are damaged and will not be served');
    };
    const unitBytesMax = segmentBytes;
    const ringBytesMax = Math.floor(options.tailRingBytes / count);
    for (let volume = 0; volume < count; volume++) {
      const epoch = await nextEpoch(meta, volume);
      const indexDisk = directory === null ? null : disk;
      const { clock, buffers } = dependencies;
      const deps = { log, buffers, clock, disk: indexDisk };
      const indexDirectory = `${directory ?? ''}/indexes/volume-${String(volume).padStart(4, '0')}`;
      volumes.set(
        volume,
        await Volume.open(deps, {
          volume,
          epoch,
          indexDirectory,
          ringBytesMax,
          unitBytesMax,
          onDamage,
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { meta, volumes, damage: () => damage, close };
}

/** The larger of the number asked for and the number there is; stored when it grows. */
async function volumeCount(meta: MetaStore, asked: number): Promise<number> {
  const known = await readNumber(meta, volumesKey);
  if (known.value >= asked) return known.value;
  await writeNumber(meta, volumesKey, known, asked);
  return asked;
}

async function nextEpoch(meta: MetaStore, volume: number): Promise<number> {
  const key = `server/volume-epoch/${volume}`;
  const known = await readNumber(meta, key);
  await writeNumber(meta, key, known, known.value + 1);
  return known.value + 1;
}

interface StoredNumber {
  readonly value: number;
  readonly rev: number | 'absent';
}

async function readNumber(meta: MetaStore, key: string): Promise<StoredNumber> {
  const entry = await meta.get(key);
  if (entry === null) return { value: 0, rev: 'absent' };
  return { value: Number(new TextDecoder().decode(entry.value)), rev: entry.rev };
}

async function writeNumber(
  meta: MetaStore,
  key: string,
  known: StoredNumber,
  value: number,
): Promise<void> {
  await meta.commit([{ key, expect: known.rev, value: new TextEncoder().encode(String(value)) }]);
}
