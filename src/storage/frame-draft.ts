/**
 * A frame in the making: its head is written section by section, so that little is left to do when
 * the frame before is durable. Its bytes are those that `frame.ts` describes.
 */
import type { Room } from '../common/bytes.ts';
import { plainRoom, setU64, viewOf } from '../common/bytes.ts';
import { crc32 } from '../common/crc32.ts';
import type { FrameChain } from './commit-log.ts';
import type { BlockPiece, EncodedFrame, FramePadding, FrameStamp } from './frame.ts';
import {
  alignedFrameBytes,
  blockEnd,
  finishFrame,
  frameHeaderBytes,
  frameInBlocks,
  payloadBlockBytes,
  tailsSection,
} from './frame.ts';
import {
  kindBlockBit,
  sectionKindRecords,
  sectionKindTails,
  sectionRow,
  sectionRowBytes,
  SectionRows,
  writeRow,
} from './section-rows.ts';

/** A draft's header begins at a block, or one row before it where the frame begins with tails. */
const DRAFT_HEADER_AT = payloadBlockBytes;
const DRAFT_ROWS_AT = DRAFT_HEADER_AT + frameHeaderBytes;
const DRAFT_BYTES_FIRST = 4 * payloadBlockBytes;

/** Used again after `reset`. */
export class FrameDraft {
  readonly #room: Room;
  /** A block, in which only the header of a frame with tails begins; then header and rows. */
  #head: Uint8Array;
  #rows: SectionRows;
  #payloadBytes = 0;

  constructor(room: Room = plainRoom) {
    this.#room = room;
    this.#head = room(DRAFT_BYTES_FIRST);
    this.#rows = new SectionRows(viewOf(this.#head), DRAFT_ROWS_AT, 0);
  }

  /** What has been added; others once there is more than there was room for. */
  get rows(): SectionRows {
    return this.#rows;
  }

  get count(): number {
    return this.#rows.count;
  }

  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** Empties it. What `finish` gave must not be in use any more. */
  reset(): void {
    this.#rows.count = 0;
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
    const at = DRAFT_ROWS_AT + this.#rows.count * sectionRowBytes;
    if (at + sectionRowBytes > this.#head.byteLength) {
      this.#grow();
    }
    const { view } = this.#rows;
    // The kind is the upper 16 bits of the shard's word: 0, records.
    setU64(view, at + sectionRow.shard, shard);
    setU64(view, at + sectionRow.baseOrdinal, baseOrdinal);
    setU64(view, at + sectionRow.arrival, arrivalMs);
    view.setUint32(at + sectionRow.count, count, true);
    view.setUint32(at + sectionRow.keyId, keyId, true);
    view.setUint32(at + sectionRow.payloadBytes, payloadBytes, true);
    view.setUint32(at + sectionRow.payloadCrc, payloadCrc, true);
    this.#rows.count += 1;
    this.#payloadBytes += payloadBytes;
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
    const head = this.#headFrom(DRAFT_HEADER_AT - (tails === null ? 0 : sectionRowBytes));
    const parts = [head, ...payloads];
    if (tails !== null) {
      const at = DRAFT_ROWS_AT - sectionRowBytes;
      writeRow(this.#rows.view, at, tailsSection(tails), sectionKindTails, crc32(tails));
      parts.splice(1, 0, tails);
    }
    const bytes = head.byteLength + (tails?.byteLength ?? 0) + this.#payloadBytes;
    return finishFrame(previous, stamp, head, parts, bytes, padded);
  }

  /**
   * The frame that follows `previous`, in blocks: all its parts are whole ones, and so the payloads
   * of each piece begin at one. `pieces` hold those of all rows.
   */
  finishInBlocks(
    previous: FrameChain,
    stamp: FrameStamp,
    pieces: readonly BlockPiece[],
  ): EncodedFrame {
    const head = this.#headFrom(DRAFT_HEADER_AT);
    const headEnd = DRAFT_HEADER_AT + head.byteLength;
    const blocks = this.#head.subarray(DRAFT_HEADER_AT, blockEnd(headEnd));
    blocks.fill(0, head.byteLength);
    const parts = [blocks];
    let bytes = blocks.byteLength;
    for (const piece of pieces) {
      const at = this.#rows.at(piece.firstRow) + sectionRow.kind;
      this.#rows.view.setUint16(at, sectionKindRecords | kindBlockBit, true);
      parts.push(...piece.parts);
      bytes += piece.bytes;
    }
    return frameInBlocks(previous, stamp, head, parts, bytes);
  }

  /** The head, its header zeros. */
  #headFrom(at: number): Uint8Array {
    const head = this.#head.subarray(at, DRAFT_ROWS_AT + this.count * sectionRowBytes);
    return head.fill(0, 0, frameHeaderBytes);
  }

  #grow(): void {
    const larger = this.#room(2 * this.#head.byteLength);
    larger.set(this.#head);
    this.#head = larger;
    this.#rows = new SectionRows(viewOf(larger), DRAFT_ROWS_AT, this.count);
  }
}
