/**
 * The indexes of sealed units: sidecar files on disk, the parts in use in a bounded cache, and
 * those not yet written, or with no disk to write to, in memory.
 *
 * A sidecar that is missing or damaged is made anew from the unit's frames.
 */
import { plainRoom } from '../common/bytes.ts';
import { DiskError, LARGE_WRITE_BYTES } from '../runtime/disk.ts';
import { ByteLru } from './byte-lru.ts';
import type { CommitLog } from './commit-log.ts';
import { entryBytes, EntryRows } from './entry-rows.ts';
import { FileCache } from './file-cache.ts';
import type { TailRow } from './index-unit.ts';
import { indexUnit } from './index-unit.ts';
import type { SealedFiles } from './sealed-file.ts';
import type { IndexStamp } from './unit-index.ts';
import { UnitDirectory } from './unit-index.ts';
import type { DamageReport } from './volume-store.ts';

/** A storage unit that gets no more frames. */
export interface SealedUnit {
  readonly from: number;
  bytes: number;
  generation: number;
  /** The sidecar's bytes until they are on disk. */
  pinned: Uint8Array | null;
  pinnedDirectory: UnitDirectory | null;
  /** Somebody may look at what is pinned for as long as they like. */
  isLent: boolean;
  gone: boolean;
  /** Resolves when the rewrite under way has ended. */
  changing: Promise<void> | null;
}

export function sealedUnit(from: number, bytes: number, generation: number): SealedUnit {
  const none = { pinned: null, pinnedDirectory: null, isLent: false, gone: false, changing: null };
  return { from, bytes, generation, ...none };
}

export interface IndexStoreDeps {
  readonly log: CommitLog;
  /** Where sidecars are; null keeps indexes in memory. */
  readonly files: SealedFiles | null;
}

export interface IndexStoreOptions {
  readonly volume: number;
  readonly identity: number;
  readonly cacheBytesMax: number;
  readonly onDamage: (report: DamageReport) => void;
  /** The sealed unit before the one at `from`; null where there is none. */
  readonly before: (from: number) => SealedUnit | null;
  /** Where the unit after the one at `from` begins. */
  readonly nextFrom: (from: number) => number | null;
}

/** Read first: it holds the directory of a unit with few shards whole. */
const FIRST_READ_BYTES = 16 * 1024;
const FILES_MAX = 32;
/** Indexes that wait to be written; beyond it they are forgotten and made anew when needed. */
const PINNED_MAX = 8;
/** Memory for an index is so much larger than it must be, that it serves the next one as well. */
const ROOM_FACTOR = 1.125;

export class IndexStore {
  readonly #log: CommitLog;
  readonly #sidecars: SealedFiles | null;
  readonly #options: IndexStoreOptions;
  readonly #directories: ByteLru<number, UnitDirectory>;
  readonly #entries: ByteLru<string, EntryRows>;
  readonly #loading = new Map<number, Promise<UnitDirectory>>();
  readonly #files: FileCache | null;
  readonly #unwritten = new Set<SealedUnit>();
  /** The pass of `persist` under way; it never rejects. */
  #writing: Promise<void> = Promise.resolve();
  /** Memory of an index that was written, which nobody looks at. */
  #spare: Uint8Array | null = null;

  constructor(deps: IndexStoreDeps, options: IndexStoreOptions) {
    this.#log = deps.log;
    this.#sidecars = deps.files;
    this.#options = options;
    this.#directories = new ByteLru(options.cacheBytesMax / 2);
    this.#entries = new ByteLru(options.cacheBytesMax / 2);
    this.#files = deps.files === null ? null : new FileCache(deps.files.disk, FILES_MAX);
  }

  /**
   * Memory for an index of so many bytes that will be put: that of one that was written, where it
   * is large enough. New memory of megabytes for each unit would make the garbage collector mark
   * the whole heap every other unit. A large one is written from it without a copy.
   */
  room(bytes: number): Uint8Array {
    const spare = this.#spare;
    this.#spare = null;
    if (spare !== null && spare.length >= bytes) return spare;
    const wanted = Math.ceil(bytes * ROOM_FACTOR);
    return this.#sidecars === null || bytes < LARGE_WRITE_BYTES
      ? plainRoom(wanted)
      : this.#sidecars.disk.room(wanted);
  }

