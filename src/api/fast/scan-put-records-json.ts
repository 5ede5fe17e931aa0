/**
 * PutRecords from the bytes of a JSON body straight into a RecordBatch: one pass, no string, object
 * or copy per record; base64 is decoded to where the record will be stored.
 *
 * It takes only what needs no thought: no escapes, no duplicate or unknown members, ASCII keys,
 * values within the model's constraints. Anything else gives null, and the general decoder decides
 * and words the error; so what both accept must be the same batch (tested against each other).
 */
import { base64DecodedLength, decodeBase64Into } from '../../common/base64.ts';
import type { Buffers } from '../../common/buffer-pool.ts';
import { hashPartitionKeyInto, parseHashKey } from '../../model/hash-key.ts';
import { PUT_RECORDS_COUNT_MAX, RECORD_BYTES_MAX } from '../../model/limits.ts';
import { packedHeaderBytes, type RecordBatch } from '../../model/record-batch.ts';
import {
  closeBrace,
  closeBracket,
  comma,
  JsonScanner,
  openBrace,
  openBracket,
} from './json-scanner.ts';

export interface ScannedPutRecords {
  readonly StreamName?: string;
  readonly StreamARN?: string;
  readonly batch: RecordBatch;
}

/** Longest ASCII partition key. */
const keyBytesMax = 256;
const nameBytesMax = 128;
const arnBytesMax = 2048;
/** Room beside the decoded data for headers and keys, before the buffer is made larger. */
const packedSlackBytes = 1024;

const streamNamePattern = /^[a-zA-Z0-9_.-]+$/;
const streamArnPattern = /^arn:aws.*:kinesis:.*:\d{12}:stream\/\S+$/;
const hashKeyPattern = /^(0|([1-9]\d{0,38}))$/;

/** Null when the body is anything but the plain case. */
export function scanPutRecordsJson(body: Uint8Array, buffers: Buffers): ScannedPutRecords | null {
  const scanner = new Scanner(body, buffers);
  const scanned = scanner.hasEscapes() ? null : scanner.scan();
  if (scanned === null) scanner.giveUp();
  return scanned;
}

class Scanner extends JsonScanner {
  readonly #buffers: Buffers;
  #packed: Uint8Array;
  #packedEnd = 0;
  readonly #offsets = new Uint32Array(PUT_RECORDS_COUNT_MAX + 1);
  readonly #hashKeys = new Uint32Array(4 * PUT_RECORDS_COUNT_MAX);
  #count = 0;

  constructor(body: Uint8Array, buffers: Buffers) {
    super(body);
    this.#buffers = buffers;
    this.#packed = buffers.take(Math.ceil(body.length * 0.75) + packedSlackBytes);
  }

  giveUp(): void {
    this.#buffers.give(this.#packed);
  }

