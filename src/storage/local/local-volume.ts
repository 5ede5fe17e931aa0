/**
 * One volume's directory: which segments there are, what they hold, and reading them.
 *
 * Opening recovers: the frames of the last segment are walked, a torn tail is cut off, and damage
 * that has valid frames behind it is kept, reported and never appended to (I2).
 */
import { assert } from '../../common/assert.ts';
import type { Disk } from '../../runtime/disk.ts';
import { DiskError } from '../../runtime/disk.ts';
import type { FrameChain, LogEntry, LogUnit, Position } from '../commit-log.ts';
import { CorruptionError, EngineUnavailableError, PositionGoneError } from '../commit-log.ts';
import { FileCache } from '../file-cache.ts';
import type { decodeSegmentHeader } from './segment-format.ts';
import {
  offsetOf,
  positionOf,
  segmentHeaderBytes,
  segmentName,
  segmentNumber,
  segmentOf,
} from './segment-format.ts';
import { isBlank, readHeader, scanSegment } from './segment-scan.ts';
import type { SegmentTail } from './segment-tail.ts';
import { findTail, makeDurable } from './segment-tail.ts';

/** The last newest segment in which no frame was found. */
const TORN_NAME = 'torn.seg.kept';

/** A segment that holds frames. */
export interface Segment {
  readonly number: number;
  /** Where its frames end. */
  end: number;
  generation: number;
}

/** What recovery found. */
export interface RecoveredTail {
  readonly chain: FrameChain;
  /** Epoch of the last frame, 0 where there is none. */
  readonly epoch: number;
  /** The last segment where it can be appended to; null where the next frame begins a new one. */
  readonly open: { readonly segment: Segment; readonly fileBytes: number } | null;
  /** Larger than the number of every segment file there has been. */
  readonly nextNumber: number;
}

export class LocalVolume {
  readonly disk: Disk;
  readonly directory: string;
  readonly volume: number;
  readonly identity: number;
  readonly #segments = new Map<number, Segment>();
  readonly #files: FileCache;
  #failure: EngineUnavailableError | null = null;

  constructor(disk: Disk, directory: string, volume: number, identity: number, filesMax: number) {
    this.disk = disk;
    this.directory = directory;
    this.volume = volume;
    this.identity = identity;
    this.#files = new FileCache(disk, filesMax);
  }

  /**
   * Why nothing may be written to this directory any more; null while all is well. Set before the
   * sync that failed has told its caller.
   */
  get failure(): EngineUnavailableError | null {
    return this.#failure;
  }

