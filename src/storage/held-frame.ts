/**
 * A frame that fills, and where its payloads lie in memory until it is durable.
 *
 * Payloads are put into the slabs of the tail ring as they come, mostly one behind the other, so
 * that a frame of thousands of sections is written from a few pieces of memory. A frame that is
 * large begins at a block of a slab, so that a log may be written from there without a copy.
 */
import type { Room } from '../common/bytes.ts';
import { LARGE_WRITE_BYTES } from '../runtime/disk.ts';
import type { VolumeWriter } from './commit-log.ts';
import type { BlockPiece, EncodedFrame, FrameStamp } from './frame.ts';
import { blockEnd, encodedBytes, payloadBlockBytes } from './frame.ts';
import { FrameDraft } from './frame-draft.ts';
import { unknownSum } from './section-batch.ts';
import type { SectionBatch } from './section-batch.ts';
import type { TailRing } from './tail-ring.ts';
import type { Slab } from './tail-slabs.ts';

/** Payloads of neighbouring rows that lie back to back. */
export interface Run {
  readonly slab: Slab;
  readonly start: number;
  end: number;
  /** Behind its last row. */
  endRow: number;
}

const SHARD_ROWS_FIRST = 64;
/** Payloads are copied in portions of this size, then checksummed. */
const COPY_BYTES = 64 * 1024;
/** A frame of more runs is not written in blocks. */
const BLOCK_RUNS_MAX = 8;

export class HeldFrame {
  readonly draft: FrameDraft;
  /** By row of the frame: the row of its shard in the table. */
  shardRows: Int32Array = new Int32Array(SHARD_ROWS_FIRST);
  readonly #ring: TailRing;
  readonly #room: Room;
  #runs: Run[] = [];
  /** Whether its runs begin at blocks, as is of use for a large frame only. */
  #isApart = false;
  /** For the last block of each run; null until a frame is written in blocks. */
  #lastBlocks: Uint8Array | null = null;

  /** Payloads lie in `ring`, what comes beside them when they are written in pieces of `room`. */
  constructor(ring: TailRing, room: Room) {
    this.#ring = ring;
    this.#room = room;
    this.draft = new FrameDraft(room);
  }

  get count(): number {
    return this.draft.count;
  }

  get payloadBytes(): number {
    return this.draft.payloadBytes;
  }

  /** Bytes of the frame that it becomes, without tails, and without what blocks leave empty. */
  get frameBytes(): number {
    return encodedBytes(this.count, this.payloadBytes);
  }

  /** It becomes no longer frame. */
  get frameBytesMax(): number {
    const blocks = this.frameBytes < LARGE_WRITE_BYTES ? 0 : this.#runs.length + 1;
    return this.frameBytes + blocks * payloadBlockBytes;
  }

  /** Where its payloads lie, in the order of its rows. */
  get runs(): readonly Run[] {
    return this.#runs;
  }

  /**
   * Copies sections `[first, end)` of a batch, the newest of their shards, to behind those before.
   * `shardRows` is by section of the batch.
   */
  add(shardRows: Int32Array, batch: SectionBatch, first: number, end: number): void {
    const { payloadBytes, payloadSums } = batch;
    this.#reserve(this.draft.count + end - first);
    for (let from = first; from < end;) {
      const slab = this.#ring.hold(payloadBytes[from]!, this.#beginsApart());
      const start = slab.end - payloadBytes[from]!;
      const until = this.#holdBehind(slab, start, batch, from, end);
      copyPayloads(batch, from, until, slab, start);
      let at = start;
      for (let index = from; index < until; index += 1) {
        const bytes = payloadBytes[index]!;
        const sum = payloadSums[index]!;
        const crc = sum === unknownSum ? slab.sum(at, bytes) : sum;
        this.shardRows[this.draft.count] = shardRows[index]!;
        this.draft.add(
          batch.shards[index]!,
          batch.baseOrdinals[index]!,
          batch.arrivalMs[index]!,
          batch.counts[index]!,
          batch.keyIds[index]!,
          bytes,
          crc,
        );
        at += bytes;
      }
      this.#enterRun(slab, start, at);
      from = until;
    }
  }

