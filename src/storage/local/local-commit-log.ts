/**
 * LocalCommitLog: a CommitLog on one machine's disk, a directory of segment files per volume.
 *
 * One process has the directory (the metadata store's lock sees to that); within it, opening a
 * writer with a higher epoch ends the one before, and a lower epoch is refused (I1).
 */
import type { Disk } from '../../runtime/disk.ts';
import type { Random } from '../../runtime/random.ts';
import type {
  CommitLog,
  EngineCaps,
  LogEntry,
  LogUnit,
  Position,
  ReadOptions,
  RewrittenUnit,
  VolumeId,
  VolumeWriter,
} from '../commit-log.ts';
import { EngineUnavailableError, FencedError } from '../commit-log.ts';
import { frameAlignBytes, frameBytesLimit } from '../frame.ts';
import { rewriteSegment } from './local-rewrite.ts';
import type { RecoveredTail } from './local-volume.ts';
import { identityOfSegments, LocalVolume } from './local-volume.ts';
import { LocalWriter } from './local-writer.ts';
import { segmentOf } from './segment-format.ts';
import { readVolumeFile, writeVolumeFile } from './volume-file.ts';

export interface LocalCommitLogOptions {
  readonly directory: string;
  /** Space that is allocated for a segment, bytes; a segment may end up larger by one frame. */
  readonly segmentBytes?: number;
  /** Most files of one volume that are kept open for reading. */
  readonly filesMax?: number;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
const FILES_MAX = 64;

interface OpenVolume {
  readonly home: LocalVolume;
  readonly writer: LocalWriter;
}

export class LocalCommitLog implements CommitLog {
  readonly caps: EngineCaps = {
    kind: 'local',
    frameBytesMax: frameBytesLimit,
    shared: false,
    positionBytes: frameAlignBytes,
    rewrites: true,
  };
  readonly #disk: Disk;
  readonly #random: Random;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #filesMax: number;
  readonly #volumes = new Map<VolumeId, OpenVolume>();
  #closed = false;

  constructor(deps: { disk: Disk; random: Random }, options: LocalCommitLogOptions) {
    this.#disk = deps.disk;
    this.#random = deps.random;
    this.#directory = options.directory;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#filesMax = options.filesMax ?? FILES_MAX;
  }

  room(bytes: number): Uint8Array {
    return this.#disk.room(bytes);
  }

  async openWriter(volume: VolumeId, epoch: number): Promise<VolumeWriter> {
    if (this.#closed) {
      throw new EngineUnavailableError('the log is closed');
    }
    const known = this.#volumes.get(volume);
    if (known !== undefined) {
      if (known.writer.epoch > epoch) {
        throw new FencedError(`volume ${volume} is at epoch ${known.writer.epoch}`);
      }
      await known.writer.fence(epoch);
      await known.home.close();
      this.#volumes.delete(volume);
    }
    const { home, tail } = await this.#recover(volume, epoch);
    const writer = await LocalWriter.open(home, epoch, tail, this.#segmentBytes);
    this.#volumes.set(volume, { home, writer });
    return writer;
  }

  async units(volume: VolumeId): Promise<readonly LogUnit[]> {
    return this.#open(volume).home.units();
  }

  read(volume: VolumeId, from: Position, options?: ReadOptions): AsyncIterable<LogEntry> {
    return this.#open(volume).home.read(from, options?.headsOnly ?? false);
  }

  readAt(volume: VolumeId, position: Position, offset: number, into: Uint8Array): Promise<number> {
    return this.#open(volume).home.readAt(position, offset, into);
  }

  async trim(volume: VolumeId, keepFrom: Position): Promise<void> {
    const { home } = this.#open(volume);
    const units = home.units();
    const gone: number[] = [];
    for (const [index, unit] of units.entries()) {
      const next = units[index + 1];
      if (next !== undefined && next.from <= keepFrom) {
        gone.push(segmentOf(unit.from));
      }
    }
    await home.removeSegments(gone);
  }

  async drop(volume: VolumeId, from: Position): Promise<void> {
    const { home } = this.#open(volume);
    const number = segmentOf(from);
    if (home.segment(number) !== null && home.last()?.number !== number) {
      await home.removeSegments([number]);
    }
  }

  rewrite(
    volume: VolumeId,
    from: Position,
    frames: AsyncIterable<readonly Uint8Array[]>,
  ): Promise<RewrittenUnit> {
    return rewriteSegment(this.#open(volume).home, segmentOf(from), frames);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { home, writer } of this.#volumes.values()) {
      await writer.close();
      await home.close();
    }
  }

  #open(volume: VolumeId): OpenVolume {
    const open = this.#volumes.get(volume);
    if (open === undefined) {
      throw new EngineUnavailableError(`volume ${volume} is not open`);
    }
    return open;
  }

  async #recover(
    volume: VolumeId,
    epoch: number,
  ): Promise<{ home: LocalVolume; tail: RecoveredTail }> {
    const directory = `${this.#directory}/volume-${String(volume).padStart(4, '0')}`;
    await this.#disk.makeDirectory(directory);
    const stored = await readVolumeFile(this.#disk, directory);
    if (stored !== null && stored.epoch > epoch) {
      throw new FencedError(`volume ${volume} is at epoch ${stored.epoch}`);
    }
    const identity =
      stored?.identity ??
      (await identityOfSegments(this.#disk, directory, volume)) ??
      this.#newIdentity();
    const home = new LocalVolume(this.#disk, directory, volume, identity, this.#filesMax);
    const tail = await home.recover();
    if (tail.epoch > epoch) {
      throw new FencedError(`volume ${volume} is at epoch ${tail.epoch}`);
    }
    // Behind recovery, which may have given space back on a full disk.
    if (stored === null || stored.epoch !== epoch) {
      await writeVolumeFile(this.#disk, directory, { identity, volume, epoch });
    }
    return { home, tail };
  }

  #newIdentity(): number {
    const bytes = this.#random.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }
}
