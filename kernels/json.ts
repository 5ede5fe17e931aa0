/** The plain case of a PutRecords request in JSON. */
import { decodeBase64, fault } from './base64';
import {
  isData,
  isExplicitHashKey,
  isPartitionKey,
  isRecords,
  isStreamArn,
  isStreamName,
} from './names';
import * as packing from './packing';

/** The longest string but data. */
const TEXT_BYTES_MAX: usize = 2048;

/** Where the next byte is read, and the end of the text. */
let at: usize = 0;
let end: usize = 0;
/** The string read last, without its quotes. */
let start: usize = 0;
let length: usize = 0;

export function decode(body: usize, bytes: usize, into: usize, words: usize): bool {
  at = body;
  end = body + bytes;
  packing.begin(into, words);
  if (!take(0x7b)) return false;
  do {
    if (!memberName() || !requestMember()) return false;
  } while (take(0x2c));
  if (!take(0x7d)) return false;
  blanks();
  return at == end;
}

function requestMember(): bool {
  if (isRecords(start, length)) return !packing.hasRecords() && records();
  if (isStreamName(start, length)) return string() && packing.setName(start, length);
  return isStreamArn(start, length) && string() && packing.setArn(start, length);
}

function records(): bool {
  if (!take(0x5b)) return false;
  do {
    if (!record()) return false;
  } while (take(0x2c));
  return take(0x5d);
}

function record(): bool {
  if (!packing.beginRecord() || !take(0x7b)) return false;
  do {
    if (!memberName() || !recordMember()) return false;
  } while (take(0x2c));
  return take(0x7d) && packing.endRecord();
}

function recordMember(): bool {
  if (isData(start, length)) return data();
  if (isPartitionKey(start, length)) return string() && packing.setKey(start, length);
  return isExplicitHashKey(start, length) && string() && packing.setHashKey(start, length);
}

function data(): bool {
  const to = packing.placeOfData();
  if (to == 0 || !take(0x22)) return false;
  const bytes = decodeBase64(at, end, to);
  at = fault + 1;
  return packing.setData(bytes);
}

/** Reads the name of a member and the colon behind it. */
function memberName(): bool {
  return string() && take(0x3a);
}

/** Reads a string of printable ASCII without escapes. */
function string(): bool {
  if (!take(0x22)) return false;
  start = at;
  const limit = min(end, at + TEXT_BYTES_MAX + 1);
  for (let next = at; next < limit; next++) {
    const byte = load<u8>(next);
    if (byte == 0x22) {
      length = next - start;
      at = next + 1;
      return true;
    }
    if (byte < 0x20 || byte > 0x7f || byte == 0x5c) return false;
  }
  return false;
}

/** Passes white space and then `byte`, if that comes next. */
function take(byte: u8): bool {
  if (at < end && load<u8>(at) == byte) {
    at++;
    return true;
  }
  blanks();
  if (at >= end || load<u8>(at) != byte) return false;
  at++;
  return true;
}

function blanks(): void {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return;
    at++;
  }
}
