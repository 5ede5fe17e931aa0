/**
 * The CommitLog port: what a storage engine must give. A volume is a sequence of opaque frames with
 * one writer at a time; everything above (group commit, index, tail ring, shards) is
 * engine-neutral.
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

export interface FrameEntry {
  readonly position: Position;
  readonly frame: Uint8Array;
}

export interface VolumeWriter {
  readonly volume: VolumeId;
  readonly epoch: number;
  /**
   * Appends one frame given in parts (concatenated they are the frame). One append at a time;
   * callers batch above. Resolves with the frame's position once it is durable.
   */
  append(parts: readonly Uint8Array[]): Promise<Position>;
  close(): Promise<void>;
}

export interface CommitLog {
  readonly caps: EngineCaps;
  /**
   * Recovers the volume if need be, creates it if it does not exist, and fences earlier writers.
   */
  openWriter(volume: VolumeId, epoch: number): Promise<VolumeWriter>;
  /**
   * Frames from the first at or after `from`, in order, to the durable end at the time of the call.
   */
  read(volume: VolumeId, from: Position): AsyncIterable<FrameEntry>;
  /** Bytes `[offset, offset + length)` of the frame at `position`. */
  readAt(volume: VolumeId, position: Position, offset: number, length: number): Promise<Uint8Array>;
  /** Drops whole storage units all of whose frames lie below `keepFrom`; idempotent. */
  trim(volume: VolumeId, keepFrom: Position): Promise<void>;
  close(): Promise<void>;
}
