/**
 * How long the operations of a simulated disk take.
 */
import type { Random } from '../random.ts';
import type { DiskOperation } from './disk-faults.ts';

/** From and to, milliseconds. */
export type Range = readonly [number, number];

export interface DiskLatency {
  readonly readMs: Range;
  readonly writeMs: Range;
  /** Syncs of files and directories, and allocations. */
  readonly syncMs: Range;
  /** Everything about names and sizes. */
  readonly nameMs: Range;
  /** Added for the bytes of a read or write. */
  readonly bytesPerMs: number;
  /** One operation in so many takes `slowFactor` times as long. */
  readonly slowOneIn: number;
  readonly slowFactor: number;
}

/** A solid-state disk of a cloud provider, with its stalls. */
export const LATENCY_DEFAULT: DiskLatency = {
  readMs: [0.05, 0.3],
  writeMs: [0.01, 0.1],
  syncMs: [0.3, 3],
  nameMs: [0.02, 0.2],
  bytesPerMs: 1_000_000,
  slowOneIn: 200,
  slowFactor: 30,
};

/** Draws the time one operation takes, milliseconds. */
export function latencyMs(
  latency: DiskLatency,
  operation: DiskOperation,
  bytes: number,
  random: Random,
): number {
  const [from, to] = rangeOf(latency, operation);
  const slow = random.below(latency.slowOneIn) === 0 ? latency.slowFactor : 1;
  return (from + (to - from) * random.next()) * slow + bytes / latency.bytesPerMs;
}

function rangeOf(latency: DiskLatency, operation: DiskOperation): Range {
  switch (operation) {
    case 'read':
      return latency.readMs;
    case 'write':
      return latency.writeMs;
    case 'sync':
    case 'allocate':
    case 'syncDirectory':
    case 'makeDirectory':
      return latency.syncMs;
    default:
      return latency.nameMs;
  }
}
