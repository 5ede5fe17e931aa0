/**
 * Entries of stored records in the answer of PutRecords, in WebAssembly (`kernels/entries.ts`):
 * hundreds of records a time, mostly of different shards, whose numbers have 56 digits each.
 */
import { assert } from '../../common/assert.ts';
import { viewOf } from '../../common/bytes.ts';
import { alignedMemory, compiled, exportsOf, memoryOf } from '../../common/web-assembly.ts';
import { PUT_RECORDS_COUNT_MAX } from '../../model/limits.ts';
import { SequenceNumberWriter, sequenceNumberWeights } from '../../model/sequence-number.ts';
import { writeShardDigits } from '../../model/shard-id.ts';
import type { AppendResult } from '../ports.ts';
import { ENTRIES_WASM } from './entries-wasm.ts';

/** The entry of a stored record whose digits are all zero, and its separator. */
export interface EntryTemplate {
  readonly bytes: Uint8Array;
  readonly numberAt: number;
  /** Where the digits of the shard end. */
  readonly shardEnd: number;
}

interface Exports {
  weights(): number;
  template(): number;
  columns(): number;
  out(): number;
  write(count: number, bytes: number, numberAt: number, shardEnd: number): void;
}

const MEMORY_BYTES = 128 * 1024;
const TEMPLATE_BYTES_MAX = 1024;
/** Limbs of a weight: one more than a number has, which is zero. */
const WEIGHT_LIMBS = 8;

/** Writes answers, one piece at a time. */
export interface EntryWriter {
  /**
   * Writes the entries of records `[first, end)` of a result, all stored, to `out` from `at` on.
   */
  write(
    template: EntryTemplate,
    result: AppendResult,
    first: number,
    end: number,
    out: Uint8Array,
    at: number,
  ): void;
}

class KernelWriter implements EntryWriter {
  readonly #exports: Exports;
  readonly #templates: Uint8Array;
  readonly #ordinals: Float64Array;
  readonly #arrivalMs: Float64Array;
  readonly #createdSeconds: Float64Array;
  readonly #indexes: Uint32Array;
  readonly #out: Uint8Array;
  #template: EntryTemplate | null = null;

  constructor({ buffer }: Uint8Array, memory: object) {
    this.#exports = exportsOf(compiled(Buffer.from(ENTRIES_WASM, 'base64')), memory) as Exports;
    const { weights, template, columns, out } = this.#exports;
    sequenceNumberWeights().forEach((limbs, row) =>
      new Float64Array(buffer, weights() + 8 * WEIGHT_LIMBS * row).set(limbs),
    );
    const count = PUT_RECORDS_COUNT_MAX;
    const column = (n: number): Float64Array =>
      new Float64Array(buffer, columns() + 8 * count * n, count);
    this.#templates = new Uint8Array(buffer, template(), TEMPLATE_BYTES_MAX);
    this.#ordinals = column(0);
    this.#arrivalMs = column(1);
    this.#createdSeconds = column(2);
    this.#indexes = new Uint32Array(buffer, columns() + 8 * count * 3, count);
    this.#out = new Uint8Array(buffer, out());
  }

  write(
    template: EntryTemplate,
    result: AppendResult,
    first: number,
    end: number,
    out: Uint8Array,
    at: number,
  ): void {
    const { bytes, numberAt, shardEnd } = template;
    const written = (end - first) * bytes.length;
    assert(end - first <= PUT_RECORDS_COUNT_MAX, 'entries: more records than a call may have');
    assert(written + bytes.length <= this.#out.length, 'entries: no room');
    if (template !== this.#template) {
      this.#templates.set(bytes);
      this.#template = template;
    }
    this.#ordinals.set(result.ordinals.subarray(first, end));
    this.#arrivalMs.set(result.arrivalMs.subarray(first, end));
    this.#createdSeconds.set(result.createdSeconds.subarray(first, end));
    this.#indexes.set(result.shardIndexes.subarray(first, end));
    this.#exports.write(end - first, bytes.length, numberAt, shardEnd);
    out.set(this.#out.subarray(0, written), at);
  }
}

/** The same where there is no WebAssembly. */
class PlainWriter implements EntryWriter {
  readonly #numbers = new SequenceNumberWriter(0, 0);

  write(
    template: EntryTemplate,
    result: AppendResult,
    first: number,
    end: number,
    out: Uint8Array,
    at: number,
  ): void {
    const { bytes, numberAt, shardEnd } = template;
    const view = viewOf(out);
    for (let i = first, to = at; i < end; i++, to += bytes.length) {
      const seconds = Math.floor(result.arrivalMs[i]! / 1000);
      out.set(bytes, to);
      this.#numbers.begin(result.createdSeconds[i]!, result.shardIndexes[i]!);
      this.#numbers.writeInto(out, to + numberAt, result.ordinals[i]!, seconds);
      writeShardDigits(view, to + shardEnd, result.shardIndexes[i]!);
    }
  }
}

/** A writer in `room`, which is WebAssembly's or null. */
export function entryWriterIn(room: Uint8Array | null): EntryWriter {
  const memory = room === null ? undefined : memoryOf(room.buffer);
  return memory === undefined ? new PlainWriter() : new KernelWriter(room!, memory);
}

let shared: EntryWriter | null = null;

/** The one of this thread, made when it is first needed. */
export function entryWriter(): EntryWriter {
  shared ??= entryWriterIn(alignedMemory(MEMORY_BYTES));
  return shared;
}
