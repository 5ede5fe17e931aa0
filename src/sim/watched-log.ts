/**
 * A CommitLog that counts what is done with its units, so that a run can show that its workload
 * reaches what it is meant to test.
 */
import type { CommitLog, Position, RewrittenUnit, VolumeId } from '../storage/commit-log.ts';
import { ForwardingLog } from '../storage/forwarding-log.ts';

export interface UnitCounts {
  /** Units replaced by what is still needed of them. */
  rewritten: number;
  /** Units that took over what neighbours had. */
  merged: number;
  /** Units dropped. */
  dropped: number;
}

export class WatchedLog extends ForwardingLog {
  readonly #counts: UnitCounts;

  constructor(log: CommitLog, counts: UnitCounts) {
    super(log);
    this.#counts = counts;
  }

  override async drop(volume: VolumeId, from: Position): Promise<void> {
    await super.drop(volume, from);
    this.#counts.dropped += 1;
  }

  override async rewrite(
    volume: VolumeId,
    from: Position,
    frames: AsyncIterable<readonly Uint8Array[]>,
  ): Promise<RewrittenUnit> {
    const before = (await this.units(volume)).find((unit) => unit.from === from);
    const unit = await super.rewrite(volume, from, frames);
    // Without its neighbours' sections a unit only shrinks.
    this.#counts[unit.bytes > (before?.bytes ?? 0) ? 'merged' : 'rewritten'] += 1;
    return unit;
  }
}
