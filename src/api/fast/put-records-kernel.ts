/**
 * PutRecords from the bytes of a body straight into a RecordBatch, in WebAssembly: one pass, no
 * string, object or copy per record (`kernels/put-records.ts`).
 *
 * It takes only what needs no thought: no escapes, no duplicate or unknown members, ASCII keys,
 * values within the model's constraints. Anything else gives null, and the general decoder decides
 * and words the error; so what both accept must be the same batch (tested against each other).
 */
import { assert } from '../../common/assert.ts';
import type { Buffers } from '../../common/buffer-pool.ts';
import { copyBytes } from '../../common/copy-bytes.ts';
import { DECODE_SLACK_BYTES, DECODE_WORDS, KERNEL_BYTES } from '../../runtime/body-buffers.ts';
import type {
  BodyHeaders,
  BodyKernel,
  BodyKernels,
  DecodeTarget,
  KernelMemory,
  KernelResult,
} from '../../runtime/body-buffers.ts';
import { PUT_RECORDS_COUNT_MAX } from '../../model/limits.ts';
import type { RecordBatch } from '../../model/record-batch.ts';
import { UINT128_WORDS } from '../../common/uint128.ts';
import { Kernel, sharedMemory } from '../../common/web-assembly.ts';
import { CONTENT_TYPE } from '../codec.ts';
import type { Protocol } from '../operation.ts';
import { streamArn, streamName } from '../shapes.ts';
import { PUT_RECORDS_WASM } from './put-records-wasm.ts';

/** What the compiled kernel offers; places are addresses in its memory. */
interface Exports {
  putRecordsJson(body: number, bytes: number, into: number, words: number): number;
  putRecordsCbor(body: number, bytes: number, into: number, words: number): number;
  takeSums(into: number, words: number): void;
  copy(to: number, from: number, bytes: number): void;
}

const ALIGN_BYTES = 16;
/** A scanner's memory is at first as large as most bodies need. */
const SCAN_BYTES_FIRST = 512 * 1024;
/** And is given up after a body that took more than this. */
const SCAN_BYTES_KEPT_MAX = 4 * 1024 * 1024;
/** Words before the offsets, and before the hash keys. */
const HEAD_WORDS = 4;
const HASH_KEYS_AT = HEAD_WORDS + PUT_RECORDS_COUNT_MAX + 1;
/** Whether there are checksums, and these. */
const HAS_SUMS_AT = HASH_KEYS_AT + UINT128_WORDS * PUT_RECORDS_COUNT_MAX;
const SUMS_AT = HAS_SUMS_AT + 1;

/** The ways of decoding; the same numbers and so many more: with a checksum of every record. */
const ways: readonly Protocol[] = ['json', 'cbor'];

export interface ScannedPutRecords {
  readonly StreamName?: string;
  readonly StreamARN?: string;
  readonly batch: RecordBatch;
}

class PutRecordsKernel implements BodyKernel {
  readonly #exports: Exports;

  constructor(exports: Exports) {
    this.#exports = exports;
  }

  decode(way: number, body: Uint8Array, { bytes, words }: DecodeTarget): boolean {
    assert(bytes.length >= body.length + DECODE_SLACK_BYTES, 'kernel: no room for what is made');
    assert(words.length >= DECODE_WORDS, 'kernel: no room for words');
    const { putRecordsJson, putRecordsCbor, takeSums } = this.#exports;
    const decode = ways[way % ways.length] === 'json' ? putRecordsJson : putRecordsCbor;
    const count = decode(body.byteOffset, body.length, bytes.byteOffset, words.byteOffset);
    if (count > 0 && way >= ways.length) takeSums(bytes.byteOffset, words.byteOffset);
    return count > 0;
  }

  copy(to: number, from: number, bytes: number): void {
    this.#exports.copy(to, from, bytes);
  }
}

class PutRecordsKernels implements BodyKernels {
  readonly #kernel = new Kernel(PUT_RECORDS_WASM);

  memory(bytes: number): KernelMemory | null {
    return this.#kernel.isUsable ? sharedMemory(bytes) : null;
  }

  open(memory: KernelMemory): BodyKernel {
    return new PutRecordsKernel(this.#kernel.open(memory) as Exports);
  }
}

/** One for the whole program, so that it is compiled once. */
export const putRecordsKernels: BodyKernels = new PutRecordsKernels();

/**
 * Which of the kernel's ways decodes the body of a request, with checksums where they are wanted;
 * -1 where none does.
 */
export function wayOfPutRecords(headers: BodyHeaders, wantsSums: boolean): number {
  if (headers['x-amz-target'] !== 'Kinesis_20131202.PutRecords') return -1;
  const type = headers['content-type'];
  const way = ways.findIndex((protocol) => CONTENT_TYPE[protocol] === type);
  return way >= 0 && wantsSums ? way + ways.length : way;
}

/** Decodes bodies that are not in a kernel's memory yet, one at a time, in memory of its own. */
export class PutRecordsScanner {
  readonly #kernels: BodyKernels;
  #kernel: BodyKernel | null = null;
  #memory: KernelMemory | null = null;

