/**
 * A CommitLog that counts what is done with its units, so that a run can show that its workload
 * reaches what it is meant to test.
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
} from '../storage/commit-log.ts';

export interface UnitCounts {
  /** Units replaced by what is still needed of them. */
  rewritten: number;
  /** Units that took over what neighbours had. */
  merged: number;
  /** Units dropped. */
  dropped: number;
}

export class WatchedLog implements CommitLog {
  readonly #log: CommitLog;
  readonly #counts: UnitCounts;

  constructor(log: CommitLog, counts: UnitCounts) {
    this.#log = log;
    this.#counts = counts;
  }

  get caps(): EngineCaps {
    return this.#log.caps;
  }

  openWriter(volume: VolumeId, epoch: number): Promise<VolumeWriter> {
    return this.#log.openWriter(volume, epoch);
  }

  units(volume: VolumeId): Promise<readonly LogUnit[]> {
    return this.#log.units(volume);
  }

  read(volume: VolumeId, from: Position, options?: ReadOptions): AsyncIterable<LogEntry> {
    return this.#log.read(volume, from, options);
  }

  readAt(volume: VolumeId, position: Position, offset: number, into: Uint8Array): Promise<number> {
    return this.#log.readAt(volume, position, offset, into);
  }

  trim(volume: VolumeId, keepFrom: Position): Promise<void> {
    return this.#log.trim(volume, keepFrom);
  }

  async drop(volume: VolumeId, from: Position): Promise<void> {
    await this.#log.drop(volume, from);
    this.#counts.dropped += 1;
  }

  async rewrite(
    volume: VolumeId,
    from: Position,
    frames: AsyncIterable<readonly Uint8Array[]>,
  ): Promise<RewrittenUnit> {
    const before = (await this.#log.units(volume)).find((unit) => unit.from === from);
    const unit = await this.#log.rewrite(volume, from, frames);
    // Without its neighbours' sections a unit only shrinks.
    this.#counts[unit.bytes > (before?.bytes ?? 0) ? 'merged' : 'rewritten'] += 1;
    return unit;
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
