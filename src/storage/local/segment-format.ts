/**
 * Segment files: their names, their header, and how positions map to them.
 *
 * A segment holds frames back to back behind a header of one alignment unit. A position is the
 * segment's number and the frame's place in it, so it never needs a table: `number * 2^26 + offset
 * / 64`.
 */
import { assert } from '../../common/assert.ts';
import { crc32 } from '../../common/crc32.ts';
import type { Position } from '../commit-log.ts';
import { getU64, setU64 } from '../../common/bytes.ts';
import { frameAlignBytes } from '../frame.ts';

export const segmentHeaderBytes: number = frameAlignBytes;
/** Positions give a segment 26 bits of alignment units. */
export const segmentBytesLimit: number = 2 ** 26 * frameAlignBytes;

const POSITIONS_PER_SEGMENT = 2 ** 26;
const VERSION = 1;
/** `TRS1` as the bytes read. */
const MAGIC = 0x31535254;
const CRC_AT = 60;

/** What the first 64 bytes of a segment say. */
export interface SegmentHeader {
  readonly identity: number;
  readonly volume: number;
  readonly number: number;
  readonly generation: number;
  /**
   * Checksum of the head of the frame before the first one here; 0 after a rewrite or where there
   * is none.
   */
  readonly previousCrc: number;
  /** Number of the frame before the first one here. */
  readonly previousFrame: number;
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, VERSION);
  view.setUint32(8, header.identity, true);
  view.setUint32(12, header.volume, true);
  setU64(view, 16, header.number);
  view.setUint32(24, header.generation, true);
  view.setUint32(28, header.previousCrc, true);
  setU64(view, 32, header.previousFrame);
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true);
  return bytes;
}

/** The header in `bytes`; null where there is none or it is damaged. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | null {
  if (bytes.byteLength < segmentHeaderBytes) {
    return null;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, segmentHeaderBytes);
  const intact =
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(CRC_AT, true) === crc32(bytes.subarray(0, CRC_AT)) &&
    view.getUint8(4) === VERSION;
  if (!intact) {
    return null;
  }
  return {
    identity: view.getUint32(8, true),
    volume: view.getUint32(12, true),
    number: getU64(view, 16),
    generation: view.getUint32(24, true),
    previousCrc: view.getUint32(28, true),
    previousFrame: getU64(view, 32),
  };
}

export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.seg`;
}

/** The number in a segment's file name; null for other names. */
export function segmentNumber(name: string): number | null {
  const match = /^(\d{10})\.seg$/.exec(name);
  return match ? Number(match[1]) : null;
}

export function positionOf(number: number, offset: number): Position {
  assert(offset % frameAlignBytes === 0 && offset < segmentBytesLimit, 'segment: bad offset');
  return number * POSITIONS_PER_SEGMENT + offset / frameAlignBytes;
}

export function segmentOf(position: Position): number {
  return Math.floor(position / POSITIONS_PER_SEGMENT);
}

export function offsetOf(position: Position): number {
  return (position % POSITIONS_PER_SEGMENT) * frameAlignBytes;
}
