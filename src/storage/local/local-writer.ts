/**
 * The writer of one local volume: one durable gather write per frame, into space that was
 * allocated before it was needed.
 *
 * Invariants: `append` resolves only after the sync; after a failed sync or write the writer is
 * over for good, since what the disk holds is unknown; after a disk-full nothing of the frame is
 * left behind.
 */
import { assert } from '../../common/assert.ts';
import type { DiskFile } from '../../runtime/disk.ts';
import { DISK_BLOCK_BYTES, DiskError, LARGE_WRITE_BYTES } from '../../runtime/disk.ts';
import type { FrameChain, Position, VolumeWriter } from '../commit-log.ts';
import { EngineUnavailableError, FencedError, LogFullError } from '../commit-log.ts';
import { alignedFrameBytes, FrameHead, payloadBlockBytes } from '../frame.ts';
import type { LocalVolume, RecoveredTail, Segment } from './local-volume.ts';
import { encodeSegmentHeader, positionOf, segmentHeaderBytes } from './segment-format.ts';

/** A segment file is begun with this much space and grows in doubling steps, in the background. */
const FIRST_ALLOCATION_BYTES = 1024 * 1024;

/** Weight of the newest frame in the running mean of frame sizes. */
const MEAN_WEIGHT = 1 / 8;

/**
 * A file being filled. `bytes` is where the next frame goes, `allocated` how far the file has
 * space.
 */
interface ActiveFile {
  readonly number: number;
  readonly file: DiskFile;
  bytes: number;
  allocated: number;
  /** Null until the first frame is durable. */
  segment: Segment | null;
  growing: Promise<void> | null;
}

export class LocalWriter implements VolumeWriter {
  readonly volume: number;
  readonly epoch: number;
  readonly #home: LocalVolume;
  readonly #segmentBytes: number;
  #chain: FrameChain;
  #active: ActiveFile | null = null;
  #nextNumber: number;
  #rollWanted = false;
  /** The next segment's file, made before it is needed. */
  #spare: Promise<ActiveFile> | null = null;
  #frameBytesMean = 0;
  #appending = false;
  #over: Error | null = null;
  #idle: Promise<void> = Promise.resolve();
  /**
   * Gives back the space of the segment sealed last; ends before the next one is sealed in
   * practice.
   */
  #sealing: Promise<void> = Promise.resolve();

  private constructor(home: LocalVolume, epoch: number, tail: RecoveredTail, segmentBytes: number) {
    this.#home = home;
    this.volume = home.volume;
    this.epoch = epoch;
    this.#segmentBytes = segmentBytes;
    this.#chain = tail.chain;
    this.#nextNumber = tail.nextNumber;
  }

