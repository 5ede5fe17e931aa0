/**
 * Packed records of one section as GetRecords shows them in JSON: each a copy of a template in
 * which the sequence number is put, the data in base64, and the key. The caller writes template and
 * packed records with each call.
 *
 * ```
 * template: head (512) · what is before a key (64) · what ends a record (64)
 * packed record: u32 data bytes · u16 key bytes · u8 flags · u8 zero · key · data
 * ```
 */
import { encodeBase64 } from './base64-encode';
import { BEHIND, beginNumbers, writeNumber } from './sequence-number';

export const HEAD: usize = BEHIND;
const KEY: usize = HEAD + 512;
const LAST: usize = KEY + 64;
export const PACKED: usize = 4096;
export const PACKED_BYTES_MAX: usize = 64 * 1024;
export const RECORDS: usize = PACKED + PACKED_BYTES_MAX + 64;

const PACKED_HEADER: usize = 8;
const NO_KEY: u8 = 1;
const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const SPACE: u8 = 0x20;

/** Of the call before: bytes of the records that were written, and of what they became. */
export let bytesRead: usize = 0;
export let bytesWritten: usize = 0;
/** Whether it has ended at a record whose key must be escaped. */
export let mustEscape: bool = false;

/**
 * Writes records from the first of `bytes` packed bytes on, `count` of them or fewer: as many as
 * are whole, and need no more than `room` bytes together, and up to the first one whose key must be
 * escaped. Gives their number.
 */
export function writeRecords(
  bytes: usize,
  count: u32,
  room: usize,
  headBytes: usize,
  numberAt: usize,
  keyBytes: usize,
  lastBytes: usize,
  created: f64,
  seconds: f64,
  index: u32,
  ordinal: f64,
): u32 {
  beginNumbers(created, seconds);
  mustEscape = false;
  let at = PACKED;
  let to = RECORDS;
  let n: u32 = 0;
  for (; n < count && at + PACKED_HEADER <= PACKED + bytes; n++) {
    const data = <usize>load<u32>(at);
    const key = <usize>load<u16>(at, 4);
    const keyAt = at + PACKED_HEADER;
    const dataAt = keyAt + key;
    if (data > bytes || dataAt + data > PACKED + bytes) break;
    const most = headBytes + ((data + 2) / 3) * 4 + keyBytes + key + lastBytes;
    if (to + most > RECORDS + room) break;
    const dataTo = to + headBytes;
    const isKeyed = (load<u8>(at, 6) & NO_KEY) == 0;
    mustEscape = isKeyed && !isPlain(keyAt, dataAt);
    if (mustEscape) break;
    copy(to, HEAD, headBytes);
    writeNumber(to + numberAt, 0, ordinal + <f64>n, index);
    let next = dataTo + encodeBase64(dataAt, data, dataTo);
    if (isKeyed) {
      copy(next, KEY, keyBytes);
      copy(next + keyBytes, keyAt, key);
      next += keyBytes + key;
    }
    copy(next, LAST, lastBytes);
    to = next + lastBytes;
    at = dataAt + data;
  }
  bytesRead = at - PACKED;
  bytesWritten = to - RECORDS;
  return n;
}

/** Whether no byte must be escaped in JSON. */
function isPlain(from: usize, end: usize): bool {
  for (let at = from; at < end; at++) {
    const byte = load<u8>(at);
    if (byte < SPACE || byte == QUOTE || byte == BACKSLASH) return false;
  }
  return true;
}

/** Copies a few bytes: up to 15 more are read and written. */
function copy(to: usize, from: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
}
