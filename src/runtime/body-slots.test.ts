import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherFrom } from '../common/pieces.ts';
import type { BodyKernel } from './body-buffers.ts';
import { gatherIn, slotsRoom, targetOf } from './body-slots.ts';

const SLOT_BYTES = 64 * 1024;

/** What kernels do in their memory, and how many bytes of it. */
class CountedKernel implements BodyKernel {
  copied = 0;
  readonly #bytes: Uint8Array;

  constructor(buffer: ArrayBufferLike) {
    this.#bytes = new Uint8Array(buffer);
  }
  decode(): boolean {
    return false;
  }
  copy(to: number, from: number, bytes: number): void {
    this.#bytes.copyWithin(to, from, from + bytes);
    this.copied += bytes;
  }
}

const memory = { buffer: new SharedArrayBuffer(slotsRoom(1, SLOT_BYTES)) };
const slots = { slots: 1, slotBytes: SLOT_BYTES, memory };
const { bytes } = targetOf(slots, 0);
for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31) ^ (at >>> 8);

/** Lengths of pieces that lie back to back from a start on. */
interface Stretch {
  readonly start: number;
  readonly lengths: readonly number[];
}

const alike = (length: number, count: number): number[] => new Array<number>(count).fill(length);

const cases: { what: string; stretches: Stretch[]; byKernel: number }[] = [
  { what: 'one', stretches: [{ start: 3, lengths: [100] }], byKernel: 0 },
  { what: 'one stretch', stretches: [{ start: 3, lengths: alike(50, 9) }], byKernel: 0 },
  {
    what: 'short ones',
    stretches: [
      { start: 900, lengths: [7, 8] },
      { start: 1, lengths: [9] },
      { start: 500, lengths: [1, 1] },
    ],
    byKernel: 26,
  },
  {
    what: 'long ones between short ones',
    stretches: [
      { start: 5, lengths: [7] },
      { start: 2000, lengths: alike(1091, 20) },
      { start: 50, lengths: [1, 2, 3] },
      { start: 30_001, lengths: [16_000, 9] },
      { start: 100, lengths: [4] },
    ],
    byKernel: 13,
  },
  { what: 'nothing', stretches: [], byKernel: 0 },
];

for (const { what, stretches, byKernel } of cases) {
  test(`gathers ${what}; what is short by the kernel`, () => {
    const starts: number[] = [0];
    const ends: number[] = [1];
    for (const { start, lengths } of stretches) {
      let at = start;
      for (const length of lengths) {
        starts.push(at);
        at += length;
        ends.push(at);
      }
    }
    const kernel = new CountedKernel(memory.buffer);
    const pieces = [Uint32Array.from(starts), Uint32Array.from(ends), 1, starts.length] as const;
    const [gathered, expected] = [new Uint8Array(SLOT_BYTES), new Uint8Array(SLOT_BYTES)];
    gatherIn(slots, kernel, bytes)(...pieces, gathered, 11);
    gatherFrom(bytes)(...pieces, expected, 11);
    assert.deepEqual(gathered, expected);
    assert.equal(kernel.copied, byKernel);
  });
}
