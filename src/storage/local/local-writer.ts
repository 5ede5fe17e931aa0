/**
 * The writer of one local volume: one durable gather write per frame, into space that was
 * allocated before it was needed.
 *
 * Invariants: `append` resolves only after the sync, and after the appends before it; where one
 * rejects, so do those begun after it; after a failed sync or write the writer is over for good,
 * since what the disk holds is unknown; after a disk-full nothing of the frame is left behind.
 */
import { assert } from '../../common/assert.ts';
import type { DiskFile } from '../../runtime/disk.ts';
import { DISK_BLOCK_BYTES, DiskError, LARGE_WRITE_BYTES } from '../../runtime/disk.ts';
import type { FrameChain, Position, VolumeWriter } from '../commit-log.ts';
import { EngineUnavailableError, FencedError, LogFullError } from '../commit-log.ts';
import { alignedFrameBytes, FrameHead, framesUnderWayMax, payloadBlockBytes } from '../frame.ts';
import type { LocalVolume, RecoveredTail, Segment } from './local-volume.ts';
import { encodeSegmentHeader, positionOf, segmentHeaderBytes } from './segment-format.ts';

/** A segment file is begun with this much space and grows in doubling steps, in the background. */
const FIRST_ALLOCATION_BYTES = 1024 * 1024;

/** Weight of the newest frame in the running mean of frame sizes. */
const MEAN_WEIGHT = 1 / 8;

/**
 * A file being filled. `bytes` is where the next frame goes, behind those under way; `allocated`
 * is how far the file has space.
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

const NONE_BEFORE = Promise.resolve(null);

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
  #over: Error | null = null;
  #underWay = 0;
  /** The only one looks for its place in a file. */
  #isPlacing = false;
  /** The first failure of a write that leaves it unknown what the disk holds. */
  #broken: Error | null = null;
  /** A failed append is being taken back. */
  #isUndoing = false;
  /** Why the append begun last has failed, null when it has not. */
  #last: Promise<Error | null> = Promise.resolve(null);
  /** Ends when the disk is done, however, with all frames that were begun. */
  #written: Promise<void> = Promise.resolve();
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

  get underWay(): number {
    return this.#underWay;
  }

  /** Where neither a file has to be made nor space. */
  takesAnother(bytes: number): boolean {
    const active = this.#active;
    return (
      this.#underWay === 0 ||
      (this.#underWay < framesUnderWayMax &&
        !this.#isPlacing &&
        !this.#isUndoing &&
        active !== null &&
        !this.beginsUnit &&
        active.bytes + this.paddedBytes(bytes) <= active.allocated)
    );
  }

  async append(parts: readonly Uint8Array[]): Promise<Position> {
    const head = FrameHead.parse(parts[0] as Uint8Array);
    assert(typeof head !== 'string', 'local log: the first part must hold the head of a frame');
    assert(
      head.number === this.#chain.frameNumber + 1 && head.previousCrc === this.#chain.headCrc,
      'local log: the frame does not follow the last one',
    );
    assert(
      head.durableBefore === head.number - 1 - this.#underWay,
      'local log: the frame does not say what is under way',
    );
    const appended =
      this.#underWay === 0 ? this.#appendFirst(head, parts) : this.#appendAnother(head, parts);
    this.#underWay += 1;
    const settled = appended.finally(() => {
      this.#underWay -= 1;
      this.#isPlacing = false;
    });
    this.#last = settled.then(
      () => null,
      (error: unknown) => error as Error,
    );
    return await settled;
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

  /** Appends a frame while nothing else is under way: here files are begun and given space. */
  async #appendFirst(head: FrameHead, parts: readonly Uint8Array[]): Promise<Position> {
    this.#checkOver();
    this.#isPlacing = true;
    const target = await this.#target();
    this.#checkOver();
    const opening = target.bytes === 0;
    const written = opening ? [this.#header(target.number), ...parts] : parts;
    const bytes = head.frameBytes + (opening ? segmentHeaderBytes : 0);
    const end = target.bytes + bytes;
    if (end > target.allocated) {
      await this.#grow(target, end);
    }
    return this.#write(target, written, end, head, NONE_BEFORE);
  }

  /** Begins to write a frame at once; it is durable when the one before it is as well. */
  async #appendAnother(head: FrameHead, parts: readonly Uint8Array[]): Promise<Position> {
    this.#checkOver();
    assert(this.takesAnother(head.frameBytes), 'local log: no other append is taken now');
    const target = this.#active!;
    return this.#write(target, parts, target.bytes + head.frameBytes, head, this.#last);
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
    if (target.segment === null) {
      target.segment = { number: target.number, end, generation: 0 };
      this.#home.add(target.segment);
    } else {
      target.segment.end = end;
    }
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

  /** Writes a frame to the end of `target`, which is `end` then; `before` is the one before. */
  async #write(
    target: ActiveFile,
    parts: readonly Uint8Array[],
    end: number,
    head: FrameHead,
    before: Promise<Error | null>,
  ): Promise<Position> {
    const [at, chain] = [target.bytes, this.#chain];
    const writing = target.file.writeDurable(parts, at);
    target.bytes = end;
    this.#isPlacing = false;
    this.#chain = head.chain;
    this.#written = bothDone(this.#written, writing);
    const own = await failureOf(writing);
    if (own !== null && !isFull(own)) {
      this.#broken ??= own;
    }
    const earlier = await before;
    if (earlier !== null) {
      throw earlier;
    }
    // A system tells of what it could not save once: perhaps to the one who saved something else.
    const failure = this.#broken ?? own;
    if (failure === null) {
      return this.#committed(target, end, head);
    }
    this.#isUndoing = true;
    try {
      return await this.#undo(target, at, chain, failure);
    } finally {
      this.#isUndoing = false;
    }
  }

  /** Makes `target` end at `at` and the log with `chain` again; throws why. */
  async #undo(target: ActiveFile, at: number, chain: FrameChain, failure: Error): Promise<never> {
    // What was begun behind it will be refused as well, but the disk is to be done with it.
    await this.#written;
    target.bytes = at;
    this.#chain = chain;
    if (isFull(failure)) {
      // Part of the frame may be there; without it the file is as it was.
      await target.growing;
      await target.file.truncate(at).catch((cause: unknown) => this.#fail(cause));
      target.allocated = at;
    }
    return this.#refuse(failure);
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
    if (isFull(error)) {
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
    await this.#last;
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

function isFull(error: unknown): error is DiskError {
  return error instanceof DiskError && error.code === 'full';
}

async function failureOf(work: Promise<void>): Promise<Error | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** `earlier` never rejects. */
async function bothDone(earlier: Promise<void>, write: Promise<void>): Promise<void> {
  await failureOf(write);
  await earlier;
}

/** Gives back the space a segment did not need; what fails here costs nothing but that space. */
async function seal(sealed: ActiveFile): Promise<void> {
  await sealed.growing;
  await sealed.file.truncate(sealed.bytes).catch(() => undefined);
  await sealed.file.close().catch(() => undefined);
}