  /**
   * Makes the names in the directory durable. A sync that fails may take other names of the same
   * moment with it, whose own syncs then end well though they saved nothing: after it none counts,
   * and the volume is over.
   */
  async syncNames(): Promise<void> {
    try {
      await this.disk.syncDirectory(this.directory);
    } catch (error) {
      this.#failure ??= new EngineUnavailableError(
        `volume ${this.volume} stops, its disk failed: ${String(error)}`,
      );
      throw error;
    }
    if (this.#failure !== null) {
      throw this.#failure;
    }
  }

  path(number: number): string {
    return `${this.directory}/${segmentName(number)}`;
  }

  /** Finds the segments and the end of the log; cuts off what a crash left half written. */
  async recover(): Promise<RecoveredTail> {
    const numbers: number[] = [];
    for (const entry of await this.disk.list(this.directory)) {
      const number = segmentNumber(entry.name);
      if (number !== null) {
        numbers.push(number);
      } else if (entry.name.endsWith('.tmp')) {
        await this.disk.remove(`${this.directory}/${entry.name}`);
      }
    }
    numbers.sort((a, b) => a - b);
    const nextNumber = (numbers.at(-1) ?? 0) + 1;
    let last: { segment: Segment; tail: SegmentTail } | null = null;
    while (last === null && numbers.length > 0) {
      const number = numbers.pop() as number;
      const tail = await this.#recoverLast(number);
      if (tail !== null) {
        const segment = { number, end: tail.end, generation: tail.generation };
        last = { segment, tail };
      }
    }
    for (const number of numbers) {
      this.#segments.set(number, await this.#describe(number));
    }
    if (last === null) {
      const chain = { identity: this.identity, frameNumber: 0, headCrc: 0 };
      return { chain, epoch: 0, open: null, nextNumber };
    }
    const { segment, tail } = last;
    this.#segments.set(segment.number, segment);
    const appendable = !tail.damaged && tail.generation === 0;
    const open = appendable ? { segment, fileBytes: tail.fileBytes } : null;
    return { chain: tail.last.chain, epoch: tail.last.epoch, open, nextNumber };
  }

  /** Makes a segment known once its first frame is durable. */
  add(segment: Segment): void {
    assert(!this.#segments.has(segment.number), 'local log: segment exists');
    this.#segments.set(segment.number, segment);
  }

  units(): LogUnit[] {
    return this.#sorted().map((segment) => unitOf(segment));
  }

  last(): Segment | null {
    return this.#sorted().at(-1) ?? null;
  }

  segment(number: number): Segment | null {
    return this.#segments.get(number) ?? null;
  }

  async *read(from: Position, headsOnly: boolean): AsyncGenerator<LogEntry, void, undefined> {
    // The durable end as of now: frames that are written later are not seen.
    const wanted = this.#sorted()
      .filter((segment) => segment.number >= segmentOf(from))
      .map((segment) => ({ ...segment }));
    let before: { number: number; generation: number; chain: FrameChain } | null = null;
    for (const { number, end, generation } of wanted) {
      const first =
        segmentOf(from) === number ? Math.max(offsetOf(from), segmentHeaderBytes) : null;
      // A handle of its own: the cache may close any other in the middle of the walk.
      const file = await this.disk.open(this.path(number), 'read');
      let chain: FrameChain | null = null;
      try {
        if (before !== null && before.number === number - 1) {
          yield* missingBetween(before, await readHeader(file), number);
        }
        const { identity, volume } = this;
        const scan = { identity, volume, end, headsOnly, from: first ?? segmentHeaderBytes };
        for await (const entry of scanSegment(file, scan)) {
          const position = positionOf(number, entry.offset);
          if (entry.kind === 'frame') {
            chain = entry.head.chain;
            yield { kind: 'frame', position, frame: entry.bytes };
          } else {
            yield { kind: 'damage', position, bytes: entry.bytes };
          }
        }
      } finally {
        await file.close();
      }
      before = chain === null ? null : { number, generation, chain };
    }
  }

  async readAt(position: Position, offset: number, into: Uint8Array): Promise<number> {
    const number = segmentOf(position);
    if (!this.#segments.has(number)) {
      throw new PositionGoneError(`segment ${number} of volume ${this.volume} is gone`);
    }
    const at = offsetOf(position) + offset;
    const path = this.path(number);
    try {
      return await this.#files.read(path, into, at);
    } catch (error) {
      if (!(error instanceof DiskError)) {
        throw error;
      }
      if (error.code === 'closed') {
        throw new EngineUnavailableError(`${path} is closed`);
      }
      if (error.code === 'not-found' && !this.#segments.has(number)) {
        throw new PositionGoneError(`segment ${number} of volume ${this.volume} is gone`);
      }
      throw new CorruptionError(`${path} cannot be read at ${at}: ${error.message}`);
    }
  }

  /** Removes segments durably; those that are gone already are ignored. */
  async removeSegments(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      this.#segments.delete(number);
      await this.#files.forget(this.path(number));
      await this.disk.remove(this.path(number));
    }
    if (numbers.length > 0) {
      await this.syncNames();
    }
  }

  /** Says that the file of `segment` has been replaced by one with other contents. */
  async replaced(number: number, end: number, generation: number): Promise<LogUnit> {
    const segment = this.#segments.get(number);
    assert(segment !== undefined, 'local log: rewritten segment is gone');
    segment.end = end;
    segment.generation = generation;
    await this.#files.forget(this.path(number));
    return unitOf(segment);
  }

  async close(): Promise<void> {
    await this.#files.close();
  }

  #sorted(): Segment[] {
    return [...this.#segments.values()].sort((a, b) => a.number - b.number);
  }

  async #describe(number: number): Promise<Segment> {
    const file = await this.#files.get(this.path(number));
    const header = await readHeader(file);
    return { number, end: await file.size(), generation: header?.generation ?? 0 };
  }

  /** The end of the newest segment; null, and the file is gone, where it never held a frame. */
  async #recoverLast(number: number): Promise<SegmentTail | null> {
    const file = await this.disk.open(this.path(number), 'write');
    try {
      const tail = await findTail(file, this.volume, this.identity);
      if (tail !== null) {
        const clean = await isBlank(file, tail.end, tail.fileBytes);
        if (!clean) {
          await file.truncate(tail.end);
        }
        await makeDurable(file, tail);
        return clean ? tail : { ...tail, fileBytes: tail.end };
      }
    } finally {
      await file.close();
    }
    await this.#putAside(number);
    return null;
  }

  /**
   * Takes away a newest segment without a frame. One with other bytes is kept under another name:
   * most likely a crash tore its first frame, but nothing that is not understood is destroyed.
   */
  async #putAside(number: number): Promise<void> {
    const path = this.path(number);
    const file = await this.disk.open(path, 'read');
    const blank = await isBlank(file, 0, await file.size()).finally(() => file.close());
    if (blank) {
      await this.disk.remove(path);
    } else {
      await this.disk.rename(path, `${this.directory}/${TORN_NAME}`);
    }
    await this.syncNames();
  }
}

/**
 * The identity that the segments of a directory carry, for when the volume file is lost; null where
 * there are no segments. Throws CorruptionError where none of them can tell.
 */
export async function identityOfSegments(
  disk: Disk,
  directory: string,
  volume: number,
): Promise<number | null> {
  let written = 0;
  for (const entry of await disk.list(directory)) {
    if (segmentNumber(entry.name) === null) {
      continue;
    }
    const file = await disk.open(`${directory}/${entry.name}`, 'read');
    try {
      const header = await readHeader(file);
      if (header?.volume === volume) {
        return header.identity;
      }
      written += (await isBlank(file, 0, await file.size())) ? 0 : 1;
    } finally {
      await file.close();
    }
  }
  if (written > 0) {
    throw new CorruptionError(`${directory}: no segment tells which volume this is`);
  }
  return null;
}

/** The damage between two neighbouring segments whose frames do not join. */
function* missingBetween(
  before: { number: number; generation: number; chain: FrameChain },
  header: ReturnType<typeof decodeSegmentHeader>,
  number: number,
): Generator<LogEntry, void, undefined> {
  const rewritten = before.generation > 0 || (header?.generation ?? 0) > 0;
  if (header !== null && !rewritten && header.previousCrc !== before.chain.headCrc) {
    yield { kind: 'damage', position: positionOf(number, 0), bytes: 0 };
  }
}

function unitOf(segment: Segment): LogUnit {
  return {
    from: positionOf(segment.number, segmentHeaderBytes),
    bytes: segment.end - segmentHeaderBytes,
    generation: segment.generation,
  };
}
