/**
 * Entries of stored records in the answer of PutRecords, in WebAssembly (`kernels/entries.ts`):
 * hundreds of records a time, mostly of different shards, whose numbers have 56 digits each.
 */
import { assert } from '../../common/assert.ts';
import { viewOf } from '../../common/bytes.ts';
import { PUT_RECORDS_COUNT_MAX } from '../../model/limits.ts';
import { SequenceNumberWriter } from '../../model/sequence-number.ts';
import { writeShardDigits } from '../../model/shard-id.ts';
import type { AppendResult } from '../ports.ts';
import { openAnswerKernel } from './answer-kernel.ts';
import type { AnswerKernel } from './answer-kernel.ts';

/** The entry of a stored record whose digits are all zero, and its separator. */
export interface EntryTemplate {
  readonly bytes: Uint8Array;
  readonly numberAt: number;
  /** Where the digits of the shard end. */
  readonly shardEnd: number;
}

const TEMPLATE_BYTES_MAX = 1024;

/**
 * Writes the entries of records `[first, end)` of a result, all stored, to `out` from `at` on.
 */
export type WriteEntries = (
  template: EntryTemplate,
  result: AppendResult,
  first: number,
  end: number,
  out: Uint8Array,
  at: number,
) => void;

function kernelWriter({ exports: kernel, buffer }: AnswerKernel): WriteEntries {
  const count = PUT_RECORDS_COUNT_MAX;
  const columns = kernel.COLUMNS.value;
  const column = (n: number): Float64Array =>
    new Float64Array(buffer, columns + 8 * count * n, count);
  const [ordinals, arrivals, created] = [column(0), column(1), column(2)];
  const indexes = new Uint32Array(buffer, columns + 8 * count * 3, count);
  const templates = new Uint8Array(buffer, kernel.TEMPLATE.value, TEMPLATE_BYTES_MAX);
  const made = new Uint8Array(buffer, kernel.ENTRIES.value);
  let templateBefore: EntryTemplate | null = null;
  return (template, result, first, end, out, at) => {
    const { bytes, numberAt, shardEnd } = template;
    const written = (end - first) * bytes.length;
    assert(end - first <= count, 'entries: more records than a call may have');
    assert(written + bytes.length <= made.length, 'entries: no room');
    if (template !== templateBefore) {
      templates.set(bytes);
      templateBefore = template;
    }
    ordinals.set(result.ordinals.subarray(first, end));
    arrivals.set(result.arrivalMs.subarray(first, end));
    created.set(result.createdSeconds.subarray(first, end));
    indexes.set(result.shardIndexes.subarray(first, end));
    kernel.writeEntries(end - first, bytes.length, numberAt, shardEnd);
    out.set(made.subarray(0, written), at);
  };
}

/** The same where there is no WebAssembly. */
function plainWriter(): WriteEntries {
  const numbers = new SequenceNumberWriter(0, 0);
  return (template, result, first, end, out, at) => {
    const { bytes, numberAt, shardEnd } = template;
    const view = viewOf(out);
    for (let i = first, to = at; i < end; i++, to += bytes.length) {
      const seconds = Math.floor(result.arrivalMs[i]! / 1000);
      out.set(bytes, to);
      numbers.begin(result.createdSeconds[i]!, result.shardIndexes[i]!);
      numbers.writeInto(out, to + numberAt, result.ordinals[i]!, seconds);
      writeShardDigits(view, to + shardEnd, result.shardIndexes[i]!);
    }
  };
}

/** What writes entries, by a kernel or without one. */
export function entryWriter(kernel: AnswerKernel | null): WriteEntries {
  return kernel === null ? plainWriter() : kernelWriter(kernel);
}

/** Bytes of memory that such a kernel needs. */
export const ENTRIES_MEMORY_BYTES: number = 128 * 1024;

/** Made when it is first needed: a server that is not written to does without. */
class StoredEntries {
  #write: WriteEntries | null = null;

  readonly write: WriteEntries = (template, result, first, end, out, at) => {
    this.#write ??= entryWriter(openAnswerKernel(ENTRIES_MEMORY_BYTES));
    this.#write(template, result, first, end, out, at);
  };
}

/** One for each thread. */
export const storedEntries: StoredEntries = new StoredEntries();
