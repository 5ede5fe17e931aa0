/**
 * Sections of one append as a struct of arrays: no object per section, so that a call whose records
 * go to hundreds of shards costs little more than one for a few.
 *
 * The payload of a section is either given whole or lies in pieces, which are stored
 * one after the other.
 */
import { gatherFrom } from '../common/pieces.ts';
import type { Gather } from '../common/pieces.ts';
import type { Section } from '../model/section.ts';

/**
 * Where a store has found the shards of an append, which it need not look up again if whoever
 * appends remembers that. These are guesses, of which a wrong one is as good as none.
 */
export interface ShardGuesses {
  /** By section; -1: none. When append has returned, where the shards are. */
  readonly rows: Int32Array;
  /** Set by the store where one of them was not right. */
  haveChanged: boolean;
}

export interface SectionBatch {
  readonly count: number;
  /** By section: ShardKey. */
  readonly shards: Float64Array;
  readonly baseOrdinals: Float64Array;
  readonly arrivalMs: Float64Array;
  /** By section: number of records. */
  readonly counts: Uint32Array;
  readonly keyIds: Uint32Array;
  readonly payloadBytes: Uint32Array;
  /** CRC-32 of each payload where it is known, `unknownSum` elsewhere. */
  readonly payloadSums: Float64Array;
  readonly guesses: ShardGuesses | null;
  /** By section, where they are not in pieces. Lent until the append has returned. */
  readonly payloads: readonly (Uint8Array | null)[] | null;
  /** What gathers pieces of the bytes they lie in, which are lent until the append has returned. */
  readonly gather: Gather;
  /** Section i is made of pieces `[firstPieces[i], firstPieces[i + 1])`. */
  readonly firstPieces: Uint32Array;
  /** Where each piece begins and ends. */
  readonly pieceStarts: Uint32Array;
  readonly pieceEnds: Uint32Array;
}

/** The checksum of a payload of which nobody has taken it. */
export const unknownSum = -1;

const NO_BYTES = new Uint8Array(0);
const NO_PIECES = new Uint32Array(0);

/** The batch of sections given one by one. */
export function sectionBatch(sections: readonly Section[]): SectionBatch {
  return {
    count: sections.length,
    shards: Float64Array.from(sections, ({ shard }) => shard),
    baseOrdinals: Float64Array.from(sections, ({ baseOrdinal }) => baseOrdinal),
    arrivalMs: Float64Array.from(sections, ({ arrivalMs }) => arrivalMs),
    counts: Uint32Array.from(sections, ({ count }) => count),
    keyIds: Uint32Array.from(sections, ({ keyId }) => keyId),
    payloadBytes: Uint32Array.from(sections, ({ payload }) => payload.byteLength),
    payloadSums: new Float64Array(sections.length).fill(unknownSum),
    guesses: null,
    payloads: sections.map(({ payload }) => payload),
    gather: gatherFrom(NO_BYTES),
    firstPieces: NO_PIECES,
    pieceStarts: NO_PIECES,
    pieceEnds: NO_PIECES,
  };
}

/** Payload bytes of all sections. */
export function payloadBytesOf(batch: SectionBatch): number {
  let bytes = 0;
  for (let i = 0; i < batch.count; i += 1) {
    bytes += batch.payloadBytes[i]!;
  }
  return bytes;
}