  /** Whether the next payload is to begin at a block: it is one that cannot lie behind the last. */
  #beginsApart(): boolean {
    const last = this.#runs.at(-1);
    return this.#isApart && (last === undefined || !this.#ring.isFilling(last.slab));
  }

  #reserve(rows: number): void {
    if (rows > this.shardRows.length) {
      const larger = new Int32Array(2 * rows);
      larger.set(this.shardRows);
      this.shardRows = larger;
    }
  }

  /**
   * Makes room for the sections behind `from` right behind it, as far as the slab has it and what
   * is copied at once stays in the processor's caches for its checksums. Gives the end of them.
   */
  #holdBehind(slab: Slab, start: number, batch: SectionBatch, from: number, end: number): number {
    let until = from + 1;
    while (until < end && slab.end - start < COPY_BYTES) {
      const bytes = batch.payloadBytes[until]!;
      if (!this.#ring.holdIn(slab, bytes)) {
        break;
      }
      until += 1;
    }
    return until;
  }

  #enterRun(slab: Slab, start: number, end: number): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && last.slab === slab && last.end === start) {
      last.end = end;
      last.endRow = this.draft.count;
    } else {
      this.#runs.push({ slab, start, end, endRow: this.draft.count });
    }
  }

  /** The frame that `writer` takes next. `tails`, where given, becomes its first section. */
  finish(writer: VolumeWriter, stamp: FrameStamp, tails: Uint8Array | null): EncodedFrame {
    const { draft } = this;
    if (tails === null && this.#fitsBlocks() && writer.takesBlocks(this.frameBytes)) {
      return draft.finishInBlocks(writer.chain, stamp, this.#blockPieces());
    }
    const payloads = this.#runs.map(
      ({ slab, start, end }) => new Uint8Array(slab.memory, start, end - start),
    );
    const padded = (payloadEnd: number): number => writer.paddedBytes(payloadEnd);
    return draft.finish(writer.chain, stamp, payloads, tails, padded);
  }

  #fitsBlocks(): boolean {
    const runs = this.#runs;
    return (
      runs.length <= BLOCK_RUNS_MAX && runs.every(({ start }) => start % payloadBlockBytes === 0)
    );
  }

  /**
   * Each run as whole blocks. What follows it in its slab is another frame's: its last is a copy.
   */
  #blockPieces(): BlockPiece[] {
    this.#lastBlocks ??= this.#room(BLOCK_RUNS_MAX * payloadBlockBytes);
    const lastBlocks = this.#lastBlocks;
    let firstRow = 0;
    return this.#runs.map(({ slab, start, end, endRow }, index) => {
      const rest = (end - start) % payloadBlockBytes;
      const parts = [];
      if (end - start > rest) {
        parts.push(new Uint8Array(slab.memory, start, end - rest - start));
      }
      if (rest > 0) {
        const at = index * payloadBlockBytes;
        const last = lastBlocks.subarray(at, at + payloadBlockBytes).fill(0, rest);
        last.set(new Uint8Array(slab.memory, end - rest, rest));
        parts.push(last);
      }
      const piece = { parts, bytes: blockEnd(end - start), firstRow };
      firstRow = endRow;
      return piece;
    });
  }

  /** Its payloads are not wanted any more. */
  giveUp(): void {
    let row = 0;
    for (const { slab, endRow } of this.#runs) {
      for (; row < endRow; row += 1) this.#ring.giveUp(slab);
    }
  }

  /** Empties it, for being filled again. Its payloads are the ring's, or have been given up. */
  reset(): void {
    // The next one in its place is expected to be like this one.
    this.#isApart = this.frameBytes >= LARGE_WRITE_BYTES;
    this.draft.reset();
    this.#runs = [];
  }
}

/** Puts the payloads of sections `[first, end)` back to back to `start` of a slab. */
function copyPayloads(
  batch: SectionBatch,
  first: number,
  end: number,
  slab: Slab,
  start: number,
): void {
  const { gather, firstPieces, pieceStarts, pieceEnds, payloads, payloadBytes } = batch;
  if (payloads === null) {
    gather(pieceStarts, pieceEnds, firstPieces[first]!, firstPieces[end]!, slab.bytes, start);
    return;
  }
  let at = start;
  for (let index = first; index < end; index += 1) {
    const whole = payloads[index] ?? null;
    if (whole !== null) {
      slab.bytes.set(whole, at);
    } else {
      const piecesEnd = firstPieces[index + 1]!;
      gather(pieceStarts, pieceEnds, firstPieces[index]!, piecesEnd, slab.bytes, at);
    }
    at += payloadBytes[index]!;
  }
}