  /** Keeps a new index of `unit` in memory until `persist` has written it. */
  put(unit: SealedUnit, bytes: Uint8Array): void {
    this.#directories.delete(unit.from);
    unit.pinned = bytes;
    unit.isLent = false;
    unit.pinnedDirectory = UnitDirectory.parse(bytes, this.#stamp(unit));
    this.#unwritten.add(unit);
    for (const oldest of this.#unwritten) {
      if (this.#sidecars === null || this.#unwritten.size <= PINNED_MAX) {
        break;
      }
      this.#unpin(oldest);
    }
  }

  /**
   * Writes the indexes that are only in memory. A disk that refuses is tried again the next time.
   * One pass at a time: memory that one is done with must not be what another still writes.
   */
  persist(): Promise<void> {
    const pass = this.#writing.then(() => this.#writeAll());
    this.#writing = pass.catch(() => undefined);
    return pass;
  }

  async #writeAll(): Promise<void> {
    for (const unit of [...this.#unwritten]) {
      const bytes = unit.pinned;
      if (this.#sidecars === null || bytes === null) {
        continue;
      }
      const name = sidecarName(unit.from);
      try {
        await this.#sidecars.replace(name, bytes);
      } catch (error) {
        if (error instanceof DiskError) {
          return;
        }
        throw error;
      }
      await this.#files?.forget(this.#sidecars.path(name));
      if (unit.gone) {
        await this.#remove(unit);
      } else if (unit.pinned === bytes) {
        if (!unit.isLent) this.#spare = new Uint8Array(bytes.buffer);
        this.#unpin(unit);
      }
    }
  }

  /** Forgets the index of a unit that is gone. */
  async drop(unit: SealedUnit): Promise<void> {
    this.#unpin(unit);
    this.#directories.delete(unit.from);
    await this.#remove(unit);
  }

  directory(unit: SealedUnit): UnitDirectory | Promise<UnitDirectory> {
    if (unit.pinnedDirectory !== null) {
      unit.isLent = true;
      return unit.pinnedDirectory;
    }
    const cached = this.#directories.get(unit.from);
    if (cached !== undefined) {
      return cached;
    }
    let loading = this.#loading.get(unit.from);
    if (loading === undefined) {
      loading = this.#load(unit).finally(() => this.#loading.delete(unit.from));
      this.#loading.set(unit.from, loading);
    }
    return loading;
  }

  /** The entries of the shard in row `row` of the unit's `directory`. */
  async entries(unit: SealedUnit, directory: UnitDirectory, row: number): Promise<EntryRows> {
    const { offset, length } = directory.entriesAt(row);
    if (length === 0) {
      return new EntryRows(new Uint8Array(0), 0);
    }
    if (unit.pinned !== null && unit.pinnedDirectory === directory) {
      return new EntryRows(unit.pinned.subarray(offset, offset + length), length / entryBytes);
    }
    const key = `${unit.from}/${directory.generation}/${directory.shard(row)}`;
    const cached = this.#entries.get(key);
    if (cached !== undefined) {
      return cached;
    }
    const bytes = await this.#read(unit, offset, length);
    const rows = bytes === null ? null : directory.entries(row, bytes);
    if (rows !== null) {
      this.#entries.set(key, rows, length);
      return rows;
    }
    const rebuilt = await this.#rebuild(unit);
    const again = rebuilt.find(directory.shard(row));
    return again < 0 ? new EntryRows(new Uint8Array(0), 0) : this.entries(unit, rebuilt, again);
  }

  async close(): Promise<void> {
    await this.#files?.close();
  }

  async #load(unit: SealedUnit): Promise<UnitDirectory> {
    let bytes = await this.#read(unit, 0, FIRST_READ_BYTES);
    const length = bytes === null ? null : UnitDirectory.measure(bytes);
    if (bytes !== null && length !== null && length > bytes.byteLength) {
      bytes = await this.#read(unit, 0, length);
    }
    const directory = bytes === null ? null : UnitDirectory.parse(bytes, this.#stamp(unit));
    if (directory === null) {
      return this.#rebuild(unit);
    }
    this.#directories.set(unit.from, directory, directory.bytes.byteLength);
    return directory;
  }

  /** Makes the index of `unit` from its frames and writes it. */
  async #rebuild(unit: SealedUnit): Promise<UnitDirectory> {
    const { volume, identity, onDamage, before, nextFrom } = this.#options;
    const inherit = async (put: TailRow): Promise<void> => {
      const previous = before(unit.from);
      if (previous !== null) {
        await this.forEachEnd(previous, put);
      }
    };
    const next = nextFrom(unit.from);
    const log = this.#log;
    const builder = await indexUnit({ log, volume, unit, nextFrom: next, inherit, onDamage });
    this.put(unit, builder.sealed(identity));
    unit.isLent = true;
    const directory = unit.pinnedDirectory as UnitDirectory;
    await this.persist();
    return directory;
  }

  /** Calls `put` with where each shard of the unit stood at its end. */
  async forEachEnd(unit: SealedUnit, put: TailRow): Promise<void> {
    const directory = await this.directory(unit);
    for (let row = 0; row < directory.length; row += 1) {
      put(directory.shard(row), directory.end(row), directory.endArrivalMs(row));
    }
  }

  /** Bytes of the unit's sidecar; null where it cannot be read. */
  async #read(unit: SealedUnit, offset: number, length: number): Promise<Uint8Array | null> {
    if (this.#files === null || this.#sidecars === null) {
      return null;
    }
    const path = this.#sidecars.path(sidecarName(unit.from));
    try {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, await this.#files.read(path, bytes, offset));
    } catch (error) {
      if (error instanceof DiskError) {
        return null;
      }
      throw error;
    }
  }

  #stamp(unit: SealedUnit): IndexStamp {
    const { from, generation } = unit;
    const rewrittenBytes = generation > 0 ? unit.bytes : 0;
    return { identity: this.#options.identity, from, generation, rewrittenBytes };
  }

  #unpin(unit: SealedUnit): void {
    unit.pinned = null;
    unit.pinnedDirectory = null;
    this.#unwritten.delete(unit);
  }

  async #remove(unit: SealedUnit): Promise<void> {
    if (this.#sidecars !== null) {
      const path = this.#sidecars.path(sidecarName(unit.from));
      await this.#files?.forget(path);
      await this.#sidecars.disk.remove(path);
    }
  }
}

function sidecarName(from: number): string {
  return `${String(from).padStart(16, '0')}.idx`;
}
