/**
 * Kernels that write answers (`kernels/answers.ts`), each in a memory of its own.
 */
import { alignedMemory, Kernel, memoryOf } from '../../common/web-assembly.ts';
import type { KernelNumber } from '../../common/web-assembly.ts';
import { sequenceNumberWeights } from '../../model/sequence-number.ts';
import { ANSWERS_WASM } from './answers-wasm.ts';

/** What the compiled kernel offers; places are addresses in its memory. */
export interface AnswerExports {
  readonly WEIGHTS: KernelNumber;

  readonly TEMPLATE: KernelNumber;
  readonly COLUMNS: KernelNumber;
  readonly ENTRIES: KernelNumber;
  writeEntries(count: number, bytes: number, numberAt: number, shardEnd: number): void;

  readonly HEAD: KernelNumber;
  readonly PACKED: KernelNumber;
  readonly PACKED_BYTES_MAX: KernelNumber;
  readonly RECORDS: KernelNumber;
  readonly bytesRead: KernelNumber;
  readonly bytesWritten: KernelNumber;
  readonly mustEscape: KernelNumber;
  writeRecords(
    bytes: number,
    count: number,
    room: number,
    headBytes: number,
    numberAt: number,
    keyBytes: number,
    lastBytes: number,
    created: number,
    seconds: number,
    index: number,
    ordinal: number,
  ): number;
}

export interface AnswerKernel {
  readonly exports: AnswerExports;
  readonly buffer: ArrayBufferLike;
}

/** Limbs of a weight: one more than a number has, which is zero. */
const WEIGHT_LIMBS = 8;

const answers = new Kernel(ANSWERS_WASM);

/** A kernel in a memory of `bytes` or little more; null where there is none. */
export function openAnswerKernel(bytes: number): AnswerKernel | null {
  const buffer = alignedMemory(bytes)?.buffer;
  const memory = buffer === undefined ? undefined : memoryOf(buffer);
  if (buffer === undefined || memory === undefined || !answers.isUsable) return null;
  const exports = answers.open(memory) as AnswerExports;
  sequenceNumberWeights().forEach((limbs, row) =>
    new Float64Array(buffer, exports.WEIGHTS.value + 8 * WEIGHT_LIMBS * row).set(limbs),
  );
  return { exports, buffer };
}
