/**
 * CRC-32 of parts of one memory, as `crc32` gives it: where the memory is a WebAssembly one, by a
 * kernel that computes in it (docs/adr/0014-kernels.md), in a third of the time.
 */
import { assert } from './assert.ts';
import { crc32 } from './crc32.ts';
import { SUMS_WASM } from './sums-wasm.ts';
import { Kernel, memoryOf } from './web-assembly.ts';
import type { KernelNumber } from './web-assembly.ts';

/** The CRC-32 of `bytes` bytes from `start` on, as an unsigned 32-bit number. */
export type PartSum = (start: number, bytes: number) => number;

/** What a kernel needs for itself, bytes. */
export const SUM_ROOM_BYTES: number = 20 * 1024;

interface Exports {
  readonly ROOM_BYTES: KernelNumber;
  prepare(room: number): void;
  sum(from: number, bytes: number, room: number): number;
}

const sums = new Kernel(SUMS_WASM);

/** Sums parts of the memory that `bytes` begins, but for its last `SUM_ROOM_BYTES`. */
export function partSums(bytes: Uint8Array): PartSum {
  const { buffer } = bytes;
  const memory = memoryOf(buffer);
  if (memory === undefined || !sums.isUsable) {
    return (start, length) => crc32(new Uint8Array(buffer, start, length));
  }
  const kernel = sums.open(memory) as Exports;
  assert(kernel.ROOM_BYTES.value <= SUM_ROOM_BYTES, 'part sums: the kernel has no room');
  const room = bytes.length - SUM_ROOM_BYTES;
  kernel.prepare(room);
  return (start, length) => kernel.sum(start, length, room) >>> 0;
}
