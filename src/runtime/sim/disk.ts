/**
 * A Disk in memory with explicit durability, for one simulated machine.
 *
 * Everything synced survives `powerLoss`, and an arbitrary part of everything else, chosen by the
 * seed. `kill` ends the process only: what was written stays, and stays unsynced. After either,
 * every handle is closed and operations under way have failed, though they may have had their
 * effect.
 */
import { assert } from '../../common/assert.ts';
import { plainRoom } from '../../common/bytes.ts';
import { crc32 } from '../../common/crc32.ts';
import type { Disk, DiskEntry, DiskErrorCode, DiskFile, DiskLock, OpenMode } from '../disk.ts';
import { DiskError } from '../disk.ts';
import type { Random } from '../random.ts';
import type { DiskOperation } from './disk-faults.ts';
import { DiskFaults } from './disk-faults.ts';
import type { DiskCore, Perform } from './disk-file.ts';
import { SimDiskFile } from './disk-file.ts';
import type { DiskLatency } from './disk-latency.ts';
import { LATENCY_DEFAULT, latencyMs } from './disk-latency.ts';
import { DiskSession } from './disk-session.ts';
import type { FileNode } from './name-space.ts';
import { NameSpace } from './name-space.ts';
import { losePower } from './power-loss.ts';

/** Calls `run` once, `delayMs` later: `Scheduler.schedule`, or `immediately`. */
export type Delay = (delayMs: number, run: () => void) => unknown;

/** Zero latency: operations complete with the next promise jobs and nobody has to drive a clock. */
export const immediately: Delay = (_delayMs, run) => Promise.resolve().then(run);

export interface SimDiskDependencies {
  readonly random: Random;
  readonly delay: Delay;
}

export interface SimDiskOptions {
  readonly capacityBytes?: number;
  readonly latency?: DiskLatency;
  /** Sees every operation when it ends; `Scheduler.note` puts it into the trace. */
  readonly note?: (line: string) => void;
}

interface UnderWay {
  readonly operation: DiskOperation;
  readonly perform: Perform<unknown>;
  readonly fail: () => void;
}

/** Total size shown where no capacity is set. */
const TOTAL_BYTES_DEFAULT = 2 ** 50;

