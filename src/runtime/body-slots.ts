/**
 * Where bodies lie in a memory that kernels compute in, and what is made of them.
 *
 * ```
 *  the kernel's own | bodies | what is made of them | words of it | room to gather in
 * ```
 *
 * Slot by slot each. The room to gather in belongs to one thread alone.
 */
import { assert } from '../common/assert.ts';
import { copyBytes } from '../common/copy-bytes.ts';
import type { Gather } from '../common/pieces.ts';
import { DECODE_SLACK_BYTES, DECODE_WORDS, KERNEL_BYTES } from './body-buffers.ts';
import type { BodyKernel, DecodeTarget, KernelMemory } from './body-buffers.ts';

/** A memory of `slotsRoom` bytes or more. */
export interface BodySlots {
  readonly slots: number;
  /** The largest body, and the largest that is made of one. */
  readonly slotBytes: number;
  readonly memory: KernelMemory;
}

/** Bytes of a memory for so many bodies. */
export function slotsRoom(slots: number, slotBytes: number): number {
  return gatheringAt(slots, slotBytes) + slotBytes;
}

function gatheringAt(slots: number, slotBytes: number): number {
  return KERNEL_BYTES + slots * (2 * slotBytes + DECODE_SLACK_BYTES + 4 * DECODE_WORDS);
}

/** Where the body of a slot goes. */
export function bytesOfSlot({ memory, slotBytes }: BodySlots, slot: number): Uint8Array {
  return new Uint8Array(memory.buffer, KERNEL_BYTES + slot * slotBytes, slotBytes);
}

/** The slot from whose start on this is. */
export function slotOf({ slots, slotBytes }: BodySlots, bytes: Uint8Array): number {
  const slot = (bytes.byteOffset - KERNEL_BYTES) / slotBytes;
  assert(Number.isInteger(slot) && slot < slots, 'bodies: not from the start of a slot');
  return slot;
}

/** Where that goes which is made of the body of a slot. */
export function targetOf({ memory, slots, slotBytes }: BodySlots, slot: number): DecodeTarget {
  const bytes = slotBytes + DECODE_SLACK_BYTES;
  const wordsAt = targetsAt(slots, slotBytes) + slots * bytes;
  return {
    bytes: new Uint8Array(memory.buffer, targetsAt(slots, slotBytes) + slot * bytes, bytes),
    words: new Uint32Array(memory.buffer, wordsAt + slot * 4 * DECODE_WORDS, DECODE_WORDS),
  };
}

/** The slot of whose body this was made, from its start on; -1 where it is something else. */
export function slotOfTarget({ slots, slotBytes }: BodySlots, made: Uint8Array): number {
  const at = made.byteOffset - targetsAt(slots, slotBytes);
  const slot = at / (slotBytes + DECODE_SLACK_BYTES);
  return Number.isInteger(slot) && slot >= 0 && slot < slots ? slot : -1;
}

function targetsAt(slots: number, slotBytes: number): number {
  return KERNEL_BYTES + slots * slotBytes;
}

/** Pieces that lie back to back over so many bytes are one copy of their own. */
const COPIED_ALONE_BYTES = 8 * 1024;

/**
 * Gathers pieces of `from` in the shared memory, where the kernel copies small ones quickly, and
 * takes them out of there in one piece. What lies back to back is taken as one, and if that is long
 * it is not copied twice.
 */
export function gatherIn(body: BodySlots, kernel: BodyKernel, from: Uint8Array): Gather {
  // Memory that is shared is looked over whenever it is asked for this.
  const { buffer } = body.memory;
  const room = gatheringAt(body.slots, body.slotBytes);
  return (starts, ends, first, end, to, at) => {
    let gathered = 0;
    let into = at;
    for (let piece = first; piece < end;) {
      const start = starts[piece]!;
      let stop = ends[piece++]!;
      while (piece < end && starts[piece] === stop) stop = ends[piece++]!;
      const bytes = stop - start;
      const isAlone = piece === end && gathered === 0;
      if (isAlone || bytes >= COPIED_ALONE_BYTES) {
        copyBytes(new Uint8Array(buffer, room, gathered), to, into);
        copyBytes(new Uint8Array(buffer, from.byteOffset + start, bytes), to, into + gathered);
        into += gathered + bytes;
        gathered = 0;
      } else {
        kernel.copy(room + gathered, from.byteOffset + start, bytes);
        gathered += bytes;
      }
    }
    copyBytes(new Uint8Array(buffer, room, gathered), to, into);
  };
}
