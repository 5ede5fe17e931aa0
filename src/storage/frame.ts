/**
 * The frame codec: one group commit of a volume as bytes (docs/storage-format.md draws it).
 *
 * A frame is `header | section rows | payloads | padding`. The head (header and rows) has its own
 * checksum and holds the checksum of every payload, so one section can be read and verified without
 * its neighbours. Each head holds the checksum of the head before it. Little-endian. Persisted: a
 * golden test pins every byte.
 */
import { assert } from '../common/assert.ts';
import { getU64, setU64, viewOf } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import type { FrameChain } from './commit-log.ts';
import {
  sectionKindRecords,
  sectionKindTails,
  sectionRowBytes,
  SectionRows,
  writeRow,
} from './section-rows.ts';

/** Version of frames with payloads back to back that were begun when the one before was durable. */
const VERSION_PLAIN = 1;
/** Version of all frames; readers of the other one would take these for damage. */
const VERSION = 2;
/** So many frames may be on their way to the disk at a time. */
export const framesUnderWayMax = 2;
export const frameHeaderBytes = 64;
/** Frames begin and end at multiples of this. */
export const frameAlignBytes = 64;
/** Blocks at which payloads of a frame may begin are this long. */
export const payloadBlockBytes = 4096;
/** No engine takes larger frames, so a length above it is damage. */
export const frameBytesLimit: number = 64 * 1024 * 1024;

/** `TRF1` as the bytes read. */
const MAGIC = 0x31465254;
/** Frames are padded by less than this. */
const PADDING_BYTES_MAX = 8192;
const PADDING = new Uint8Array(PADDING_BYTES_MAX);

const HEADER = {
  magic: 0,
  version: 4,
  ahead: 5,
  headCrc: 8,
  previousCrc: 12,
  identity: 16,
  volume: 20,
  epoch: 24,
  sections: 32,
  frameBytes: 36,
  number: 40,
  timestamp: 48,
} as const;

/** A frame ready to be written: `parts` concatenated are its bytes. */
export interface EncodedFrame {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  /** Bytes of header and rows; the first payload begins here. */
  readonly headBytes: number;
  /** Each piece of its payloads begins at the next multiple of this from the frame's beginning. */
  readonly pieceAlignBytes: number;
  readonly chain: FrameChain;
}

/** Payloads of neighbouring rows, as whole blocks, the last one with zeros behind them. */
export interface BlockPiece {
  readonly parts: readonly Uint8Array[];
  /** Bytes of its parts. */
  readonly bytes: number;
  readonly firstRow: number;
}

export interface FrameStamp {
  readonly volume: number;
  readonly epoch: number;
  readonly timestampMs: number;
  /** Frames right before this one that were not known to be durable when it was begun. */
  readonly ahead: number;
}

/**
 * Encodes the frame that follows `previous`, without copying a payload. `payloadCrcs[i]` is the
 * CRC-32 of section i's payload, computed while the frame before was being written. `tails`, where
 * given, becomes the frame's first section.
 */
export function encodeFrame(
  previous: FrameChain,
  stamp: FrameStamp,
  sections: readonly Section[],
  payloadCrcs: readonly number[],
  tails: Uint8Array | null,
): EncodedFrame {
  assert(sections.length === payloadCrcs.length, 'frame: one checksum per section');
  const rows = sections.length + (tails === null ? 0 : 1);
  const headBytes = frameHeaderBytes + rows * sectionRowBytes;
  const head = new Uint8Array(headBytes);
  const view = new DataView(head.buffer);
  const parts: Uint8Array[] = [head];
  let row = 0;
  let bytes = headBytes;
  if (tails !== null) {
    writeRow(view, frameHeaderBytes, tailsSection(tails), sectionKindTails, crc32(tails));
    parts.push(tails);
    bytes += tails.byteLength;
    row = 1;
  }
  for (const [index, section] of sections.entries()) {
    const at = frameHeaderBytes + row * sectionRowBytes;
    writeRow(view, at, section, sectionKindRecords, payloadCrcs[index] as number);
    parts.push(section.payload);
    bytes += section.payload.byteLength;
    row += 1;
  }
  return finishFrame(previous, stamp, head, parts, bytes, alignedFrameBytes);
}

