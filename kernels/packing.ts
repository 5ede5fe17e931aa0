/**
 * The packed records of a request while they are being written: `u32 data bytes · u16 key bytes ·
 * u16 zero · key · data` each. Data that comes before its key is put where it would lie behind a
 * key as long as the one before, and moved where that was wrong.
 */
import { crc32, fillTables } from './crc32';
import { parseHashKey } from './hash-key';
import { hashPartitionKeys } from './md5';

const HEADER_BYTES: usize = 8;
const RECORDS_MAX: u32 = 500;
const KEY_BYTES_MAX: usize = 256;
const NAME_BYTES_MAX: usize = 128;
const ARN_BYTES_MAX: usize = 2048;

/** Places in the words, as bytes. */
const OFFSETS: usize = 4 * 4;
const HASH_KEYS: usize = OFFSETS + 4 * 501;
const HAS_SUMS: usize = HASH_KEYS + 4 * 4 * 500;
const SUMS: usize = HAS_SUMS + 4;
const SCRATCH: usize = 4 * 3072;

/** Tables of the CRC: behind what the compiler has placed, within what is the kernels' own. */
const TABLES: usize = 16 * 1024;

if (__heap_base > TABLES) unreachable();
fillTables(TABLES);

let base: usize = 0;
let words: usize = 0;
/** Where the next record goes. */
let to: usize = 0;
let count: u32 = 0;

/** Of the record being read; a length of -1 where it has not come yet. */
let keyAt: usize = 0;
let keyBytes: i32 = -1;
let keyBytesBefore: usize = 0;
let dataAt: usize = 0;
let dataBytes: i32 = -1;
let hasHashKey: bool = false;

let nameAt: usize = 0;
let nameBytes: i32 = -1;
let arnAt: usize = 0;
let arnBytes: i32 = -1;

export function begin(into: usize, atWords: usize): void {
  base = into;
  to = into;
  words = atWords;
  count = 0;
  keyBytesBefore = 0;
  nameBytes = -1;
  arnBytes = -1;
  store<u32>(words + OFFSETS, 0);
}

export function hasRecords(): bool {
  return count > 0;
}

export function beginRecord(): bool {
  keyBytes = -1;
  dataBytes = -1;
  hasHashKey = false;
  return count < RECORDS_MAX;
}

/** Where the data of the record goes, which has not been read yet; 0 where it has. */
export function placeOfData(): usize {
  if (dataBytes >= 0) return 0;
  dataAt = to + HEADER_BYTES + (keyBytes < 0 ? keyBytesBefore : <usize>keyBytes);
  return dataAt;
}

/** So many bytes have been put there; negative where they could not be read. */
export function setData(bytes: i32): bool {
  dataBytes = bytes;
  return bytes >= 0;
}

export function setKey(place: usize, bytes: usize): bool {
  if (keyBytes >= 0 || bytes == 0 || bytes > KEY_BYTES_MAX) return false;
  keyAt = place;
  keyBytes = <i32>bytes;
  return true;
}

export function setHashKey(place: usize, bytes: usize): bool {
  if (hasHashKey) return false;
  hasHashKey = true;
  return parseHashKey(place, bytes, words + HASH_KEYS + ((<usize>count) << 4));
}

export function endRecord(): bool {
  if (keyBytes <= 0 || dataBytes < 0) return false;
  const key = <usize>keyBytes;
  const data = to + HEADER_BYTES + key;
  if (data != dataAt) memory.copy(data, dataAt, dataBytes);
  memory.copy(to + HEADER_BYTES, keyAt, key);
  store<u32>(to, dataBytes);
  // Marked until keys are hashed.
  store<u32>(to, (<u32>key) | (hasHashKey ? 1 << 31 : 0), 4);
  keyBytesBefore = key;
  to = data + dataBytes;
  count++;
  store<u32>(words + OFFSETS + ((<usize>count) << 2), <u32>(to - base));
  return true;
}

export function setName(place: usize, bytes: usize): bool {
  if (nameBytes >= 0 || bytes > NAME_BYTES_MAX) return false;
  nameAt = place;
  nameBytes = <i32>bytes;
  return true;
}

export function setArn(place: usize, bytes: usize): bool {
  if (arnBytes >= 0 || bytes > ARN_BYTES_MAX) return false;
  arnAt = place;
  arnBytes = <i32>bytes;
  return true;
}

/** Completes what was written; gives the number of records. */
export function finish(): u32 {
  if (count == 0) return 0;
  hashPartitionKeys(base, words + OFFSETS, count, words + HASH_KEYS, words + SCRATCH);
  if (nameBytes > 0) memory.copy(to, nameAt, nameBytes);
  if (arnBytes > 0) memory.copy(to + max(0, nameBytes), arnAt, arnBytes);
  store<u32>(words, count);
  store<u32>(words, <u32>(to - base), 4);
  store<u32>(words, nameBytes + 1, 8);
  store<u32>(words, arnBytes + 1, 12);
  store<u32>(words + HAS_SUMS, 0);
  return count;
}

/** Takes the CRC-32 of each of the packed records that are described in `words`. */
export function sumRecords(packed: usize, words: usize): void {
  const count = load<u32>(words);
  let from = packed;
  for (let i: usize = 0; i < <usize>count; i++) {
    const end = packed + load<u32>(words + OFFSETS + (i << 2), 4);
    store<u32>(words + SUMS + (i << 2), crc32(from, end - from, TABLES, words + SCRATCH));
    from = end;
  }
  store<u32>(words + HAS_SUMS, 1);
}
