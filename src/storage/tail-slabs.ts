/**
 * Memory for the payloads of a volume on their way to the log and in its tail ring: large slabs
 * that payloads are copied into one after the other, and that are filled again once all of theirs
 * have been given up. A payload stays where it was put: what is written to the log and what readers
 * of the tail are given are the same bytes.
 *
 * A reader pins the slabs it looks into and says when it is done. A slab that is pinned is not
 * filled again; one whose reader never says so is left to the garbage collector in the end. Where
 * readers come and go, or records are only written, memory is thus used again and the collector has
 * nothing to do.
 */
import { assert } from '../common/assert.ts';
import type { Room } from '../common/bytes.ts';
import { plainRoom } from '../common/bytes.ts';
import { partSums, SUM_ROOM_BYTES } from '../common/part-sums.ts';
import type { PartSum } from '../common/part-sums.ts';
import { blockEnd } from './frame.ts';

/** A slab is this large; of a small ring it is a fraction, so that the ring has several. */
const slabBytesMax = 4 * 1024 * 1024;
const slabsMin = 8;
/** Payloads larger than this part of a slab get memory of their own: less is left unused. */
const largeParts = 4;

export interface Slab {
  readonly bytes: Uint8Array;
  /** What `bytes` begins: to ask it for that takes longer than to make a view of some. */
  readonly memory: ArrayBufferLike;
  /** CRC-32 of parts of it. */
  readonly sum: PartSum;
  /** Where the next payload goes. */
  end: number;
  /** Payloads in it that are still held. */
  held: number;
  /** Readers that may keep a view of it. */
  pins: number;
}

export class TailSlabs {
  readonly #slabBytes: number;
  readonly #bytesMax: number;
  readonly #room: Room;
  readonly #free: Slab[] = [];
  #filling: Slab;
  /** Bytes of slabs in which payloads are held, and of the one being filled. */
  #bytes = 0;

  /** `bytesMax` is how much payload the ring holds at most. Slabs are pieces of `room`. */
  constructor(bytesMax: number, room: Room = plainRoom) {
    this.#bytesMax = bytesMax;
    this.#room = room;
    this.#slabBytes = Math.max(1, Math.min(slabBytesMax, Math.floor(bytesMax / slabsMin)));
    this.#filling = slabOf(plainRoom(0), 0);
  }

  /** Whether payloads go to this slab until it is full. */
  isFilling(slab: Slab): boolean {
    return slab === this.#filling;
  }

  /** Whether a payload of `bytes` would need a slab for which older ones should make room first. */
  isFull(bytes: number, isApart = false): boolean {
    const fits = !this.#isLarge(bytes) && this.#fits(bytes, isApart);
    return !fits && this.#bytes + Math.max(bytes, this.#slabBytes) > this.#bytesMax;
  }

  /**
   * Room for a payload: the slab's last `bytes` before its `end`, which the caller fills. One that
   * is set apart begins a block of the slab.
   */
  hold(bytes: number, isApart = false): Slab {
    const slab = this.#slabFor(bytes, isApart);
    slab.end += bytes;
    slab.held++;
    return slab;
  }

  /** Room for a payload in this slab, if it is the one being filled and has any. */
  holdIn(slab: Slab, bytes: number): boolean {
    if (slab !== this.#filling || this.#isLarge(bytes) || !this.#fits(bytes, false)) {
      return false;
    }
    slab.end += bytes;
    slab.held++;
    return true;
  }

  /** Gives up one payload of a slab. */
  drop(slab: Slab): void {
    assert(slab.held > 0, 'tail slabs: nothing is held');
    slab.held--;
    if (slab.held === 0 && slab !== this.#filling) this.#retire(slab);
  }

  /** A reader that had pinned `slab` looks at it no more. */
  unpin(slab: Slab): void {
    assert(slab.pins > 0, 'tail slabs: nobody looks');
    slab.pins--;
    if (slab.held === 0 && slab !== this.#filling) this.#reuse(slab);
  }

  #isLarge(bytes: number): boolean {
    return bytes > this.#slabBytes / largeParts;
  }

  /** Where the next payload begins in the slab being filled. */
  #place(isApart: boolean): number {
    const { end } = this.#filling;
    return isApart ? blockEnd(end) : end;
  }

  #fits(bytes: number, isApart: boolean): boolean {
    return this.#place(isApart) + bytes <= this.#filling.bytes.length;
  }

  #slabFor(bytes: number, isApart: boolean): Slab {
    if (this.#isLarge(bytes)) {
      this.#bytes += bytes;
      return slabOf(plainRoom(bytes), bytes);
    }
    const filling = this.#filling;
    if (this.#fits(bytes, isApart)) {
      filling.end = this.#place(isApart);
      return filling;
    }
    const next = this.#free.pop() ?? this.#newSlab();
    this.#filling = next;
    this.#bytes += next.bytes.length;
    if (filling.held === 0) this.#retire(filling);
    return next;
  }

  #newSlab(): Slab {
    return slabOf(this.#room(this.#slabBytes + SUM_ROOM_BYTES), this.#slabBytes);
  }

  #retire(slab: Slab): void {
    this.#bytes -= slab.bytes.length;
    this.#reuse(slab);
  }

  #reuse(slab: Slab): void {
    if (slab.pins > 0 || slab.bytes.length !== this.#slabBytes) return;
    // Those that were pinned meanwhile come in addition to what the ring may hold.
    const bytes = this.#bytes + (this.#free.length + 1) * this.#slabBytes;
    if (bytes > this.#bytesMax + this.#slabBytes) return;
    slab.end = 0;
    this.#free.push(slab);
  }
}

/** An empty slab: the first `bytes` of `room`, with which its memory begins. */
function slabOf(room: Uint8Array, bytes: number): Slab {
  const memory = room.buffer;
  return {
    bytes: room.subarray(0, bytes),
    memory,
    sum: partSums(room),
    end: 0,
    held: 0,
    pins: 0,
  };
}