/** The end of the block that `at` is in; `at` where none is begun. */
export function blockEnd(at: number): number {
  return Math.ceil(at / payloadBlockBytes) * payloadBlockBytes;
}

/** The frame in blocks of `bytes` whose head begins the first of `parts`. */
export function frameInBlocks(
  previous: FrameChain,
  stamp: FrameStamp,
  head: Uint8Array,
  parts: readonly Uint8Array[],
  bytes: number,
): EncodedFrame {
  assert(bytes % payloadBlockBytes === 0, 'frame: not in blocks');
  const chain = writeHeader(VERSION, previous, stamp, head, bytes);
  const headBytes = head.byteLength;
  return { parts, bytes, headBytes, pieceAlignBytes: payloadBlockBytes, chain };
}

/** How long a frame of so many bytes is made: a multiple of `frameAlignBytes`. */
export type FramePadding = (bytes: number) => number;

/** No longer than it must be. */
export function alignedFrameBytes(bytes: number): number {
  return Math.ceil(bytes / frameAlignBytes) * frameAlignBytes;
}

/**
 * The frame that follows `previous`, of a head whose rows are written and whose header is zeros.
 * `parts` are the head and all payloads, `payloadEnd` bytes long together.
 */
export function finishFrame(
  previous: FrameChain,
  stamp: FrameStamp,
  head: Uint8Array,
  parts: Uint8Array[],
  payloadEnd: number,
  padded: FramePadding,
): EncodedFrame {
  const bytes = padded(payloadEnd);
  const padding = bytes - payloadEnd;
  assert(bytes % frameAlignBytes === 0 && padding >= 0, 'frame: not aligned');
  assert(padding < PADDING_BYTES_MAX, 'frame: more padding than there is');
  if (padding > 0) {
    parts.push(PADDING.subarray(0, padding));
  }
  const version = stamp.ahead === 0 ? VERSION_PLAIN : VERSION;
  const chain = writeHeader(version, previous, stamp, head, bytes);
  return { parts, bytes, headBytes: head.byteLength, pieceAlignBytes: 1, chain };
}

/** Writes the header of a head whose rows are written and whose header is zeros. */
function writeHeader(
  version: number,
  previous: FrameChain,
  stamp: FrameStamp,
  head: Uint8Array,
  bytes: number,
): FrameChain {
  assert(bytes <= frameBytesLimit, 'frame: larger than any engine takes');
  const view = viewOf(head);
  const rows = (head.byteLength - frameHeaderBytes) / sectionRowBytes;
  const frameNumber = previous.frameNumber + 1;
  view.setUint32(HEADER.magic, MAGIC, true);
  view.setUint8(HEADER.version, version);
  view.setUint8(HEADER.ahead, stamp.ahead);
  view.setUint32(HEADER.previousCrc, previous.headCrc, true);
  view.setUint32(HEADER.identity, previous.identity, true);
  view.setUint32(HEADER.volume, stamp.volume, true);
  setU64(view, HEADER.epoch, stamp.epoch);
  view.setUint32(HEADER.sections, rows, true);
  view.setUint32(HEADER.frameBytes, bytes, true);
  setU64(view, HEADER.number, frameNumber);
  setU64(view, HEADER.timestamp, stamp.timestampMs);
  // Over the head with the field itself zero, which it still is.
  const headCrc = crc32(head);
  view.setUint32(HEADER.headCrc, headCrc, true);
  return { identity: previous.identity, frameNumber, headCrc };
}

/** Bytes of a frame with these sections, without tails. */
export function encodedBytes(sectionCount: number, payloadBytes: number): number {
  return alignedFrameBytes(frameHeaderBytes + sectionCount * sectionRowBytes + payloadBytes);
}

/** The section that a tails snapshot is. */
export function tailsSection(payload: Uint8Array): Section {
  return { shard: 0, baseOrdinal: 0, count: 0, arrivalMs: 0, keyId: 0, payload };
}

/** Why bytes are not a frame. `short`: they may be one, but end too early to tell. */
export type FrameFault = 'no-magic' | 'version' | 'short' | 'shape' | 'checksum';