  scan(): ScannedPutRecords | null {
    let name: string | undefined;
    let arn: string | undefined;
    if (!this.take(openBrace)) return null;
    do {
      if (!this.memberName()) return null;
      if (this.isName('Records')) {
        if (this.#count > 0 || !this.#records()) return null;
      } else if (this.isName('StreamName')) {
        if (name !== undefined || !this.string(nameBytesMax)) return null;
        name = this.text();
        if (!streamNamePattern.test(name)) return null;
      } else if (this.isName('StreamARN')) {
        if (arn !== undefined || !this.string(arnBytesMax) || !this.isAscii()) return null;
        arn = this.text();
        if (!streamArnPattern.test(arn)) return null;
      } else {
        return null;
      }
    } while (this.take(comma));
    if (!this.take(closeBrace) || this.#count === 0) return null;
    this.blanks();
    if (this.at !== this.body.length) return null;
    return {
      ...(name === undefined ? {} : { StreamName: name }),
      ...(arn === undefined ? {} : { StreamARN: arn }),
      batch: this.#batch(),
    };
  }

  #batch(): RecordBatch {
    const packed = this.#packed;
    return {
      count: this.#count,
      release: () => this.#buffers.give(packed),
      packed: packed.subarray(0, this.#packedEnd),
      offsets: this.#offsets.subarray(0, this.#count + 1),
      hashKeys: this.#hashKeys.subarray(0, 4 * this.#count),
    };
  }

  #records(): boolean {
    if (!this.take(openBracket)) return false;
    do {
      if (this.#count === PUT_RECORDS_COUNT_MAX || !this.#record()) return false;
    } while (this.take(comma));
    return this.take(closeBracket);
  }

  #record(): boolean {
    let keyStart = -1;
    let keyEnd = -1;
    let dataStart = -1;
    let dataEnd = -1;
    let hashStart = -1;
    let hashEnd = -1;
    if (!this.take(openBrace)) return false;
    do {
      if (!this.memberName()) return false;
      if (this.isName('Data')) {
        if (dataStart !== -1 || !this.string(this.body.length)) return false;
        dataStart = this.start;
        dataEnd = this.end;
      } else if (this.isName('PartitionKey')) {
        if (keyStart !== -1 || !this.string(keyBytesMax) || !this.isAscii()) return false;
        keyStart = this.start;
        keyEnd = this.end;
      } else if (this.isName('ExplicitHashKey')) {
        if (hashStart !== -1 || !this.string(keyBytesMax)) return false;
        hashStart = this.start;
        hashEnd = this.end;
      } else {
        return false;
      }
    } while (this.take(comma));
    if (!this.take(closeBrace)) return false;
    if (dataStart === -1 || keyStart === -1 || keyStart === keyEnd) return false;
    if (!this.#pack(keyStart, keyEnd, dataStart, dataEnd)) return false;
    if (hashStart === -1) {
      hashPartitionKeyInto(this.body, keyStart, keyEnd, this.#hashKeys, 4 * this.#count);
    } else if (!this.#explicitHash(hashStart, hashEnd)) {
      return false;
    }
    this.#offsets[++this.#count] = this.#packedEnd;
    return true;
  }

  #explicitHash(start: number, end: number): boolean {
    this.start = start;
    this.end = end;
    const text = this.text();
    const words = hashKeyPattern.test(text) ? parseHashKey(text) : null;
    if (words === null) return false;
    this.#hashKeys.set(words, 4 * this.#count);
    return true;
  }

  /** Writes header, key and data of the next record. */
  #pack(keyStart: number, keyEnd: number, dataStart: number, dataEnd: number): boolean {
    const body = this.body;
    const keyBytes = keyEnd - keyStart;
    const dataBytes = base64DecodedLength(body, dataStart, dataEnd);
    if (dataBytes < 0 || dataBytes > RECORD_BYTES_MAX) return false;
    const at = this.#packedEnd;
    const end = at + packedHeaderBytes + keyBytes + dataBytes;
    if (end > this.#packed.length) this.#grow(end);
    const packed = this.#packed;
    packed[at] = dataBytes;
    packed[at + 1] = dataBytes >>> 8;
    packed[at + 2] = dataBytes >>> 16;
    packed[at + 3] = dataBytes >>> 24;
    packed[at + 4] = keyBytes;
    packed[at + 5] = keyBytes >>> 8;
    packed[at + 6] = 0;
    packed[at + 7] = 0;
    let to = at + packedHeaderBytes;
    for (let from = keyStart; from < keyEnd; from++) packed[to++] = body[from]!;
    if (dataBytes > 0 && decodeBase64Into(body, dataStart, dataEnd, packed, to) < 0) return false;
    this.#packedEnd = end;
    return true;
  }

  /** Keys weigh more against short data than the first guess allowed for. */
  #grow(bytes: number): void {
    const larger = this.#buffers.take(Math.max(bytes, this.body.length) + packedSlackBytes);
    larger.set(this.#packed.subarray(0, this.#packedEnd));
    this.#buffers.give(this.#packed);
    this.#packed = larger;
  }
}
