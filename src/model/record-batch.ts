/**
 * Records on their way in, and the layout in which they are stored and read back.
 *
 * A packed record is `u32 dataBytes · u16 keyBytes · u8 flags · u8 zero · key · data`,
 * little-endian, key in UTF-8. A section of a frame holds packed records back to back, so a batch
 * built once by a protocol decoder is stored without touching the records again. Persisted: never
 * change the meaning of a flag.
 *
 * ```
 *  0        4      6     7     8            8+k              8+k+d
 *  | dataBytes | keyBytes | flags | 0 | partition key (k) | data (d) |
 * ```
 */
import type { Gather } from '../common/pieces.ts';

export const packedHeaderBytes = 8;

/** The producer gave no partition key (service-managed distribution). */
export const flagNoPartitionKey = 1;

/**
 * Records of one put call, decoded and validated, in request order; struct of arrays, no object per
 * record.
 */
export interface RecordBatch {
  readonly count: number;
  /** Packed records, one after the other in request order, from offset 0. */
  readonly packed: Uint8Array;
  /** Where it is given, gathers pieces of `packed` in less time than copying them one by one. */
  readonly gather?: Gather | undefined;
  /** `count + 1` offsets into `packed`: record i is `[offsets[i], offsets[i + 1])`. */
  readonly offsets: Uint32Array;
  /** CRC-32 of each packed record, where somebody has taken them. */
  readonly sums?: Uint32Array | undefined;
  /**
   * Where it is given, `packed` is lent: whoever had the records appended calls this once when that
   * is settled, after which the batch must not be used.
   */
  readonly release?: () => void;
  /**
   * Hash key of record i as four big-endian words at `4 * i` (MD5 of the key, or the explicit hash
   * key).
   */
  readonly hashKeys: Uint32Array;
}
