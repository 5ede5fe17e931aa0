/**
 * A frame that fills, and where its payloads lie in memory until it is durable.
 *
 * Payloads are put into the slabs of the tail ring as they come, mostly one behind the other, so
 * that a frame of thousands of sections is written from a few pieces of memory.
 */
import { crc32 } from '../common/crc32.ts';
import type { EncodedFrame, FrameStamp } from './frame.ts';
import { FrameDraft } from './frame.ts';
import type { FrameChain } from './commit-log.ts';
import type { SectionBatch } from './section-batch.ts';
import type { ShardState } from './shard-table.ts';
import type { HeldSection, TailRing } from './tail-ring.ts';
import type { Slab } from './tail-slabs.ts';

/** Payloads of neighbouring rows that lie back to back. */
interface Run {
  readonly slab: Slab;
  readonly start: number;
  end: number;
  /** Behind its last row. */
  endRow: number;
}

export class HeldFrame {
  readonly draft: FrameDraft = new FrameDraft();
  /** By row. */
  readonly states: ShardState[] = [];
  readonly #ring: TailRing;
  #runs: Run[] = [];

  constructor(ring: TailRing) {
    this.#ring = ring;
  }

  get count(): number {
    return this.draft.count;
  }

  get payloadBytes(): number {
    return this.draft.payloadBytes;
  }

  /** Copies section `index` of a batch, the shard's newest, to behind those before. */
  add(state: ShardState, batch: SectionBatch, index: number): void {
    const bytes = batch.payloadBytes[index]!;
    const slab = this.#ring.hold(bytes);
    const start = slab.end - bytes;
    const crc = copyPayload(batch, index, slab.bytes, start, bytes);
    this.states[this.draft.count] = state;
    this.draft.add(
      batch.shards[index]!,
      batch.baseOrdinals[index]!,
      batch.arrivalMs[index]!,
      batch.counts[index]!,
      batch.keyIds[index]!,
      bytes,
      crc,
    );
    const last = this.#runs.at(-1);
    if (last !== undefined && last.slab === slab && last.end === start) {
      last.end = slab.end;
      last.endRow = this.draft.count;
    } else {
      this.#runs.push({ slab, start, end: slab.end, endRow: this.draft.count });
    }
  }

  finish(previous: FrameChain, stamp: FrameStamp, tails: Uint8Array | null): EncodedFrame {
    const payloads = this.#runs.map(({ slab, start, end }) => bytesOf(slab.bytes, start, end));
    return this.draft.finish(previous, stamp, payloads, tails);
  }

  /** Calls `row` for each section, in order, with a section that is valid during the call only. */
  forEach(row: (row: number, held: HeldSection) => void): void {
    const { draft } = this;
    let number = 0;
    for (const { slab, start, endRow } of this.#runs) {
      const held = {
        baseOrdinal: 0,
        arrivalMs: 0,
        count: 0,
        keyId: 0,
        bytes: 0,
        slab,
        offset: start,
      };
      for (; number < endRow; number += 1) {
        held.baseOrdinal = draft.baseOrdinal(number);
        held.arrivalMs = draft.arrivalMs(number);
        held.count = draft.recordCount(number);
        held.keyId = draft.keyId(number);
        held.bytes = draft.sectionBytes(number);
        row(number, held);
        held.offset += held.bytes;
      }
    }
  }

  /** Empties it, for being filled again. Its payloads are the ring's, or have been given up. */
  reset(): void {
    this.draft.reset();
    this.#runs = [];
  }
}

/** Puts a payload at `at`; gives its checksum. */
function copyPayload(
  batch: SectionBatch,
  index: number,
  to: Uint8Array,
  at: number,
  bytes: number,
): number {
  const whole = batch.payloads?.[index] ?? null;
  if (whole !== null) {
    to.set(whole, at);
    return crc32(whole);
  }
  const { gather, firstPieces, pieceStarts, pieceEnds } = batch;
  gather(pieceStarts, pieceEnds, firstPieces[index]!, firstPieces[index + 1]!, to, at);
  return crc32(bytesOf(to, at, at + bytes));
}

/** A view of `bytes[start, end)`, of the plain kind, which is made faster than a Buffer's. */
function bytesOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}
