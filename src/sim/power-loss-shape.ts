/**
 * What machine and load a seed of the power-loss run has: how many volumes, how large their parts
 * are, and what fits into memory. Small parts, so that a short life sees many of them.
 */
import type { Random } from '../runtime/random.ts';

export interface Shape {
  readonly volumes: number;
  /** Shards of each volume whose records never expire. */
  readonly lastingShards: number;
  /** Retention of the others is at most this long, milliseconds. */
  readonly keptMsMax: number;
  readonly clients: number;
  /** Most milliseconds a client waits between two calls, where it waits. */
  readonly pauseMsMax: number;
  readonly segmentBytes: number;
  readonly payloadBytesMax: number;
  readonly frameBytesMax: number;
  /** Frames from this size on are begun while another is under way. */
  readonly overlapBytesMin: number;
  readonly ringBytesMax: number;
  readonly indexCacheBytesMax: number;
  /** Files of a volume that are kept open. */
  readonly filesMax: number;
}

const KIB = 1024;
const LARGE_ONE_IN = 40;

/** Long retention beside a short one leaves units that shrink until they are merged. */
const MIXED: Pick<Shape, 'lastingShards' | 'keptMsMax'> = { lastingShards: 1, keptMsMax: 60 };
const EVEN: typeof MIXED = { lastingShards: 0, keptMsMax: 300 };

/** Draws the shape of a run. */
export function drawShape(random: Random): Shape {
  if (random.below(LARGE_ONE_IN) === 0) {
    // Frames that go into space reserved by length only, and segments that grow in steps.
    return {
      volumes: 1,
      ...MIXED,
      clients: 3,
      pauseMsMax: 60,
      segmentBytes: 2560 * KIB,
      payloadBytesMax: 300 * KIB,
      frameBytesMax: 1024 * KIB,
      overlapBytesMin: 64 * KIB,
      ringBytesMax: 512 * KIB,
      indexCacheBytesMax: 64 * KIB,
      filesMax: 3,
    };
  }
  return {
    volumes: 1 + random.below(3),
    ...(random.below(2) === 0 ? MIXED : EVEN),
    clients: 4,
    pauseMsMax: 2,
    segmentBytes: 32 * KIB,
    payloadBytesMax: 6 * KIB,
    frameBytesMax: 12 * KIB,
    overlapBytesMin: [1, 1, 4, 16][random.below(4)]! * KIB,
    ringBytesMax: [0, 8, 8, 64][random.below(4)]! * KIB,
    indexCacheBytesMax: [1, 4, 64][random.below(3)]! * KIB,
    filesMax: 3,
  };
}
