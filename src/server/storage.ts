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
import { SEAL_KEY_BYTES } from '../common/sealed-box.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import type { CommitLog } from '../storage/commit-log.ts';
import { LocalCommitLog } from '../storage/local/local-commit-log.ts';
import { SqliteMetaStore } from '../storage/local/sqlite-meta-store.ts';
import { MemoryCommitLog } from '../storage/memory/memory-commit-log.ts';
import { MemoryMetaImage, MemoryMetaStore } from '../storage/memory/memory-meta-store.ts';
import type { MetaOp, MetaStore, Versioned } from '../storage/meta-store.ts';
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
  /** The key of iterators and page tokens: made once, kept with the metadata. */
  readonly sealingKey: Uint8Array;
  /** Damage found so far, at start and since. */
  readonly damage: () => number;
  /** Closes what is still open; volumes are flushed. */
  close(): Promise<void>;
}

const volumesKey = 'server/volumes';
const sealingKeyName = 'server/sealing-key';

/** Throws StoreLockedError when another process has the directory open. */
export async function openStorage(
  dependencies: StorageDependencies,
  options: StorageOptions,
): Promise<OpenedStorage> {
  const { disk, random } = dependencies;
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
    const { epochs, sealingKey } = await takeOver({ meta, random }, options.volumes);
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
    const ringBytesMax = Math.floor(options.tailRingBytes / epochs.length);
    for (const [volume, epoch] of epochs.entries()) {
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
    return { meta, volumes, sealingKey, damage: () => damage, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Taken {
  /** By number of the volume. */
  readonly epochs: readonly number[];
  readonly sealingKey: Uint8Array;
}

/**
 * One commit for all that has to be stored before anything is opened: the number of volumes, which
 * is the larger of the one asked for and the one there is, a new epoch for each, and the sealing
 * key where there is none.
 */
async function takeOver(
  { meta, random }: { readonly meta: MetaStore; readonly random: Random },
  volumesAsked: number,
): Promise<Taken> {
  const ops: MetaOp[] = [];
  const set = (key: string, known: Versioned | null, value: Uint8Array): void => {
    ops.push({ key, expect: known?.rev ?? 'absent', value });
  };
  const storedCount = await meta.get(volumesKey);
  const count = Math.max(numberOf(storedCount), volumesAsked);
  if (count !== numberOf(storedCount)) set(volumesKey, storedCount, bytesOf(count));
  const epochs: number[] = [];
  for (let volume = 0; volume < count; volume++) {
    const key = `server/volume-epoch/${volume}`;
    const stored = await meta.get(key);
    const epoch = numberOf(stored) + 1;
    set(key, stored, bytesOf(epoch));
    epochs.push(epoch);
  }
  const storedKey = await meta.get(sealingKeyName);
  const sealingKey = storedKey?.value ?? random.bytes(SEAL_KEY_BYTES);
  if (storedKey === null) set(sealingKeyName, null, sealingKey);
  await meta.commit(ops);
  return { epochs, sealingKey };
}

function numberOf(stored: Versioned | null): number {
  return stored === null ? 0 : Number(new TextDecoder().decode(stored.value));
}

function bytesOf(value: number): Uint8Array {
  return new TextEncoder().encode(String(value));
}
