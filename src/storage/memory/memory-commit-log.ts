/**
 * MemoryCommitLog: a CommitLog that forgets everything when the process ends.
 *
 * It refuses appends beyond `bytesMax` until something is trimmed.
 */
import { assert } from '../../common/assert.ts';
import { plainRoom } from '../../common/bytes.ts';
import { concat } from '../../common/bytes.ts';
import type { Random } from '../../runtime/random.ts';
import type {
  CommitLog,
  EngineCaps,
  FrameChain,
  LogEntry,
  LogUnit,
  Position,
  RewrittenUnit,
  VolumeId,
  VolumeWriter,
} from '../commit-log.ts';
import {
  EngineUnavailableError,
  FencedError,
  LogFullError,
  PositionGoneError,
} from '../commit-log.ts';
import { alignedFrameBytes, FrameHead, frameBytesLimit } from '../frame.ts';

export interface MemoryCommitLogOptions {
  /** Most bytes kept over all volumes. */
  readonly bytesMax?: number;
}

const BYTES_MAX = 1024 * 1024 * 1024;

const POSITIONS_PER_UNIT = 2 ** 24;

interface StoredFrame {
  readonly position: Position;
  readonly bytes: Uint8Array;
}

interface Unit {
  frames: StoredFrame[];
  bytes: number;
  generation: number;
  readonly from: Position;
}

interface MemoryVolume {
  units: Unit[];
  readonly byPosition: Map<Position, StoredFrame>;
  chain: FrameChain;
  epoch: number;
  writer: MemoryWriter | null;
  nextPosition: Position;
}

export class MemoryCommitLog implements CommitLog {
  readonly caps: EngineCaps = {
    kind: 'memory',
    frameBytesMax: frameBytesLimit,
    shared: false,
    positionBytes: 0,
    rewrites: true,
  };
  readonly #random: Random;
  readonly #bytesMax: number;
  readonly #volumes = new Map<VolumeId, MemoryVolume>();
  #bytes = 0;

  constructor(deps: { random: Random }, options: MemoryCommitLogOptions = {}) {
    this.#random = deps.random;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
  }

  room(bytes: number): Uint8Array {
    return plainRoom(bytes);
  }

  async openWriter(volume: VolumeId, epoch: number): Promise<VolumeWriter> {
    let stored = this.#volumes.get(volume);
    if (stored === undefined) {
      const random = this.#random.bytes(4);
      const identity = new DataView(random.buffer, random.byteOffset, 4).getUint32(0, true);
      const chain = { identity, frameNumber: 0, headCrc: 0 };
      const byPosition = new Map<Position, StoredFrame>();
      stored = { units: [], byPosition, chain, epoch, writer: null, nextPosition: 1 };
      this.#volumes.set(volume, stored);
    }
    if (stored.epoch > epoch) {
      throw new FencedError(`volume ${volume} is at epoch ${stored.epoch}`);
    }
    stored.epoch = epoch;
    stored.writer?.fence(epoch);
    stored.writer = new MemoryWriter(volume, epoch, stored, (bytes) => this.#reserve(bytes));
    return stored.writer;
  }

  async units(volume: VolumeId): Promise<readonly LogUnit[]> {
    return this.#open(volume).units.map((unit) => describe(unit));
  }

  async *read(volume: VolumeId, from: Position): AsyncGenerator<LogEntry, void, undefined> {
    const frames = this.#open(volume).units.flatMap((unit) => unit.frames);
    for (const { position, bytes } of frames) {
      if (position >= from) {
        yield { kind: 'frame', position, frame: bytes };
      }
    }
  }

  async readAt(
    volume: VolumeId,
    position: Position,
    offset: number,
    into: Uint8Array,
  ): Promise<number> {
    const frame = this.#open(volume).byPosition.get(position);
    if (frame === undefined) {
      throw new PositionGoneError(`position ${position} of volume ${volume} is gone`);
    }
    const found = frame.bytes.subarray(offset, offset + into.length);
    into.set(found);
    return found.length;
  }

  async trim(volume: VolumeId, keepFrom: Position): Promise<void> {
    const { units } = this.#open(volume);
    const gone = units.filter((_, index) => (units[index + 1]?.from ?? Infinity) <= keepFrom);
    for (const unit of gone) {
      await this.drop(volume, unit.from);
    }
  }

  async drop(volume: VolumeId, from: Position): Promise<void> {
    const stored = this.#open(volume);
    const unit = stored.units.find((candidate) => candidate.from === from);
    if (unit !== undefined && unit !== stored.units.at(-1)) {
      stored.units = stored.units.filter((candidate) => candidate !== unit);
      this.#forget(stored, unit);
    }
  }

  async rewrite(
    volume: VolumeId,
    from: Position,
    frames: AsyncIterable<readonly Uint8Array[]>,
  ): Promise<RewrittenUnit> {
    const stored = this.#open(volume);
    const unit = stored.units.find((candidate) => candidate.from === from);
    assert(unit !== undefined && unit !== stored.units.at(-1), 'memory log: not a sealed unit');
    const kept: StoredFrame[] = [];
    for await (const parts of frames) {
      kept.push({ position: from + kept.length, bytes: concat(parts) });
    }
    assert(kept.length > 0, 'memory log: a unit is rewritten to one frame or more');
    this.#forget(stored, unit);
    unit.frames = kept;
    unit.generation += 1;
    for (const frame of kept) {
      unit.bytes += frame.bytes.length;
      stored.byPosition.set(frame.position, frame);
    }
    this.#bytes += unit.bytes;
    return { ...describe(unit), durable: true };
  }

  async close(): Promise<void> {
    for (const { writer } of this.#volumes.values()) {
      await writer?.close();
    }
  }

  #open(volume: VolumeId): MemoryVolume {
    const stored = this.#volumes.get(volume);
    if (stored === undefined) {
      throw new EngineUnavailableError(`volume ${volume} is not open`);
    }
    return stored;
  }

