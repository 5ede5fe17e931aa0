/**
 * The sections of one call on their way into the store, as the arrays that it takes; used again for
 * every call, since the store has copied everything when its append returns.
 */
import { gatherFrom } from '../common/pieces.ts';
import type { Gather } from '../common/pieces.ts';
import type { Section } from '../model/section.ts';
import { unknownSum } from '../storage/section-batch.ts';
import type { SectionBatch, ShardGuesses } from '../storage/section-batch.ts';

const sectionsFirst = 64;
const nothing = gatherFrom(new Uint8Array(0));

interface DraftGuesses extends ShardGuesses {
  rows: Int32Array;
}

export class SectionDraft implements SectionBatch {
  count = 0;
  shards: Float64Array = new Float64Array(sectionsFirst);
  baseOrdinals: Float64Array = new Float64Array(sectionsFirst);
  arrivalMs: Float64Array = new Float64Array(sectionsFirst);
  counts: Uint32Array = new Uint32Array(sectionsFirst);
  keyIds: Uint32Array = new Uint32Array(sectionsFirst);
  payloadBytes: Uint32Array = new Uint32Array(sectionsFirst);
  payloadSums: Float64Array = new Float64Array(sectionsFirst);
  readonly guesses: DraftGuesses = { rows: new Int32Array(sectionsFirst), haveChanged: false };
  payloads: (Uint8Array | null)[] | null = null;
  gather: Gather = nothing;
  firstPieces: Uint32Array = new Uint32Array(sectionsFirst + 1);
  pieceStarts: Uint32Array = new Uint32Array(sectionsFirst);
  pieceEnds: Uint32Array = new Uint32Array(sectionsFirst);
  #pieces = 0;
  /** Of the section being made. */
  #records = 0;
  #bytes = 0;
  /** Of the record added last. */
  #sum: number = unknownSum;

  /** Empties it, for at most so many sections of pieces that `gather` gathers. */
  begin(gather: Gather, sections: number, records: number): void {
    this.count = 0;
    this.gather = gather;
    this.payloads = null;
    this.guesses.haveChanged = false;
    this.#pieces = 0;
    if (this.shards.length < sections) this.#reserveSections(sections);
    if (this.pieceStarts.length < records) {
      this.pieceStarts = new Uint32Array(records);
      this.pieceEnds = new Uint32Array(records);
    }
    this.#beginSection();
  }

  /** Drops what it was lent. */
  end(): void {
    this.gather = nothing;
    this.payloads = null;
  }

  /** Records of the section being made. */
  get records(): number {
    return this.#records;
  }

  /** Packed bytes of the section being made. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a record, which is a piece or a part of one, to the section being made. `sum` is its
   * CRC-32, or `unknownSum`.
   */
  add(start: number, end: number, sum: number): void {
    this.#records++;
    this.#sum = sum;
    this.#bytes += end - start;
    const last = this.#pieces - 1;
    if (this.#pieces > this.firstPieces[this.count]! && this.pieceEnds[last] === start) {
      this.pieceEnds[last] = end;
      return;
    }
    this.pieceStarts[this.#pieces] = start;
    this.pieceEnds[this.#pieces] = end;
    this.#pieces++;
  }

  /** Completes the section being made, in plain, of a shard that the store had in row `guess`. */
  finish(shard: number, guess: number, baseOrdinal: number, arrivalMs: number): void {
    const at = this.count++;
    this.shards[at] = shard;
    this.guesses.rows[at] = guess;
    this.baseOrdinals[at] = baseOrdinal;
    this.arrivalMs[at] = arrivalMs;
    this.counts[at] = this.#records;
    this.keyIds[at] = 0;
    this.payloadBytes[at] = this.#bytes;
    this.payloadSums[at] = this.#records === 1 ? this.#sum : unknownSum;
    this.#beginSection();
  }

  /** The section completed last, with a payload of its own. */
  last(): Section {
    const at = this.count - 1;
    const payload = new Uint8Array(this.payloadBytes[at]!);
    this.gather(this.pieceStarts, this.pieceEnds, this.firstPieces[at]!, this.#pieces, payload, 0);
    return {
      shard: this.shards[at]!,
      baseOrdinal: this.baseOrdinals[at]!,
      count: this.counts[at]!,
      arrivalMs: this.arrivalMs[at]!,
      keyId: 0,
      payload,
    };
  }

  /** Gives the section completed last another payload. */
  replaceLast(keyId: number, payload: Uint8Array): void {
    const at = this.count - 1;
    this.keyIds[at] = keyId;
    this.payloadBytes[at] = payload.length;
    this.payloadSums[at] = unknownSum;
    this.payloads ??= [];
    while (this.payloads.length < at) this.payloads.push(null);
    this.payloads.push(payload);
  }

  #beginSection(): void {
    this.firstPieces[this.count] = this.#pieces;
    this.#records = 0;
    this.#bytes = 0;
  }

  #reserveSections(sections: number): void {
    this.shards = new Float64Array(sections);
    this.baseOrdinals = new Float64Array(sections);
    this.arrivalMs = new Float64Array(sections);
    this.counts = new Uint32Array(sections);
    this.keyIds = new Uint32Array(sections);
    this.payloadBytes = new Uint32Array(sections);
    this.payloadSums = new Float64Array(sections);
    this.guesses.rows = new Int32Array(sections);
    this.firstPieces = new Uint32Array(sections + 1);
  }
}
