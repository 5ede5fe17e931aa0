/**
 * The CommitLog port: what a storage engine must give. A volume is a sequence of frames
 * (`frame.ts`) with one writer at a time; everything above (group commit, index, tail ring, shards)
 * is engine-neutral.
 *
 * Invariants: a frame is durable when `append` resolves; positions strictly increase; after
 * `openWriter` with epoch e resolves, no append of a lower epoch can become durable (I1, I2).
 */

export type VolumeId = number;
/** Where a frame lies in its volume. Engine-assigned, never shown to clients. Larger is later. */
export type Position = number;

export interface EngineCaps {
  readonly kind: 'local' | 'memory' | 'jetstream';
  /** Largest frame `append` accepts, bytes. */
  readonly frameBytesMax: number;
  /** True where more than one node may open the engine. */
  readonly shared: boolean;
  /**
   * Bytes per unit of Position where the frames of a storage unit lie back to back, so that
   * `readAt` may read across frames; 0 where each frame must be read on its own.
   */
  readonly positionBytes: number;
  /** True where `rewrite` and `drop` of units in the middle work. */
  readonly rewrites: boolean;
}

/** This writer's epoch is over; it must stop and acknowledge nothing more. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}
/** No room. Nothing was written; later appends may succeed; reads go on. */
export class LogFullError extends Error {
  override readonly name = 'LogFullError';
}
/** The engine cannot be reached or has failed for good; the volume stops. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';
}
/**
 * Stored bytes do not match their checksums. The range is quarantined, reported and never served.
 */
export class CorruptionError extends Error {
  override readonly name = 'CorruptionError';
}
/** There are no bytes at this position any more: their storage unit was dropped or rewritten. */
export class PositionGoneError extends Error {
  override readonly name = 'PositionGoneError';
}

/** What a frame must say to follow its predecessor: see the header in `frame.ts`. */
export interface FrameChain {
  /** Random number of the volume, so that bytes of another log are never taken for its frames. */
  readonly identity: number;
  /** Number of the last durable frame; 0 before the first. */
  readonly frameNumber: number;
  /** Checksum of the last durable frame's head; 0 before the first. */
  readonly headCrc: number;
}

export interface FrameEntry {
  readonly kind: 'frame';
  readonly position: Position;
  /** The whole frame, or at least its head where heads were asked for. */
  readonly frame: Uint8Array;
}

/** Stored here: bytes that are not valid frames although frames were there. */
export interface DamageEntry {
  readonly kind: 'damage';
  readonly position: Position;
  readonly bytes: number;
}

export type LogEntry = FrameEntry | DamageEntry;

/** Frames that are dropped and rewritten together: a segment file of the local engine. */
export interface LogUnit {
  /** Position of the unit's first frame. */
  readonly from: Position;
  /** Stored bytes, frames only. */
  readonly bytes: number;
  /** How often the unit has been rewritten; what was learnt of another generation does not hold. */
  readonly generation: number;
}

/** A unit with other frames than before. */
export interface RewrittenUnit extends LogUnit {
  /**
   * False where a crash may still bring the old frames back: then what the new ones took over from
   * other units must stay in those.
   */
  readonly durable: boolean;
}

export interface VolumeWriter {
  readonly volume: VolumeId;
  readonly epoch: number;
  /** The chain's end as of the last append that was begun and has not failed. */
  readonly chain: FrameChain;
  /** Appends begun that are not settled. */
  readonly underWay: number;
  /** True when the next append begins a storage unit, because of `roll` or by itself. */
  readonly beginsUnit: boolean;
  /** How long the next frame is best made, where it has so many bytes without padding. */
  paddedBytes(bytes: number): number;
  /** Whether the next frame, of so many bytes, is best made of whole blocks. */
  takesBlocks(bytes: number): boolean;
  /**
   * Whether a frame of so many bytes may be begun now, where others are under way; one by itself
   * always may.
   */
  takesAnother(bytes: number): boolean;
  /**
   * Appends one frame given in parts (concatenated they are the frame), which says how many are
   * under way before it. Resolves with the frame's position once it and all before it are durable,
   * so appends are settled in the order in which they were begun, and none resolves after one that
   * rejects. The parts are lent until then. Rejects with LogFullError (nothing stored), FencedError
   * or EngineUnavailableError (over for good).
   */
  append(parts: readonly Uint8Array[]): Promise<Position>;
  /**
   * Makes the next append begin a new storage unit; until it succeeds the current one stays the
   * last.
   */
  roll(): void;
  /** Waits for an append under way. Appends afterwards reject with EngineUnavailableError. */
  close(): Promise<void>;
}

export interface ReadOptions {
  /** Frames may be cut off behind their head. */
  readonly headsOnly?: boolean;
}

export interface CommitLog {
  readonly caps: EngineCaps;
  /** Memory of so many bytes, whatever they are, from which blocks are written with least work. */
  room(bytes: number): Uint8Array;
  /**
   * Recovers the volume if need be, creates it if it does not exist, and fences earlier writers.
   */
  openWriter(volume: VolumeId, epoch: number): Promise<VolumeWriter>;
  /** The storage units that hold frames, in position order, the one being written last. */
  units(volume: VolumeId): Promise<readonly LogUnit[]>;
  /**
   * Frames from the first at or after `from`, in order, to the durable end at the time of the call.
   * Heads are verified, payloads are not. A damaged range is one entry in its place; reading goes
   * on behind it.
   */
  read(volume: VolumeId, from: Position, options?: ReadOptions): AsyncIterable<LogEntry>;
  /**
   * Fills `into` from byte `offset` of the frame at `position` on, not verified; beyond the frame's
   * end where the caps allow it. Gives the number of bytes read, less than asked where there are no
   * more. Throws PositionGoneError, or CorruptionError where the bytes cannot be read.
   */
  readAt(volume: VolumeId, position: Position, offset: number, into: Uint8Array): Promise<number>;
  /** Drops whole storage units all of whose frames lie below `keepFrom`; idempotent. */
  trim(volume: VolumeId, keepFrom: Position): Promise<void>;
  /**
   * Drops the storage unit that begins at `from`, unless it is the last one; idempotent. Needs
   * `caps.rewrites`.
   */
  drop(volume: VolumeId, from: Position): Promise<void>;
  /**
   * Replaces the frames of the unit at `from`, which must not be the last, by `frames` (each in
   * parts, chained from a chain whose `headCrc` is 0), in one atomic step: after a crash either the
   * old or the new frames are there. They keep the unit's `from`; the generation rises. Needs
   * `caps.rewrites`.
   */
  rewrite(
    volume: VolumeId,
    from: Position,
    frames: AsyncIterable<readonly Uint8Array[]>,
  ): Promise<RewrittenUnit>;
  close(): Promise<void>;
}