  #reserve(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) {
      throw new LogFullError(`the memory log is full at ${this.#bytesMax} bytes`);
    }
    this.#bytes += bytes;
  }

  #forget(stored: MemoryVolume, unit: Unit): void {
    for (const frame of unit.frames) {
      stored.byPosition.delete(frame.position);
    }
    this.#bytes -= unit.bytes;
    unit.frames = [];
    unit.bytes = 0;
  }
}

class MemoryWriter implements VolumeWriter {
  readonly volume: VolumeId;
  readonly epoch: number;
  readonly #stored: MemoryVolume;
  readonly #reserve: (bytes: number) => void;
  #over: Error | null = null;
  #rollWanted = false;

  constructor(
    volume: VolumeId,
    epoch: number,
    stored: MemoryVolume,
    reserve: (bytes: number) => void,
  ) {
    this.volume = volume;
    this.epoch = epoch;
    this.#stored = stored;
    this.#reserve = reserve;
  }

  get chain(): FrameChain {
    return this.#stored.chain;
  }

  get beginsUnit(): boolean {
    return this.#rollWanted || this.#stored.units.length === 0;
  }

  paddedBytes(bytes: number): number {
    return alignedFrameBytes(bytes);
  }

  takesBlocks(): boolean {
    return false;
  }

  /** Appends are settled at once. */
  get underWay(): number {
    return 0;
  }

  takesAnother(): boolean {
    return true;
  }

  async append(parts: readonly Uint8Array[]): Promise<Position> {
    if (this.#over !== null) {
      throw this.#over;
    }
    const head = FrameHead.parse(parts[0] as Uint8Array);
    assert(typeof head !== 'string', 'memory log: the first part must hold the head of a frame');
    const stored = this.#stored;
    assert(
      head.number === stored.chain.frameNumber + 1 && head.previousCrc === stored.chain.headCrc,
      'memory log: the frame does not follow the last one',
    );
    this.#reserve(head.frameBytes);
    let unit = stored.units.at(-1);
    const begins = unit === undefined || this.#rollWanted;
    if (begins) {
      // Leaves room for the positions of a rewrite that brings together several units.
      const units = Math.ceil(stored.nextPosition / POSITIONS_PER_UNIT);
      stored.nextPosition = units * POSITIONS_PER_UNIT + 1;
    }
    const position = stored.nextPosition;
    stored.nextPosition += 1;
    if (unit === undefined || begins) {
      unit = { frames: [], bytes: 0, generation: 0, from: position };
      stored.units.push(unit);
      this.#rollWanted = false;
    }
    const frame = { position, bytes: concat(parts) };
    unit.frames.push(frame);
    unit.bytes += frame.bytes.length;
    stored.byPosition.set(position, frame);
    stored.chain = head.chain;
    return position;
  }

  roll(): void {
    this.#rollWanted = this.#stored.units.length > 0;
  }

  fence(byEpoch: number): void {
    this.#over ??= new FencedError(`volume ${this.volume} is at epoch ${byEpoch}`);
  }

  async close(): Promise<void> {
    this.#over ??= new EngineUnavailableError(`the writer of volume ${this.volume} is closed`);
  }
}

function describe(unit: Unit): LogUnit {
  return { from: unit.from, bytes: unit.bytes, generation: unit.generation };
}
