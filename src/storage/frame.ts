/**
 * The frame codec: one group commit of a volume as bytes (docs/storage-format.md draws it).
 *
 * A frame is `header | section rows | payloads | padding`. The head (header and rows) has its own
 * checksum and holds the checksum of every payload, so one section can be read and verified without
 * its neighbours. Each head holds the checksum of the head before it. Little-endian. Persisted: a
 * golden test pins every byte.
 */
import { assert } from '../common/assert.ts';
import { viewOf } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import type { FrameChain } from './commit-log.ts';

export const frameVersion = 1;
export const frameHeaderBytes = 64;
export const sectionRowBytes = 40;
/** Frames begin and end at multiples of this. */
export const frameAlignBytes = 64;
/** No engine takes larger frames, so a length above it is damage. */
export const frameBytesLimit: number = 64 * 1024 * 1024;

/** `TRF1` as the bytes read. */
const MAGIC = 0x31465254;
const U32 = 2 ** 32;
/** Where the rows of a draft begin: there is room for tails before them. */
const DRAFT_ROWS_AT = frameHeaderBytes + sectionRowBytes;
const DRAFT_ROWS_FIRST = 64;
/** Frames are padded by less than this. */
const PADDING_BYTES_MAX = 8192;
const PADDING = new Uint8Array(PADDING_BYTES_MAX);

/** What a section holds. Persisted: never renumber. */
export const sectionKindRecords = 0;
/** For every shard its next ordinal, so that dropping older frames never forgets one. */
export const sectionKindTails = 1;