  static async open(
    home: LocalVolume,
    epoch: number,
    tail: RecoveredTail,
    segmentBytes: number,
  ): Promise<LocalWriter> {
    const writer = new LocalWriter(home, epoch, tail, segmentBytes);
    if (tail.open !== null) {
      const { segment, fileBytes } = tail.open;
      writer.#active = {
        number: segment.number,
        file: await home.disk.open(home.path(segment.number), 'write'),
        bytes: segment.end,
        allocated: fileBytes,
        segment,
        growing: null,
      };
    }
    return writer;
  }

  get chain(): FrameChain {
    return this.#chain;
  }

  /** True while `segment` may still get frames. */
  isActive(number: number): boolean {
    return this.#active?.number === number;
  }

  get beginsUnit(): boolean {
    return this.#active === null || this.#rollWanted;
  }

  roll(): void {
    this.#rollWanted = this.#active !== null;
  }

  /** A large frame ends where a block of the disk does, so that the next one begins at one. */
  paddedBytes(bytes: number): number {
    const aligned = alignedFrameBytes(bytes);
    if (aligned < LARGE_WRITE_BYTES) {
      return aligned;
    }
    const at = this.beginsUnit || this.#active === null ? segmentHeaderBytes : this.#active.bytes;
    return Math.ceil((at + aligned) / DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES - at;
  }

  /** Where the last frame ended at a block, as large ones do. */
  takesBlocks(bytes: number): boolean {
    const isAtBlock = !this.beginsUnit && this.#active!.bytes % payloadBlockBytes === 0;
    return isAtBlock && bytes >= LARGE_WRITE_BYTES;
  }

  async append(parts: readonly Uint8Array[]): Promise<Position> {
    this.#checkOver();
    assert(!this.#appending, 'local log: one append at a time');
    this.#appending = true;
    const appended = this.#append(parts);
    this.#idle = appended.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await appended;
    } finally {
      this.#appending = false;
    }
  }

  /** Ends the writer because a later epoch has opened the volume. */
  async fence(byEpoch: number): Promise<void> {
    this.#over ??= new FencedError(`volume ${this.volume} is at epoch ${byEpoch}`);
    await this.#end();
  }

  async close(): Promise<void> {
    this.#over ??= new EngineUnavailableError(`the writer of volume ${this.volume} is closed`);
    await this.#end();
  }

  async #append(parts: readonly Uint8Array[]): Promise<Position> {
    const head = FrameHead.parse(parts[0] as Uint8Array);
    assert(typeof head !== 'string', 'local log: the first part must hold the head of a frame');
    assert(
      head.number === this.#chain.frameNumber + 1 && head.previousCrc === this.#chain.headCrc,
      'local log: the frame does not follow the last one',
    );
    const target = await this.#target();
    this.#checkOver();
    const opening = target.bytes === 0;
    const written = opening ? [this.#header(target.number), ...parts] : parts;
    const bytes = head.frameBytes + (opening ? segmentHeaderBytes : 0);
    const end = target.bytes + bytes;
    if (end > target.allocated) {
      await this.#grow(target, end);
    }
    await this.#write(target, written);
    return this.#committed(target, end, head);
  }

  /** Throws where the writer is over, or the names of the volume's files are not sure to last. */
  #checkOver(): void {
    this.#over ??= this.#home.failure;
    if (this.#over !== null) {
      throw this.#over;
    }
  }

  #committed(target: ActiveFile, end: number, head: FrameHead): Position {
    const position = positionOf(target.number, end - head.frameBytes);
    target.bytes = end;
    if (target.segment === null) {
      target.segment = { number: target.number, end, generation: 0 };
      this.#home.add(target.segment);
    } else {
      target.segment.end = end;
    }
    this.#chain = head.chain;
    this.#frameBytesMean += (head.frameBytes - this.#frameBytesMean) * MEAN_WEIGHT;
    if (target !== this.#active) {
      const sealed = this.#active;
      this.#active = target;
      this.#spare = null;
      this.#rollWanted = false;
      if (sealed !== null) {
        this.#sealing = this.#sealing.then(() => seal(sealed));
      }
    }
    this.#prepare(target);
    return position;
  }

  /** The file the next frame goes to. */
  async #target(): Promise<ActiveFile> {
    if (this.#active !== null && !this.#rollWanted) {
      return this.#active;
    }
    this.#spare ??= this.#makeSpare();
    try {
      return await this.#spare;
    } catch (error) {
      this.#spare = null;
      return this.#refuse(error);
    }
  }

  #header(number: number): Uint8Array {
    return encodeSegmentHeader({
      identity: this.#chain.identity,
      volume: this.volume,
      number,
      generation: 0,
      previousCrc: this.#chain.headCrc,
      previousFrame: this.#chain.frameNumber,
    });
  }

  async #write(target: ActiveFile, parts: readonly Uint8Array[]): Promise<void> {
    try {
      await target.file.writeDurable(parts, target.bytes);
    } catch (error) {
      if (error instanceof DiskError && error.code === 'full') {
        // Part of the frame may be there; without it the file is as it was.
        await target.growing;
        await target.file.truncate(target.bytes).catch((cause: unknown) => this.#fail(cause));
        target.allocated = target.bytes;
      }
      this.#refuse(error);
    }
  }

  /** Gives `target` space up to `end` or more, after what is growing it already. */
  async #grow(target: ActiveFile, end: number): Promise<void> {
    await target.growing;
    if (end <= target.allocated) {
      return;
    }
    try {
      if (this.#framesAreLarge) {
        const length = Math.max(end, this.#segmentBytes);
        await target.file.truncate(length);
        target.allocated = length;
      } else {
        await target.file.allocate(end);
        target.allocated = end;
      }
    } catch (error) {
      this.#refuse(error);
    }
  }

  /**
   * Large frames go into space that is only reserved by the file's length. Zeros written beforehand
   * save a small frame the work of finding blocks while somebody waits, but would double the bytes
   * that large ones write (docs/adr/0006-segment-space.md has the measurements).
   */
  get #framesAreLarge(): boolean {
    return this.#frameBytesMean >= LARGE_WRITE_BYTES;
  }

  /** Looks ahead: more space in this segment, then the next segment. */
  #prepare(target: ActiveFile): void {
    const { allocated, bytes } = target;
    const ahead = Math.min(this.#segmentBytes, allocated * 2);
    const wanted = !this.#framesAreLarge && ahead > allocated && bytes > allocated / 2;
    if (target.growing === null && wanted) {
      target.growing = target.file
        .allocate(ahead)
        .then(
          () => {
            target.allocated = Math.max(target.allocated, ahead);
          },
          (error: unknown) => this.#noteBackgroundFailure(error),
        )
        .finally(() => {
          target.growing = null;
        });
    }
    if (this.#spare === null && bytes > this.#segmentBytes / 2) {
      const spare = this.#makeSpare();
      this.#spare = spare;
      spare.catch((error: unknown) => {
        if (this.#spare === spare) {
          this.#spare = null;
        }
        this.#noteBackgroundFailure(error);
      });
    }
  }

  async #makeSpare(): Promise<ActiveFile> {
    const number = this.#nextNumber;
    const path = this.#home.path(number);
    await this.#home.disk.remove(path);
    const file = await this.#home.disk.open(path, 'create');
    const allocated = Math.min(this.#segmentBytes, FIRST_ALLOCATION_BYTES);
    try {
      await file.allocate(allocated);
      await this.#home.syncNames();
    } catch (error) {
      await file.close();
      await this.#home.disk.remove(path);
      throw error;
    }
    this.#nextNumber = number + 1;
    return { number, file, bytes: 0, allocated, segment: null, growing: null };
  }

  /** Turns a failed disk operation into what `append` rejects with. */
  #refuse(error: unknown): never {
    if (error instanceof DiskError && error.code === 'full') {
      throw new LogFullError(`no space for volume ${this.volume}: ${error.message}`);
    }
    return this.#fail(error);
  }

  #fail(error: unknown): never {
    this.#over ??= new EngineUnavailableError(
      `volume ${this.volume} stops, its disk failed: ${String(error)}`,
    );
    throw this.#over;
  }

  /** A full disk is for the next append to find out; anything else ends the writer. */
  #noteBackgroundFailure(error: unknown): void {
    if (!(error instanceof DiskError && (error.code === 'full' || error.code === 'closed'))) {
      this.#over ??= new EngineUnavailableError(
        `volume ${this.volume} stops, its disk failed: ${String(error)}`,
      );
    }
  }

  async #end(): Promise<void> {
    await this.#idle;
    await this.#sealing;
    await this.#active?.growing;
    await this.#active?.file.close();
    const spare = await this.#spare?.catch(() => null);
    await spare?.growing;
    await spare?.file.close();
    this.#active = null;
    this.#spare = null;
  }
}

/** Gives back the space a segment did not need; what fails here costs nothing but that space. */
async function seal(sealed: ActiveFile): Promise<void> {
  await sealed.growing;
  await sealed.file.truncate(sealed.bytes).catch(() => undefined);
  await sealed.file.close().catch(() => undefined);
}