export class SimDisk implements Disk {
  readonly #random: Random;
  readonly #delay: Delay;
  readonly #note: ((line: string) => void) | undefined;
  readonly #names = new NameSpace();
  readonly #faults = new DiskFaults();
  readonly #counts = new Map<DiskOperation, number>();
  readonly #underWay = new Set<UnderWay>();
  readonly #handles = new Set<SimDiskFile>();
  readonly #locked = new Set<string>();
  readonly #core: DiskCore = {
    operate: (operation, path, bytes, perform) => this.#operate(operation, path, bytes, perform),
    fault: (operation, path) => this.#faults.take(operation, path),
    below: (bound) => this.#random.below(bound),
    freeBytes: () => this.#freeBytes(),
    noteBytes: (bytes) => this.#note?.(`disk bytes ${crc32(bytes)}`),
    forget: (handle) => this.#handles.delete(handle),
  };
  #capacityBytes: number;
  #latency: DiskLatency;
  #epoch = 0;

  constructor({ random, delay }: SimDiskDependencies, options: SimDiskOptions = {}) {
    this.#random = random;
    this.#delay = delay;
    this.#capacityBytes = options.capacityBytes ?? TOTAL_BYTES_DEFAULT;
    this.#latency = options.latency ?? LATENCY_DEFAULT;
    this.#note = options.note;
  }

  room(bytes: number): Uint8Array {
    return plainRoom(bytes);
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#operate('open', path, 0, () => {
      const node = mode === 'create' ? this.#names.createFile(path) : this.#names.file(path);
      const handle = new SimDiskFile(this.#core, path, node, mode !== 'read');
      this.#handles.add(handle);
      return handle;
    });
  }

  makeDirectory(path: string): Promise<void> {
    return this.#operate('makeDirectory', path, 0, () => this.#names.makeDirectory(path));
  }

  list(path: string): Promise<readonly DiskEntry[]> {
    return this.#operate('list', path, 0, () =>
      [...this.#names.directory(path).current]
        .map(([name, { kind }]): DiskEntry => ({ name, kind }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate('rename', from, 0, () => this.#names.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#operate('remove', path, 0, () => this.#names.remove(path));
  }

  syncDirectory(path: string): Promise<void> {
    const upTo = this.#names.lastChange;
    return this.#operate('syncDirectory', path, 0, (interrupted) => {
      const directory = this.#names.directory(path);
      const fault = this.#faults.take('syncDirectory', path);
      if (fault !== null) {
        this.#names.strand(directory, upTo);
        throw fault;
      }
      if (!interrupted) {
        this.#names.makeDurable(directory, upTo);
      }
    });
  }

  lock(path: string): Promise<DiskLock | null> {
    return this.#operate('lock', path, 0, () => {
      if (this.#locked.has(path)) {
        return null;
      }
      if (this.#names.find(path) === null) {
        this.#names.createFile(path);
      }
      this.#locked.add(path);
      const epoch = this.#epoch;
      let held = true;
      return {
        release: async (): Promise<void> => {
          if (held && this.#epoch === epoch) {
            this.#locked.delete(path);
          }
          held = false;
        },
      };
    });
  }

  space(path: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    return this.#operate('space', path, 0, () => {
      if (this.#names.find(path) === null) {
        throw new DiskError('not-found', path, 'no such file or directory');
      }
      return { freeBytes: this.#freeBytes(), totalBytes: this.#capacityBytes };
    });
  }

  /**
   * The disk as one process sees it: every operation fails with `closed` once that process has
   * died.
   */
  session(): Disk {
    const epoch = this.#epoch;
    return new DiskSession(this, () => this.#epoch === epoch);
  }

  /** The process dies: handles are closed, but everything written is still there, synced or not. */
  kill(): void {
    this.#epoch += 1;
    for (const { operation, perform, fail } of this.#underWay) {
      const happens = operation !== 'sync' && this.#random.below(2) === 0;
      if (happens) {
        try {
          perform(true);
        } catch (error) {
          assert(error instanceof DiskError, 'operations fail with disk errors only');
        }
      }
      fail();
    }
    this.#underWay.clear();
    for (const handle of this.#handles) {
      handle.lose();
    }
    this.#handles.clear();
    this.#locked.clear();
    this.#note?.('disk kill');
  }

  /** The machine loses power: what was not synced is kept, lost or torn, as the seed has it. */
  powerLoss(): void {
    this.kill();
    this.#names.losePower(this.#random);
    for (const { content } of this.#names.files()) {
      losePower(content, this.#random);
    }
    this.#note?.('disk power loss');
  }

  /** The next sync of `path`, or of any file, fails; what it should have saved is never saved. */
  failNextSync(path: string | null = null): void {
    this.fail('sync', path);
  }

  /** The next `times` operations of a kind fail, on `path` or anywhere. */
  fail(
    operation: DiskOperation,
    path: string | null = null,
    code: DiskErrorCode = 'io',
    times: number = 1,
  ): void {
    this.#faults.plan({ operation, path, code }, times);
  }

  /** Forgets the faults that have not shown yet. Damage that was done stays. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** Turns over one bit of a file, on the medium and in the cache. */
  flipBit(path: string, offset: number, bit: number = this.#random.below(8)): void {
    const { content } = this.#names.file(path);
    assert(offset < content.length, 'a bit to flip lies within its file');
    content.flip(offset, bit);
  }

  /** The sector of 512 bytes around `offset` cannot be read any more until it is written again. */
  damage(path: string, offset: number): void {
    this.#names.file(path).damage(offset);
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  setLatency(latency: DiskLatency): void {
    this.#latency = latency;
  }

  /** Operations of a kind that have ended so far, in whatever way. */
  count(operation: DiskOperation): number {
    return this.#counts.get(operation) ?? 0;
  }

  /** Paths of all files, in name order. */
  paths(): readonly string[] {
    return this.#names.paths();
  }

  /** A copy of what a reader would see in a file now. */
  contentOf(path: string): Uint8Array {
    const { content } = this.#names.file(path);
    const bytes = new Uint8Array(content.length);
    content.read(0, bytes);
    return bytes;
  }

  #operate<T>(
    operation: DiskOperation,
    path: string,
    bytes: number,
    perform: Perform<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const underWay: UnderWay = {
        operation,
        perform,
        fail: () => reject(new DiskError('closed', path, 'the process has died')),
      };
      this.#underWay.add(underWay);
      this.#delay(latencyMs(this.#latency, operation, bytes, this.#random), () => {
        if (this.#underWay.delete(underWay)) {
          this.#end(operation, path, bytes, perform, resolve, reject);
        }
      });
    });
  }

  #freeBytes(): number {
    if (this.#capacityBytes === TOTAL_BYTES_DEFAULT) {
      return TOTAL_BYTES_DEFAULT; // Nothing can fill it, so nothing needs to be added up.
    }
    const nodes = new Set<FileNode>(this.#names.files());
    for (const handle of this.#handles) {
      nodes.add(handle.node); // Removed, but still open: takes up space.
    }
    let used = 0;
    for (const { content } of nodes) {
      used += content.length;
    }
    return Math.max(0, this.#capacityBytes - used);
  }

  #end<T>(
    operation: DiskOperation,
    path: string,
    bytes: number,
    perform: Perform<T>,
    resolve: (result: T) => void,
    reject: (error: unknown) => void,
  ): void {
    this.#counts.set(operation, this.count(operation) + 1);
    let outcome = 'ok';
    try {
      const fault = HAS_EFFECT_WHEN_FAILED.has(operation)
        ? null
        : this.#faults.take(operation, path);
      if (fault !== null) {
        throw fault;
      }
      resolve(perform(false));
    } catch (error) {
      reject(error);
      if (!(error instanceof DiskError)) {
        throw error;
      }
      outcome = error.code;
    }
    this.#note?.(`disk ${operation} ${path} ${bytes} ${outcome}`);
  }
}

/** These ask for their fault themselves, because a failure of theirs leaves something behind. */
const HAS_EFFECT_WHEN_FAILED: ReadonlySet<DiskOperation> = new Set([
  'write',
  'sync',
  'syncDirectory',
]);
