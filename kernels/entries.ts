/**
 * Entries of stored records in the answer of PutRecords: copies of a template with the sequence
 * number and the digits of the shard in their places. The caller writes the template, and columns
 * with each call.
 *
 * ```
 * columns: ordinal · arrival, ms · shard created, s (500 doubles each) · shard index (500 words)
 * ```
 */
import { BEHIND, beginNumbers, writeNumber } from './sequence-number';

export const TEMPLATE: usize = BEHIND;
export const COLUMNS: usize = 4096;
export const ENTRIES: usize = 32 * 1024;

const RECORDS_MAX: usize = 500;
const ORDINALS: usize = COLUMNS;
const ARRIVALS: usize = ORDINALS + 8 * RECORDS_MAX;
const CREATED: usize = ARRIVALS + 8 * RECORDS_MAX;
const INDEXES: usize = CREATED + 8 * RECORDS_MAX;

/**
 * Writes entries of the first `count` records in the columns, each of `bytes` bytes, with the
 * number at `numberAt` and digits of the shard that end at `shardEnd`, where the template has
 * zeros. Up to 15 bytes behind the last one are written.
 */
export function writeEntries(count: usize, bytes: usize, numberAt: usize, shardEnd: usize): void {
  let to = ENTRIES;
  for (let i: usize = 0; i < count; i++) {
    const arrival = load<f64>(ARRIVALS + (i << 3));
    beginNumbers(load<f64>(CREATED + (i << 3)), Math.floor(arrival / 1000));
    for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(TEMPLATE + at));
    const index = load<u32>(INDEXES + (i << 2));
    writeNumber(to + numberAt, to + shardEnd, load<f64>(ORDINALS + (i << 3)), index);
    to += bytes;
  }
}