/** Reads a verified head; every accessor is a plain read of the bytes. */
export class FrameHead {
  readonly #view: DataView;
  readonly headCrc: number;
  readonly rows: SectionRows;
  readonly headBytes: number;
  readonly frameBytes: number;

  private constructor(view: DataView, headCrc: number) {
    this.#view = view;
    this.headCrc = headCrc;
    const count = view.getUint32(HEADER.sections, true);
    this.rows = new SectionRows(view, frameHeaderBytes, count);
    this.headBytes = frameHeaderBytes + count * sectionRowBytes;
    this.frameBytes = view.getUint32(HEADER.frameBytes, true);
  }

  /** The head at `at`, or why there is none. `bytes` may end anywhere. */
  static parse(bytes: Uint8Array, at = 0): FrameHead | FrameFault {
    const left = bytes.byteLength - at;
    if (left < frameHeaderBytes) {
      return 'short';
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, left);
    if (view.getUint32(HEADER.magic, true) !== MAGIC) {
      return 'no-magic';
    }
    const headBytes = headBytesOf(view);
    if (headBytes === null) {
      return 'shape';
    }
    if (headBytes > left) {
      return 'short';
    }
    const head = bytes.subarray(at, at + headBytes);
    const stored = view.getUint32(HEADER.headCrc, true);
    if (headChecksum(head) !== stored) {
      return 'checksum';
    }
    const version = view.getUint8(HEADER.version);
    if (version !== VERSION_PLAIN && version !== VERSION) {
      return 'version';
    }
    return new FrameHead(view, stored);
  }

  /** Bytes of the head at `at` by its unverified count of sections; null where there is none. */
  static measure(bytes: Uint8Array, at: number): number | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
    return view.getUint32(HEADER.magic, true) === MAGIC ? headBytesOf(view) : null;
  }

  get sectionCount(): number {
    return this.rows.count;
  }
  get number(): number {
    return getU64(this.#view, HEADER.number);
  }
  get identity(): number {
    return this.#view.getUint32(HEADER.identity, true);
  }
  get volume(): number {
    return this.#view.getUint32(HEADER.volume, true);
  }
  get epoch(): number {
    return getU64(this.#view, HEADER.epoch);
  }
  /** All frames up to this number were durable when this one was begun. */
  get durableBefore(): number {
    return this.number - 1 - this.#view.getUint8(HEADER.ahead);
  }
  get previousCrc(): number {
    return this.#view.getUint32(HEADER.previousCrc, true);
  }
  get timestampMs(): number {
    return getU64(this.#view, HEADER.timestamp);
  }
  get chain(): FrameChain {
    return { identity: this.identity, frameNumber: this.number, headCrc: this.headCrc };
  }

  /** Where the payload of `row` begins in the frame, if the one before it ends at `end`. */
  payloadAt(row: number, end: number): number {
    return this.rows.isInBlock(row) ? blockEnd(end) : end;
  }

  /** True when every payload in `frame` (the whole frame's bytes) matches its checksum. */
  payloadsIntact(frame: Uint8Array): boolean {
    let end = this.headBytes;
    for (let row = 0; row < this.sectionCount; row += 1) {
      const at = this.payloadAt(row, end);
      end = at + this.rows.payloadBytes(row);
      if (end > frame.byteLength || crc32(frame.subarray(at, end)) !== this.rows.payloadCrc(row)) {
        return false;
      }
    }
    return true;
  }
}

/** Bytes of the head that a header announces; null where its numbers cannot be a frame's. */
function headBytesOf(view: DataView): number | null {
  const frameBytes = view.getUint32(HEADER.frameBytes, true);
  const headBytes = frameHeaderBytes + view.getUint32(HEADER.sections, true) * sectionRowBytes;
  const possible =
    frameBytes % frameAlignBytes === 0 && frameBytes <= frameBytesLimit && headBytes <= frameBytes;
  return possible ? headBytes : null;
}

const ZERO_FIELD = new Uint8Array(4);

/** The checksum of a head as if its checksum field were zero. */
function headChecksum(head: Uint8Array): number {
  let crc = crc32(head.subarray(0, HEADER.headCrc));
  crc = crc32(ZERO_FIELD, crc);
  return crc32(head.subarray(HEADER.headCrc + 4), crc);
}
