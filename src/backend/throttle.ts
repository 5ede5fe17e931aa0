/**
 * The limits of one shard, decided where the shard lives, so that the number of front ends does not
 * change them (I16). Pure: time is passed in, in milliseconds of a clock that never goes back.
 *
 * Writing: 1 MiB/s of data and partition keys and 1,000 records/s. The byte bucket holds one
 * second's worth, or ten where the stream allows records above 1 MiB, so that one such record fits.
 *
 * Reading: 2 MiB/s and 5 calls/s, shared by all readers. The byte bucket holds five seconds' worth
 * (10 MiB, the largest answer). A call is served while less than the last second's worth of it is
 * used up, and may then take all that is left; a reader that went over waits until the bucket is
 * full. So a 10 MiB answer is followed by five seconds of refusals, and a little too much by about
 * one.
 *
 * Modes: `aws` refuses, `observe` lets pass and counts what would have been refused, `off` does
 * neither.
 */
import { TokenBucket } from '../common/token-bucket.ts';
import {
  MAX_RECORD_SIZE_KIB_DEFAULT,
  SHARD_READ_BURST_BYTES,
  SHARD_READ_BYTES_PER_SECOND,
  SHARD_READ_CALLS_PER_SECOND,
  SHARD_WRITE_BURST_BYTES,
  SHARD_WRITE_BYTES_PER_SECOND,
  SHARD_WRITE_RECORDS_PER_SECOND,
} from '../model/limits.ts';

export type LimitsMode = 'aws' | 'off' | 'observe';

/** A call is served while more than this is left in the read bucket. */
const readReserveBytes = SHARD_READ_BURST_BYTES - SHARD_READ_BYTES_PER_SECOND;

/** Bytes a shard of a stream with this record limit may take at once. */
export function writeBurstBytes(maxRecordSizeKiB: number): number {
  return maxRecordSizeKiB > MAX_RECORD_SIZE_KIB_DEFAULT
    ? SHARD_WRITE_BURST_BYTES
    : SHARD_WRITE_BYTES_PER_SECOND;
}

export class WriteThrottle {
  readonly #bytes: TokenBucket;
  readonly #records: TokenBucket;

  constructor(burstBytes: number, nowMs: number) {
    this.#bytes = new TokenBucket(SHARD_WRITE_BYTES_PER_SECOND, burstBytes, nowMs);
    this.#records = new TokenBucket(
      SHARD_WRITE_RECORDS_PER_SECOND,
      SHARD_WRITE_RECORDS_PER_SECOND,
      nowMs,
    );
  }

  /** Follows a change of the stream's record size limit. */
  setBurst(burstBytes: number, nowMs: number): void {
    if (this.#bytes.capacity !== burstBytes) this.#bytes.resize(burstBytes, nowMs);
  }

  /** Takes `records` records of `bytes` bytes together if all of them fit, else nothing. */
  tryTake(records: number, bytes: number, nowMs: number): boolean {
    // A record larger than the bucket could never pass; a full bucket lets it, and is then empty.
    const cost = records === 1 ? Math.min(bytes, this.#bytes.capacity) : bytes;
    if (!this.#bytes.has(cost, nowMs) || !this.#records.has(records, nowMs)) return false;
    this.#bytes.take(cost);
    this.#records.take(records);
    return true;
  }
}

export class ReadThrottle {
  readonly #bytes: TokenBucket;
  readonly #calls: TokenBucket;
  /** Over the limit: refused until the byte bucket is full again. */
  #locked = false;

  constructor(nowMs: number) {
    this.#bytes = new TokenBucket(SHARD_READ_BYTES_PER_SECOND, SHARD_READ_BURST_BYTES, nowMs);
    this.#calls = new TokenBucket(SHARD_READ_CALLS_PER_SECOND, SHARD_READ_CALLS_PER_SECOND, nowMs);
  }

  /** Counts a call and returns the most bytes it may answer with; 0 when it is refused. */
  begin(nowMs: number): number {
    const left = this.#bytes.level(nowMs);
    if (left >= SHARD_READ_BURST_BYTES) this.#locked = false;
    if (this.#locked || left <= readReserveBytes) return 0;
    if (!this.#calls.tryTake(1, nowMs)) return 0;
    return Math.floor(left);
  }

  /** True when an answer of `bytes` may be given now. Others may have read since `begin`. */
  tryTake(bytes: number, nowMs: number): boolean {
    if (!this.#bytes.tryTake(bytes, nowMs)) {
      this.#locked = true;
      return false;
    }
    if (this.#bytes.level(nowMs) <= readReserveBytes) this.#locked = true;
    return true;
  }
}
