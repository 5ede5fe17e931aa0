/** The plain case of a PutRecords request in CBOR: strings of definite length. */
import {
  isData,
  isExplicitHashKey,
  isPartitionKey,
  isRecords,
  isStreamArn,
  isStreamName,
} from './names';
import * as packing from './packing';

/** Major types, and the one byte that ends items of indefinite length. */
const BYTES: u32 = 2;
const TEXT: u32 = 3;
const ARRAY: u32 = 4;
const MAP: u32 = 5;
const BREAK: u32 = 0xff;

/** The number of items that a break ends. */
const INDEFINITE: u32 = 0xffff_ffff;
/** No head of the kind that was expected. */
const NONE: u64 = ~(<u64>0);

const TEXT_BYTES_MAX: u32 = 2048;
const NAME_BYTES_MAX: u32 = 256;

let at: usize = 0;
let end: usize = 0;
/** The string read last. */
let start: usize = 0;
let length: usize = 0;
/** Items of the list or map entered last. */
let items: u32 = 0;

export function decode(body: usize, bytes: usize, into: usize, words: usize): bool {
  at = body;
  end = body + bytes;
  packing.begin(into, words);
  if (!enter(MAP)) return false;
  const members = items;
  for (let i: u32 = 0; more(i, members); i++) {
    if (!requestMember()) return false;
  }
  return at == end;
}

function requestMember(): bool {
  if (!string(TEXT, NAME_BYTES_MAX)) return false;
  if (isRecords(start, length)) return !packing.hasRecords() && records();
  if (isStreamName(start, length)) return text() && packing.setName(start, length);
  return isStreamArn(start, length) && text() && packing.setArn(start, length);
}

function records(): bool {
  if (!enter(ARRAY)) return false;
  const count = items;
  for (let i: u32 = 0; more(i, count); i++) {
    if (!record()) return false;
  }
  return true;
}

function record(): bool {
  if (!packing.beginRecord() || !enter(MAP)) return false;
  const members = items;
  for (let i: u32 = 0; more(i, members); i++) {
    if (!recordMember()) return false;
  }
  return packing.endRecord();
}

function recordMember(): bool {
  if (!string(TEXT, NAME_BYTES_MAX)) return false;
  if (isData(start, length)) return data();
  if (isPartitionKey(start, length)) return text() && packing.setKey(start, length);
  return isExplicitHashKey(start, length) && text() && packing.setHashKey(start, length);
}

function data(): bool {
  const to = packing.placeOfData();
  if (to == 0 || !string(BYTES, u32.MAX_VALUE)) return false;
  memory.copy(to, start, length);
  return packing.setData(<i32>length);
}

/** Reads a text of ASCII. */
function text(): bool {
  if (!string(TEXT, TEXT_BYTES_MAX)) return false;
  for (let i: usize = 0; i < length; i++) if (load<u8>(start + i) > 0x7f) return false;
  return true;
}

/** Reads a string of definite length. */
function string(major: u32, bytesMax: u32): bool {
  const bytes = argument(major);
  if (bytes > <u64>bytesMax || bytes > <u64>(end - at)) return false;
  start = at;
  length = <usize>bytes;
  at += length;
  return true;
}

/** Reads the head of a list or map; the number of its items is then in `items`. */
function enter(major: u32): bool {
  if (at < end && load<u8>(at) == ((major << 5) | 31)) {
    at++;
    items = INDEFINITE;
    return true;
  }
  const count = argument(major);
  items = <u32>count;
  return count < <u64>INDEFINITE;
}

/** Whether item `i` of `count` comes next; takes the break of an indefinite list or map. */
function more(i: u32, count: u32): bool {
  if (count != INDEFINITE) return i < count;
  if (at >= end || load<u8>(at) != BREAK) return true;
  at++;
  return false;
}

/** The argument of a head of this major type, below 2^32; NONE for anything else. */
function argument(major: u32): u64 {
  if (at >= end) return NONE;
  const head = <u32>load<u8>(at);
  const info = head & 31;
  if (head >> 5 != major || info > 26) return NONE;
  at++;
  if (info < 24) return <u64>info;
  const bytes: usize = (<usize>1) << (info - 24);
  if (end - at < bytes) return NONE;
  const place = at;
  at += bytes;
  if (bytes == 1) return <u64>load<u8>(place);
  return bytes == 2 ? <u64>bswap<u16>(load<u16>(place)) : <u64>bswap<u32>(load<u32>(place));
}
