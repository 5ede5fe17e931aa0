/**
 * PutRecords from the bytes of a CBOR body straight into a RecordBatch: one pass, no string, object
 * or copy per record besides the one into the batch.
 *
 * Like its JSON sibling it takes only what needs no thought (strings of definite length, ASCII
 * keys, no duplicate or unknown members, values within the model's constraints); for anything else
 * it gives null, and the general decoder decides. A record takes more room in CBOR than packed, so
 * the batch always fits a buffer as large as the body.
 */
import type { BufferPool } from '../../common/buffer-pool.ts';
import { writeU16, writeU32 } from '../../common/bytes.ts';
import { UINT128_WORDS } from '../../common/uint128.ts';
import { hashPartitionKeyInto, parseHashKey } from '../../model/hash-key.ts';
import { PUT_RECORDS_COUNT_MAX, RECORD_BYTES_MAX } from '../../model/limits.ts';
import { packedHeaderBytes } from '../../model/record-batch.ts';
import { hashKey, streamArn, streamName } from '../shapes.ts';
import type { ScannedPutRecords } from './scan-put-records-json.ts';

/** Major types and the one byte that ends items of indefinite length. */
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const BREAK = 0xff;

const KEY_BYTES_MAX = 256;
const NAME_BYTES_MAX = 2048;

/** Null when the body is anything but the plain case. */
export function scanPutRecordsCbor(
  body: Uint8Array,
  buffers: BufferPool,
): ScannedPutRecords | null {
  const scanner = new Scanner(body, buffers);
  const scanned = scanner.scan();
  if (scanned === null) scanner.giveUp();
  return scanned;
}

class Scanner {
  readonly #body: Uint8Array;
  readonly #buffers: BufferPool;
  #at = 0;
  /** Bounds of the string read last. */
  #start = 0;
  #end = 0;
  /** Items of the list or map entered last; Infinity when a break ends it. */
  #items = 0;
  readonly #packed: Uint8Array;
  #packedEnd = 0;
  readonly #offsets = new Uint32Array(PUT_RECORDS_COUNT_MAX + 1);
  readonly #hashKeys = new Uint32Array(UINT128_WORDS * PUT_RECORDS_COUNT_MAX);
  #count = 0;

  constructor(body: Uint8Array, buffers: BufferPool) {
    this.#body = body;
    this.#buffers = buffers;
    this.#packed = buffers.take(body.length);
  }

  giveUp(): void {
    this.#buffers.give(this.#packed);
  }

