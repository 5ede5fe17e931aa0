/**
 * Frames and sections for the tests of storage.
 */
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import type { FrameChain } from './commit-log.ts';
import type { EncodedFrame } from './frame.ts';
import { encodeFrame } from './frame.ts';

/** A section of `bytes` bytes that tell shard and ordinal. */
export function section(
  shard: number,
  baseOrdinal: number,
  count: number = 1,
  bytes: number = 100,
  arrivalMs: number = 1000,
): Section {
  const payload = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 1) {
    payload[at] = shard * 31 + baseOrdinal * 7 + at;
  }
  return { shard, baseOrdinal, count, arrivalMs, keyId: 0, payload };
}

/** The frame of `sections` that follows `chain`, as volume 1 at `epoch` writes it. */
export function frameOf(
  chain: FrameChain,
  sections: readonly Section[],
  epoch: number = 1,
  ahead: number = 0,
): EncodedFrame {
  const crcs = sections.map(({ payload }) => crc32(payload));
  return encodeFrame(chain, { volume: 1, epoch, timestampMs: 1000, ahead }, sections, crcs, null);
}
