/**
 * A CommitLog that passes everything on to the one under it: what wrappers extend that change or
 * watch a part of it.
 */
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
} from './commit-log.ts';

export class ForwardingLog implements CommitLog {
  protected readonly log: CommitLog;

  constructor(log: CommitLog) {
    this.log = log;
  }

  get caps(): EngineCaps {
    return this.log.caps;
  }

  room(bytes: number): Uint8Array {
    return this.log.room(bytes);
  }

  openWriter(volume: VolumeId, epoch: number): Promise<VolumeWriter> {
    return this.log.openWriter(volume, epoch);
  }

  units(volume: VolumeId): Promise<readonly LogUnit[]> {
    return this.log.units(volume);
  }

  read(volume: VolumeId, from: Position, options?: ReadOptions): AsyncIterable<LogEntry> {
    return this.log.read(volume, from, options);
  }

  readAt(volume: VolumeId, position: Position, offset: number, into: Uint8Array): Promise<number> {
    return this.log.readAt(volume, position, offset, into);
  }

  trim(volume: VolumeId, keepFrom: Position): Promise<void> {
    return this.log.trim(volume, keepFrom);
  }

  drop(volume: VolumeId, from: Position): Promise<void> {
    return this.log.drop(volume, from);
  }

  rewrite(
    volume: VolumeId,
    from: Position,
    frames: AsyncIterable<readonly Uint8Array[]>,
  ): Promise<RewrittenUnit> {
    return this.log.rewrite(volume, from, frames);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