const HEADER = {
  magic: 0,
  version: 4,
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

const ROW = {
  shard: 0,
  kind: 6,
  baseOrdinal: 8,
  arrival: 16,
  count: 24,
  keyId: 28,
  payloadBytes: 32,
  payloadCrc: 36,
} as const;

/** A frame ready to be written: `parts` concatenated are its bytes. */
export interface EncodedFrame {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  /** Bytes of header and rows; the first payload begins here. */
  readonly headBytes: number;
  readonly chain: FrameChain;
}

export interface FrameStamp {
  readonly volume: number;
  readonly epoch: number;
  readonly timestampMs: number;
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
    writeRow(view, 0, tailsSection(tails), sectionKindTails, crc32(tails));
    parts.push(tails);
    bytes += tails.byteLength;
    row = 1;
  }
  for (const [index, section] of sections.entries()) {
    writeRow(view, row, section, sectionKindRecords, payloadCrcs[index] as number);
    parts.push(section.payload);
    bytes += section.payload.byteLength;
    row += 1;
  }
  return finishFrame(previous, stamp, head, parts, bytes, alignedFrameBytes);
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
function finishFrame(
  previous: FrameChain,
  stamp: FrameStamp,
  head: Uint8Array,
  parts: Uint8Array[],
  payloadEnd: number,
  padded: FramePadding,
): EncodedFrame {
  const view = viewOf(head);
  const headBytes = head.byteLength;
  const rows = (headBytes - frameHeaderBytes) / sectionRowBytes;
  const bytes = padded(payloadEnd);
  const padding = bytes - payloadEnd;
  assert(bytes % frameAlignBytes === 0 && padding >= 0, 'frame: not aligned');
  assert(padding < PADDING_BYTES_MAX, 'frame: more padding than there is');
  if (padding > 0) {
    parts.push(PADDING.subarray(0, padding));
  }
  assert(bytes <= frameBytesLimit, 'frame: larger than any engine takes');
  const frameNumber = previous.frameNumber + 1;
  view.setUint32(HEADER.magic, MAGIC, true);
  view.setUint8(HEADER.version, frameVersion);
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
  const chain = { identity: previous.identity, frameNumber, headCrc };
  return { parts, bytes, headBytes, chain };
}

/** Bytes of a frame with these sections, without tails. */
export function encodedBytes(sectionCount: number, payloadBytes: number): number {
  return alignedFrameBytes(frameHeaderBytes + sectionCount * sectionRowBytes + payloadBytes);
}

function tailsSection(payload: Uint8Array): Section {
  return { shard: 0, baseOrdinal: 0, count: 0, arrivalMs: 0, keyId: 0, payload };
}

function writeRow(view: DataView, row: number, section: Section, kind: number, crc: number): void {
  const at = frameHeaderBytes + row * sectionRowBytes;
  setU64(view, at + ROW.shard, section.shard);
  view.setUint16(at + ROW.kind, kind, true);
  setU64(view, at + ROW.baseOrdinal, section.baseOrdinal);
  setU64(view, at + ROW.arrival, section.arrivalMs);
  view.setUint32(at + ROW.count, section.count, true);
  view.setUint32(at + ROW.keyId, section.keyId, true);
  view.setUint32(at + ROW.payloadBytes, section.payload.byteLength, true);
  view.setUint32(at + ROW.payloadCrc, crc, true);
}

/**
 * A frame in the making: its head is written section by section, so that little is left to do when
 * the frame before is durable. Used again after `reset`.
 */
export class FrameDraft {
  /** Header and a row for tails, which only the first frame of a unit has, then the rows. */
  #head: Uint8Array = new Uint8Array(DRAFT_ROWS_AT + DRAFT_ROWS_FIRST * sectionRowBytes);
  #view: DataView = new DataView(this.#head.buffer);
  #count = 0;
  #payloadBytes = 0;

  get count(): number {
    return this.#count;
  }

  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** Empties it. What `finish` gave must not be in use any more. */
  reset(): void {
    this.#count = 0;
    this.#payloadBytes = 0;
  }

  /** Adds the row of a section of records, whose payload will follow those before. */
  add(
    shard: number,
    baseOrdinal: number,
    arrivalMs: number,
    count: number,
    keyId: number,
    payloadBytes: number,
    payloadCrc: number,
  ): void {
    const at = DRAFT_ROWS_AT + this.#count * sectionRowBytes;
    if (at === this.#head.byteLength) {
      this.#grow();
    }
    const view = this.#view;
    // The kind is the upper 16 bits of the shard's word: 0, records.
    setU64(view, at + ROW.shard, shard);
    setU64(view, at + ROW.baseOrdinal, baseOrdinal);
    setU64(view, at + ROW.arrival, arrivalMs);
    view.setUint32(at + ROW.count, count, true);
    view.setUint32(at + ROW.keyId, keyId, true);
    view.setUint32(at + ROW.payloadBytes, payloadBytes, true);
    view.setUint32(at + ROW.payloadCrc, payloadCrc, true);
    this.#count += 1;
    this.#payloadBytes += payloadBytes;
  }

  shard(row: number): number {
    return getU64(this.#view, this.#row(row) + ROW.shard);
  }
  baseOrdinal(row: number): number {
    return getU64(this.#view, this.#row(row) + ROW.baseOrdinal);
  }
  arrivalMs(row: number): number {
    return getU64(this.#view, this.#row(row) + ROW.arrival);
  }
  recordCount(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.count, true);
  }
  keyId(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.keyId, true);
  }
  sectionBytes(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.payloadBytes, true);
  }
  payloadCrc(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.payloadCrc, true);
  }

  /**
   * The frame that follows `previous`; `payloads` are those of all rows, concatenated. `tails`,
   * where given, becomes its first section.
   */
  finish(
    previous: FrameChain,
    stamp: FrameStamp,
    payloads: readonly Uint8Array[],
    tails: Uint8Array | null,
    padded: FramePadding = alignedFrameBytes,
  ): EncodedFrame {
    const from = tails === null ? sectionRowBytes : 0;
    const end = DRAFT_ROWS_AT + this.#count * sectionRowBytes;
    const head = this.#head.subarray(from, end);
    head.fill(0, 0, frameHeaderBytes);
    const parts = [head, ...payloads];
    if (tails !== null) {
      writeRow(this.#view, 0, tailsSection(tails), sectionKindTails, crc32(tails));
      parts.splice(1, 0, tails);
    }
    const bytes = head.byteLength + (tails?.byteLength ?? 0) + this.#payloadBytes;
    return finishFrame(previous, stamp, head, parts, bytes, padded);
  }

  #row(row: number): number {
    assert(row < this.#count, 'frame: no such section');
    return DRAFT_ROWS_AT + row * sectionRowBytes;
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#head.byteLength - DRAFT_ROWS_AT);
    larger.set(this.#head);
    this.#head = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Why bytes are not a frame. `short`: they may be one, but end too early to tell. */
export type FrameFault = 'no-magic' | 'version' | 'short' | 'shape' | 'checksum';

/** Reads a verified head; every accessor is a plain read of the bytes. */
export class FrameHead {
  readonly #view: DataView;
  readonly headCrc: number;
  readonly sectionCount: number;
  readonly headBytes: number;
  readonly frameBytes: number;

  private constructor(view: DataView, headCrc: number) {
    this.#view = view;
    this.headCrc = headCrc;
    this.sectionCount = view.getUint32(HEADER.sections, true);
    this.headBytes = frameHeaderBytes + this.sectionCount * sectionRowBytes;
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
    if (view.getUint8(HEADER.version) !== frameVersion) {
      return 'version';
    }
    return new FrameHead(view, stored);
  }

  /** Bytes of the head at `at` by its unverified count of sections; null where there is none. */
  static measure(bytes: Uint8Array, at: number): number | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
    return view.getUint32(HEADER.magic, true) === MAGIC ? headBytesOf(view) : null;
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
  get previousCrc(): number {
    return this.#view.getUint32(HEADER.previousCrc, true);
  }
  get timestampMs(): number {
    return getU64(this.#view, HEADER.timestamp);
  }
  get chain(): FrameChain {
    return { identity: this.identity, frameNumber: this.number, headCrc: this.headCrc };
  }

  kind(row: number): number {
    return this.#view.getUint16(this.#row(row) + ROW.kind, true);
  }
  shard(row: number): number {
    const at = this.#row(row) + ROW.shard;
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * U32;
  }
  baseOrdinal(row: number): number {
    return getU64(this.#view, this.#row(row) + ROW.baseOrdinal);
  }
  arrivalMs(row: number): number {
    return getU64(this.#view, this.#row(row) + ROW.arrival);
  }
  count(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.count, true);
  }
  keyId(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.keyId, true);
  }
  payloadBytes(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.payloadBytes, true);
  }
  payloadCrc(row: number): number {
    return this.#view.getUint32(this.#row(row) + ROW.payloadCrc, true);
  }

  /** True when every payload in `frame` (the whole frame's bytes) matches its checksum. */
  payloadsIntact(frame: Uint8Array): boolean {
    let at = this.headBytes;
    for (let row = 0; row < this.sectionCount; row += 1) {
      const end = at + this.payloadBytes(row);
      if (end > frame.byteLength || crc32(frame.subarray(at, end)) !== this.payloadCrc(row)) {
        return false;
      }
      at = end;
    }
    return true;
  }

  #row(row: number): number {
    assert(row >= 0 && row < this.sectionCount, 'frame: no such section');
    return frameHeaderBytes + row * sectionRowBytes;
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

export function setU64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, 'frame: not an unsigned whole number');
  const high = Math.floor(value / U32);
  view.setUint32(at, value - high * U32, true);
  view.setUint32(at + 4, high, true);
}

export function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * U32;
}
