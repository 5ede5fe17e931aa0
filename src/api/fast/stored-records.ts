/**
 * Packed records as GetRecords shows them in JSON, in WebAssembly (`kernels/records.ts`): dozens a
 * time, without a text or a call into native code for each.
 */
import { assert } from '../../common/assert.ts';
import { openAnswerKernel } from './answer-kernel.ts';
import type { AnswerKernel } from './answer-kernel.ts';

/** What the records of a run have in common. */
export interface RecordTemplate {
  /** Up to the data, with room for the number. */
  readonly head: Uint8Array;
  readonly numberAt: number;
  /** Between data and key. */
  readonly key: Uint8Array;
  readonly last: Uint8Array;
}

/** Records one after the other, from `at` of `payload` on. */
export interface RecordRun {
  readonly payload: Uint8Array;
  readonly at: number;
  readonly count: number;
  readonly ordinal: number;
  readonly createdSeconds: number;
  readonly shardIndex: number;
  readonly recordSeconds: number;
}

/** How far a run has come. */
export interface RunProgress {
  readonly count: number;
  readonly payloadBytes: number;
  readonly bytes: number;
  /** The next record is one that has to be written otherwise. */
  readonly isStopped: boolean;
}

/** Bytes of memory that a kernel for records needs. */
export const RECORDS_MEMORY_BYTES: number = 256 * 1024;
const HEAD_BYTES_MAX = 512;
const PART_BYTES_MAX = 64;

/** Nothing was written. */
export const NO_RUN: RunProgress = {
  count: 0,
  payloadBytes: 0,
  bytes: 0,
  isStopped: true,
};

/**
 * Writes records of a run to `out` from `at` on, as many as there is room for, at most up to the
 * first one whose key must be escaped; perhaps fewer, perhaps none.
 */
export type WriteRecords = (
  template: RecordTemplate,
  run: RecordRun,
  out: Uint8Array,
  at: number,
) => RunProgress;

/** By a kernel; none at all where there is none. */
export function recordWriter(kernel: AnswerKernel | null): WriteRecords {
  if (kernel === null) return () => NO_RUN;
  const { exports, buffer } = kernel;
  const [headAt, packedAt] = [exports.HEAD.value, exports.PACKED.value];
  const packed = new Uint8Array(buffer, packedAt, exports.PACKED_BYTES_MAX.value);
  const made = new Uint8Array(buffer, exports.RECORDS.value);
  const place = (at: number, bytes: number): Uint8Array => new Uint8Array(buffer, at, bytes);
  const head = place(headAt, HEAD_BYTES_MAX);
  const key = place(headAt + HEAD_BYTES_MAX, PART_BYTES_MAX);
  const last = place(headAt + HEAD_BYTES_MAX + PART_BYTES_MAX, PART_BYTES_MAX);
  // Behind what is written a few bytes more may be.
  const madeMax = made.length - PART_BYTES_MAX;
  return (template, run, out, at) => {
    const { payload, at: from } = run;
    const room = Math.min(out.length - at, madeMax);
    const bytes = Math.min(payload.length - from, room, packed.length);
    assert(template.head.length <= HEAD_BYTES_MAX, 'records: a head of so many bytes');
    head.set(template.head);
    key.set(template.key);
    last.set(template.last);
    packed.set(payload.subarray(from, from + bytes));
    const count = exports.writeRecords(
      bytes,
      run.count,
      room,
      template.head.length,
      template.numberAt,
      template.key.length,
      template.last.length,
      run.createdSeconds,
      run.recordSeconds,
      run.shardIndex,
      run.ordinal,
    );
    const written = exports.bytesWritten.value;
    if (count > 0) out.set(made.subarray(0, written), at);
    return {
      count,
      payloadBytes: exports.bytesRead.value,
      bytes: written,
      isStopped: exports.mustEscape.value !== 0,
    };
  };
}

/** Made when it is first needed. */
class StoredRecords {
  #write: WriteRecords | null = null;

  readonly write: WriteRecords = (template, run, out, at) => {
    this.#write ??= recordWriter(openAnswerKernel(RECORDS_MEMORY_BYTES));
    return this.#write(template, run, out, at);
  };
}

/** One for each thread. */
export const storedRecords: StoredRecords = new StoredRecords();