  scan(): ScannedPutRecords | null {
    let name: string | undefined;
    let arn: string | undefined;
    if (!this.#enter(MAP)) return null;
    const members = this.#items;
    for (let i = 0; this.#more(i, members); i++) {
      if (!this.#string(TEXT, KEY_BYTES_MAX)) return null;
      if (this.#isName('Records')) {
        if (this.#count > 0 || !this.#records()) return null;
      } else if (this.#isName('StreamName')) {
        if (name !== undefined || !this.#string(TEXT, NAME_BYTES_MAX)) return null;
        name = this.#text();
        if (name.length > streamName.lengthMax! || !streamName.pattern!.whole.test(name))
          return null;
      } else if (this.#isName('StreamARN')) {
        if (arn !== undefined || !this.#string(TEXT, NAME_BYTES_MAX) || !this.#isAscii())
          return null;
        arn = this.#text();
        if (!streamArn.pattern!.whole.test(arn)) return null;
      } else {
        return null;
      }
    }
    if (this.#at !== this.#body.length || this.#count === 0) return null;
    const packed = this.#packed;
    return {
      ...(name === undefined ? {} : { StreamName: name }),
      ...(arn === undefined ? {} : { StreamARN: arn }),
      batch: {
        count: this.#count,
        release: () => this.#buffers.give(packed),
        packed: packed.subarray(0, this.#packedEnd),
        offsets: this.#offsets.subarray(0, this.#count + 1),
        hashKeys: this.#hashKeys.subarray(0, UINT128_WORDS * this.#count),
      },
    };
  }

  #records(): boolean {
    if (!this.#enter(ARRAY)) return false;
    const records = this.#items;
    for (let i = 0; this.#more(i, records); i++) {
      if (this.#count === PUT_RECORDS_COUNT_MAX || !this.#record()) return false;
    }
    return true;
  }

  #record(): boolean {
    let keyStart = -1;
    let keyEnd = -1;
    let dataStart = -1;
    let dataEnd = -1;
    let explicit: string | undefined;
    if (!this.#enter(MAP)) return false;
    const members = this.#items;
    for (let i = 0; this.#more(i, members); i++) {
      if (!this.#string(TEXT, KEY_BYTES_MAX)) return false;
      if (this.#isName('Data')) {
        if (dataStart !== -1 || !this.#string(BYTES, RECORD_BYTES_MAX)) return false;
        dataStart = this.#start;
        dataEnd = this.#end;
      } else if (this.#isName('PartitionKey')) {
        if (keyStart !== -1 || !this.#string(TEXT, KEY_BYTES_MAX) || !this.#isAscii()) return false;
        keyStart = this.#start;
        keyEnd = this.#end;
      } else if (this.#isName('ExplicitHashKey')) {
        if (explicit !== undefined || !this.#string(TEXT, KEY_BYTES_MAX)) return false;
        explicit = this.#text();
      } else {
        return false;
      }
    }
    if (dataStart === -1 || keyStart === -1 || keyStart === keyEnd) return false;
    if (!this.#place(keyStart, keyEnd, explicit)) return false;
    this.#pack(keyStart, keyEnd, dataStart, dataEnd);
    return true;
  }

  #place(keyStart: number, keyEnd: number, explicit: string | undefined): boolean {
    const at = UINT128_WORDS * this.#count;
    if (explicit === undefined) {
      hashPartitionKeyInto(this.#body, keyStart, keyEnd, this.#hashKeys, at);
      return true;
    }
    const words = hashKey.pattern!.whole.test(explicit) ? parseHashKey(explicit) : null;
    if (words === null) return false;
    this.#hashKeys.set(words, at);
    return true;
  }

  #pack(keyStart: number, keyEnd: number, dataStart: number, dataEnd: number): void {
    const packed = this.#packed;
    const at = this.#packedEnd;
    writeU32(packed, at, dataEnd - dataStart);
    writeU16(packed, at + 4, keyEnd - keyStart);
    packed[at + 6] = 0;
    packed[at + 7] = 0;
    let to = at + packedHeaderBytes;
    for (let from = keyStart; from < keyEnd; from++) packed[to++] = this.#body[from]!;
    packed.set(this.#body.subarray(dataStart, dataEnd), to);
    this.#packedEnd = to + dataEnd - dataStart;
    this.#offsets[++this.#count] = this.#packedEnd;
  }

  /** Reads the head of a list or map; the number of its items is then in #items. */
  #enter(major: number): boolean {
    const head = this.#body[this.#at];
    if (head === ((major << 5) | 31)) {
      this.#at++;
      this.#items = Infinity;
      return true;
    }
    this.#items = this.#argument(major);
    return this.#items >= 0;
  }

  /** Whether item `i` of `items` comes next; takes the break of an indefinite list or map. */
  #more(i: number, items: number): boolean {
    if (items !== Infinity) return i < items;
    if (this.#body[this.#at] !== BREAK) return true;
    this.#at++;
    return false;
  }

  /** The argument of a head of this major type, below 2^32; -1 for anything else. */
  #argument(major: number): number {
    const body = this.#body;
    const head = body[this.#at];
    if (head === undefined || head >> 5 !== major) return -1;
    const info = head & 31;
    const size = info < 24 ? 0 : info > 26 ? -1 : 1 << (info - 24);
    if (size < 0 || this.#at + 1 + size > body.length) return -1;
    this.#at++;
    if (size === 0) return info;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + body[this.#at++]!;
    return value;
  }

  /** Reads a string of definite length; its bounds are then in #start and #end. */
  #string(major: number, bytesMax: number): boolean {
    const length = this.#argument(major);
    if (length < 0 || length > bytesMax || this.#at + length > this.#body.length) return false;
    this.#start = this.#at;
    this.#end = this.#at + length;
    this.#at = this.#end;
    return true;
  }

  #isName(name: string): boolean {
    const start = this.#start;
    if (this.#end - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      if (this.#body[start + i] !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  #isAscii(): boolean {
    for (let i = this.#start; i < this.#end; i++) if (this.#body[i]! > 0x7f) return false;
    return true;
  }

  /** The string read last, which is ASCII or will fit no pattern. */
  #text(): string {
    let text = '';
    for (let i = this.#start; i < this.#end; i++) text += String.fromCharCode(this.#body[i]!);
    return text;
  }
}
