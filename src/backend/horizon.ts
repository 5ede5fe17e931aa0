/**
 * The retention horizon: records that arrived before it are hidden, to the record (not to the
 * segment), whether or not they are still stored.
 */
import type { Retention } from '../model/stream.ts';

const hourMs = 3_600_000;

/** Instant in epoch ms; what arrived before it is not returned. */
export function horizonMs(retention: Retention, nowMs: number): number {
  return Math.max(nowMs - retention.hours * hourMs, retention.hiddenBeforeMs);
}