  constructor(kernels: BodyKernels) {
    this.#kernels = kernels;
  }

  /** Null when the body is anything but the plain case. */
  scan(protocol: Protocol, body: Uint8Array, buffers: Buffers): ScannedPutRecords | null {
    const bytesAt = KERNEL_BYTES + alignedUp(body.length);
    const wordsAt = bytesAt + alignedUp(body.length + DECODE_SLACK_BYTES);
    if (!this.#reserve(wordsAt + 4 * DECODE_WORDS)) return null;
    const { buffer } = this.#memory!;
    const own = new Uint8Array(buffer, KERNEL_BYTES, body.length);
    copyBytes(body, own, 0);
    const target = {
      bytes: new Uint8Array(buffer, bytesAt, body.length + DECODE_SLACK_BYTES),
      words: new Uint32Array(buffer, wordsAt, DECODE_WORDS),
    };
    const isDecoded = this.#kernel!.decode(ways.indexOf(protocol), own, target);
    const scanned = isDecoded ? copied(target, buffers) : null;
    if (buffer.byteLength > SCAN_BYTES_KEPT_MAX) this.#memory = null;
    return scanned;
  }

  #reserve(bytes: number): boolean {
    if (this.#memory !== null && this.#memory.buffer.byteLength >= bytes) return true;
    this.#memory = this.#kernels.memory(Math.max(bytes, SCAN_BYTES_FIRST));
    this.#kernel = this.#memory === null ? null : this.#kernels.open(this.#memory);
    return this.#memory !== null;
  }
}

/** What a kernel has made of a body; good as long as its memory is. Null as for `scan`. */
export function readPutRecords({ bytes, words, gather }: KernelResult): ScannedPutRecords | null {
  const [count = 0, packedBytes = 0] = words;
  const selector = readSelector(bytes, words);
  if (selector === null) return null;
  return {
    ...selector,
    batch: {
      count,
      packed: bytes.subarray(0, packedBytes),
      gather,
      offsets: words.subarray(HEAD_WORDS, HEAD_WORDS + count + 1),
      hashKeys: words.subarray(HASH_KEYS_AT, HASH_KEYS_AT + UINT128_WORDS * count),
      sums: words[HAS_SUMS_AT] === 0 ? undefined : words.subarray(SUMS_AT, SUMS_AT + count),
    },
  };
}

/** The same, in memory of its own. */
function copied({ bytes, words }: DecodeTarget, buffers: Buffers): ScannedPutRecords | null {
  const [count = 0, packedBytes = 0] = words;
  const selector = readSelector(bytes, words);
  if (selector === null) return null;
  const packed = buffers.take(packedBytes);
  copyBytes(bytes.subarray(0, packedBytes), packed, 0);
  return {
    ...selector,
    batch: {
      count,
      packed: packed.subarray(0, packedBytes),
      offsets: words.slice(HEAD_WORDS, HEAD_WORDS + count + 1),
      hashKeys: words.slice(HASH_KEYS_AT, HASH_KEYS_AT + UINT128_WORDS * count),
      release: () => buffers.give(packed),
    },
  };
}

/** The stream's name and ARN, which the kernel leaves unchecked; null where one is not valid. */
function readSelector(
  bytes: Uint8Array,
  words: Uint32Array,
): Pick<ScannedPutRecords, 'StreamName' | 'StreamARN'> | null {
  const [, packedBytes = 0, nameWord = 0, arnWord = 0] = words;
  const nameEnd = packedBytes + Math.max(0, nameWord - 1);
  const StreamName = asciiText(bytes, packedBytes, nameEnd);
  const StreamARN = asciiText(bytes, nameEnd, nameEnd + Math.max(0, arnWord - 1));
  if (nameWord > 0 && !streamName.pattern!.whole.test(StreamName)) return null;
  if (arnWord > 0 && !streamArn.pattern!.whole.test(StreamARN)) return null;
  return { ...(nameWord > 0 && { StreamName }), ...(arnWord > 0 && { StreamARN }) };
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return start === end
    ? ''
    : Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function alignedUp(bytes: number): number {
  return Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
}
