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

const HEAD: usize = BEHIND;
const KEY: usize = HEAD + 512;
const LAST: usize = KEY + 64;
const IN: usize = 4096;
const IN_BYTES: usize = 64 * 1024;
const OUT: usize = IN + IN_BYTES + 64;

const PACKED_HEADER: usize = 8;
const NO_KEY: u8 = 1;
const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const SPACE: u8 = 0x20;

/** Of the call before: bytes of the records that were written, and of what they became. */
let read: usize = 0;
let written: usize = 0;
/** Whether it has ended at a record whose key must be escaped. */
let escapes: bool = false;

export function placeOfHead(): usize {
  return HEAD;
}

export function placeOfPacked(): usize {
  return IN;
}

export function packedBytesMax(): usize {
  return IN_BYTES;
}

export function placeOfRecords(): usize {
  return OUT;
}

export function bytesRead(): usize {
  return read;
}

export function bytesWritten(): usize {
  return written;
}

export function mustEscape(): bool {
  return escapes;
}

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
  escapes = false;
  let at = IN;
  let to = OUT;
  let n: u32 = 0;
  for (; n < count && at + PACKED_HEADER <= IN + bytes; n++) {
    const data = <usize>load<u32>(at);
    const key = <usize>load<u16>(at, 4);
    const keyAt = at + PACKED_HEADER;
    const dataAt = keyAt + key;
    if (data > bytes || dataAt + data > IN + bytes) break;
    const most = headBytes + ((data + 2) / 3) * 4 + keyBytes + key + lastBytes;
    if (to + most > OUT + room) break;
    const dataTo = to + headBytes;
    const isKeyed = (load<u8>(at, 6) & NO_KEY) == 0;
    escapes = isKeyed && !isPlain(keyAt, dataAt);
    if (escapes) break;
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
  read = at - IN;
  written = to - OUT;
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
