/**
 * awsCbor1.1 (RFC 8949 with one deviation): bodies to plain values, outputs and errors to bytes.
 *
 * Instants are tag 1 with integer epoch *milliseconds*, both ways. Maps, lists and strings of
 * indefinite length are accepted; of members given twice the last counts; byte strings are views
 * into the body, not copies. A body that is truncated, too deep, not UTF-8 where it says text, or
 * followed by anything makes null. Nothing is allocated on the word of a length alone: every item
 * must really be there.
 *
 * Bodies are put together by strangers: depth, UTF-8 and every length are checked before anything
 * is made of them, and blobs are not copied. Why no library reads them: docs/adr/0008; tests
 * compare both directions with one.
 */
import { concat, viewOf } from '../../common/bytes.ts';
import { Timestamp, type Output } from '../operation.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Major types. */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;
const INDEFINITE = 31;
const BREAK = 0xff;
const TAG_INSTANT = 1;

/** Internal: the body is no well-formed CBOR. */
class MalformedError extends Error {}

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Reads one item that may nest `depth` levels further. */
  value(depth: number): unknown {
    const head = this.#byte();
    const major = head >> 5;
    const info = head & 31;
    if (major === SIMPLE) return this.#simple(info);
    if (info === INDEFINITE) return this.#indefinite(major, depth);
    const argument = this.#argument(info);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return -1 - argument;
      case BYTES:
        return this.#take(argument);
      case TEXT:
        return this.#text(this.#take(argument));
      case ARRAY:
        return this.#array(argument, depth);
      case MAP:
        return this.#map(argument, depth);
      default:
        return this.#tagged(argument, depth);
    }
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw new MalformedError();
    return this.#bytes[this.#at++]!;
  }

  /** The number that follows a head; 64-bit ones beyond 2^53 lose their low bits. */
  #argument(info: number): number {
    if (info < 24) return info;
    const size = info > 27 ? 0 : 1 << (info - 24);
    if (size === 0 || this.#at + size > this.#bytes.length) throw new MalformedError();
    const at = this.#at;
    this.#at += size;
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at);
    if (size === 4) return this.#view.getUint32(at);
    return Number(this.#view.getBigUint64(at));
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new MalformedError();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  #text(bytes: Uint8Array): string {
    return decoder.decode(bytes);
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return half(this.#argument(info));
      case 26:
        this.#argument(info);
        return this.#view.getFloat32(this.#at - 4);
      case 27:
        this.#argument(info);
        return this.#view.getFloat64(this.#at - 8);
      default:
        throw new MalformedError();
    }
  }

  #indefinite(major: number, depth: number): unknown {
    switch (major) {
      case BYTES:
        return this.#chunks(BYTES);
      case TEXT:
        return this.#text(this.#chunks(TEXT));
      case ARRAY:
        return this.#array(Infinity, depth);
      case MAP:
        return this.#map(Infinity, depth);
      default:
        throw new MalformedError();
    }
  }

  #chunks(major: number): Uint8Array {
    const chunks: Uint8Array[] = [];
    while (!this.#atBreak()) {
      const head = this.#byte();
      if (head >> 5 !== major || (head & 31) === INDEFINITE) throw new MalformedError();
      chunks.push(this.#take(this.#argument(head & 31)));
    }
    return concat(chunks);
  }

  #atBreak(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at++;
    return true;
  }

  #array(length: number, depth: number): unknown[] {
    if (depth === 0) throw new MalformedError();
    const items: unknown[] = [];
    while (length === Infinity ? !this.#atBreak() : items.length < length) {
      items.push(this.value(depth - 1));
    }
    return items;
  }

  #map(length: number, depth: number): object {
    if (depth === 0) throw new MalformedError();
    // Without a prototype, so that no key has a meaning of its own.
    const map = Object.create(null) as Record<string, unknown>;
    for (let i = 0; length === Infinity ? !this.#atBreak() : i < length; i++) {
      const key = this.value(0);
      if (typeof key !== 'string') throw new MalformedError();
      map[key] = this.value(depth - 1);
    }
    return map;
  }

  #tagged(tag: number, depth: number): unknown {
    if (depth === 0) throw new MalformedError();
    const value = this.value(depth - 1);
    if (tag !== TAG_INSTANT) return value;
    if (typeof value !== 'number') throw new MalformedError();
    return new Timestamp(Math.floor(value));
  }
}

/** IEEE 754 half precision. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The map a body holds, or null. */
export function decodeCbor(body: Uint8Array, depthMax: number): object | null {
  const reader = new CborReader(body);
  try {
    // Only a map may be the body: look before reading, so that nothing else is built at all.
    if (body.length === 0 || body[0]! >> 5 !== MAP) return null;
    const value = reader.value(depthMax);
    return reader.done ? (value as object) : null;
  } catch (error) {
    if (error instanceof MalformedError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Writes the head of an item: major type and argument. Returns the position after it. */
export function writeCborHead(
  target: Uint8Array,
  at: number,
  major: number,
  argument: number,
): number {
  const type = major << 5;
  if (argument < 24) {
    target[at] = type | argument;
    return at + 1;
  }
  const size = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < 2 ** 32 ? 4 : 8;
  target[at] = type | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27);
  let rest = argument;
  for (let i = size; i > 0; i--) {
    target[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + 1 + size;
}

/** Bytes a head takes at most. */
export const CBOR_HEAD_BYTES_MAX = 9;

/** Bytes of an output; members that are undefined are left out. */
export function encodeCbor(output: Exclude<Output, null>): Uint8Array {
  const parts: Uint8Array[] = [];
  write(parts, output);
  return concat(parts);
}

function head(parts: Uint8Array[], major: number, argument: number): void {
  const bytes = new Uint8Array(CBOR_HEAD_BYTES_MAX);
  parts.push(bytes.subarray(0, writeCborHead(bytes, 0, major, argument)));
}

function write(parts: Uint8Array[], value: unknown): void {
  if (typeof value === 'number') return writeNumber(parts, value);
  if (typeof value === 'string') {
    const bytes = encoder.encode(value);
    head(parts, TEXT, bytes.length);
    parts.push(bytes);
  } else if (value instanceof Uint8Array) {
    head(parts, BYTES, value.length);
    parts.push(value);
  } else if (value instanceof Timestamp) {
    head(parts, TAG, TAG_INSTANT);
    writeNumber(parts, value.ms);
  } else if (Array.isArray(value)) {
    head(parts, ARRAY, value.length);
    for (const item of value) write(parts, item);
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    head(parts, MAP, members.length);
    for (const [name, member] of members) {
      write(parts, name);
      write(parts, member);
    }
  } else {
    head(parts, SIMPLE, value === true ? 21 : value === false ? 20 : 22);
  }
}

function writeNumber(parts: Uint8Array[], value: number): void {
  if (Number.isSafeInteger(value)) {
    if (value < 0) head(parts, NEGATIVE, -1 - value);
    else head(parts, UNSIGNED, value);
    return;
  }
  const bytes = new Uint8Array(9);
  bytes[0] = (SIMPLE << 5) | 27;
  new DataView(bytes.buffer).setFloat64(1, value);
  parts.push(bytes);
}
