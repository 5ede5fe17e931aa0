/**
 * What has happened to a stream lately: for limits per rolling 24 hours, and to explain scaling.
 *
 * Every list is bounded, since it is stored with the stream.
 */
import type { ScalingEvent } from '../api/ports.ts';

const DAY_MS = 24 * 3_600_000;

/** Changes that are limited per rolling 24 hours. */
export type LimitedChange = 'shardCount' | 'mode' | 'key' | 'keyStop';

export interface StreamHistory {
  /** Instants, epoch ms, ascending, of the last 24 hours at the time of writing. */
  readonly limited: Readonly<Partial<Record<LimitedChange, readonly number[]>>>;
  /** The most recent events, oldest first. */
  readonly scaling: readonly ScalingEvent[];
}

/** How many scaling events are kept. */
export const SCALING_EVENTS_MAX = 50;

export const EMPTY_HISTORY: StreamHistory = { limited: {}, scaling: [] };

/** How many changes of a kind lie within the last 24 hours. */
export function changesWithinDay(
  history: StreamHistory,
  change: LimitedChange,
  nowMs: number,
): number {
  return (history.limited[change] ?? []).filter((ms) => ms > nowMs - DAY_MS).length;
}

export function withChange(
  history: StreamHistory,
  change: LimitedChange,
  nowMs: number,
): StreamHistory {
  const recent = (history.limited[change] ?? []).filter((ms) => ms > nowMs - DAY_MS);
  return { ...history, limited: { ...history.limited, [change]: [...recent, nowMs] } };
}

export function withScaling(history: StreamHistory, event: ScalingEvent): StreamHistory {
  return { ...history, scaling: [...history.scaling, event].slice(-SCALING_EVENTS_MAX) };
}
