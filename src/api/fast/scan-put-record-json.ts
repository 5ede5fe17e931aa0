/**
 * PutRecord from the bytes of a JSON body straight into a batch of one; the rules are those of
 * `put-records-kernel.ts`: what needs thought gives null and is left to the general decoder.
 */
import { base64DecodedLength, decodeBase64Into } from '../../common/base64.ts';
import type { Buffers } from '../../common/buffer-pool.ts';
import { writeU16, writeU32 } from '../../common/bytes.ts';
import { UINT128_WORDS } from '../../common/uint128.ts';
import { hashPartitionKeyInto, parseHashKey } from '../../model/hash-key.ts';
import { RECORD_BYTES_MAX } from '../../model/limits.ts';
import { packedHeaderBytes, type RecordBatch } from '../../model/record-batch.ts';
import { hashKey, streamArn, streamName } from '../shapes.ts';
import { closeBrace, comma, JsonScanner, openBrace } from './json-scanner.ts';
import type { PutInput } from '../put-rules.ts';
import type { StreamSelector } from '../stream-selector.ts';

/** Longest ASCII partition key. */
const KEY_BYTES_MAX = 256;

/** Larger records are put into a lent buffer: Node cuts what is smaller from memory of many. */
const OWN_BYTES_MAX = 4 * 1024;

/** Null when the body is anything but the plain case; `buffers` are for large records. */
export function scanPutRecordJson(
  body: Uint8Array,
  buffers: Buffers,
): (StreamSelector & PutInput) | null {
  const scanner = new Scanner(body, buffers);
  return scanner.hasEscapes() ? null : scanner.scan();
}

class Scanner extends JsonScanner {
  readonly #buffers: Buffers;
  #name: string | undefined;
  #arn: string | undefined;
  #explicit: string | undefined;
  #keyStart = -1;
  #keyEnd = -1;
  #dataStart = -1;
  #dataEnd = -1;

  constructor(body: Uint8Array, buffers: Buffers) {
    super(body);
    this.#buffers = buffers;
  }

  scan(): (StreamSelector & PutInput) | null {
    if (!this.take(openBrace)) return null;
    do {
      if (!this.memberName() || !this.#member()) return null;
    } while (this.take(comma));
    if (!this.take(closeBrace)) return null;
    this.blanks();
    if (this.at !== this.body.length) return null;
    if (this.#dataStart === -1 || this.#keyStart === this.#keyEnd) return null;
    const batch = this.#batch();
    if (batch === null) return null;
    return {
      StreamName: this.#name,
      StreamARN: this.#arn,
      batch,
      invalidHashKey: null,
      dryRun: false,
    };
  }

  /** Reads the value of the member whose name was read last. */
  #member(): boolean {
    if (this.isName('Data')) {
      if (this.#dataStart !== -1 || !this.string(this.body.length)) return false;
      this.#dataStart = this.start;
      this.#dataEnd = this.end;
      return true;
    }
    if (this.isName('PartitionKey')) {
      if (this.#keyStart !== -1 || !this.string(KEY_BYTES_MAX) || !this.isAscii()) return false;
      this.#keyStart = this.start;
      this.#keyEnd = this.end;
      return true;
    }
    if (this.isName('StreamName')) {
      if (this.#name !== undefined || !this.string(streamName.lengthMax!)) return false;
      this.#name = this.text();
      return streamName.pattern!.whole.test(this.#name);
    }
    if (this.isName('StreamARN')) {
      if (this.#arn !== undefined || !this.string(streamArn.lengthMax!)) return false;
      this.#arn = this.text();
      return this.isAscii() && streamArn.pattern!.whole.test(this.#arn);
    }
    if (!this.isName('ExplicitHashKey')) return false;
    if (this.#explicit !== undefined || !this.string(KEY_BYTES_MAX)) return false;
    this.#explicit = this.text();
    return hashKey.pattern!.whole.test(this.#explicit);
  }

  #batch(): RecordBatch | null {
    const { body } = this;
    const keyBytes = this.#keyEnd - this.#keyStart;
    const dataBytes = base64DecodedLength(body, this.#dataStart, this.#dataEnd);
    if (dataBytes < 0 || dataBytes > RECORD_BYTES_MAX) return null;
    const dataAt = packedHeaderBytes + keyBytes;
    const bytes = dataAt + dataBytes;
    const buffers = bytes > OWN_BYTES_MAX ? this.#buffers : null;
    const buffer = buffers === null ? Buffer.allocUnsafe(bytes) : buffers.take(bytes);
    const packed = buffers === null ? buffer : buffer.subarray(0, bytes);
    writeU32(packed, 0, dataBytes);
    writeU16(packed, 4, keyBytes);
    packed[6] = 0;
    packed[7] = 0;
    let to = packedHeaderBytes;
    for (let from = this.#keyStart; from < this.#keyEnd; from++) packed[to++] = body[from]!;
    if (decodeBase64Into(body, this.#dataStart, this.#dataEnd, packed, dataAt) < 0) return null;
    const hashKeys = this.#hashKey();
    if (hashKeys === null) return null;
    const offsets = new Uint32Array(2);
    offsets[1] = bytes;
    if (buffers === null) return { count: 1, packed, offsets, hashKeys };
    return { count: 1, packed, offsets, hashKeys, release: () => buffers.give(buffer) };
  }

  #hashKey(): Uint32Array | null {
    if (this.#explicit !== undefined) return parseHashKey(this.#explicit);
    const words = new Uint32Array(UINT128_WORDS);
    hashPartitionKeyInto(this.body, this.#keyStart, this.#keyEnd, words, 0);
    return words;
  }
}
