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

/** A slab is this large; of a small ring it is a fraction, so that the ring has several. */
const slabBytesMax = 4 * 1024 * 1024;
const slabsMin = 8;
/** Payloads larger than this part of a slab get memory of their own: less is left unused. */
const largeParts = 4;

export interface Slab {
  readonly bytes: Uint8Array;
  /** What `bytes` is all of: to ask it for that takes longer than to make a view of some. */
  readonly memory: ArrayBufferLike;
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
  readonly #free: Slab[] = [];
  #filling: Slab;
  /** Bytes of slabs in which payloads are held, and of the one being filled. */
  #bytes = 0;

  /** `bytesMax` is how much payload the ring holds at most. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#slabBytes = Math.max(1, Math.min(slabBytesMax, Math.floor(bytesMax / slabsMin)));
    this.#filling = newSlab(0);
  }

  /** Whether a payload of `bytes` would need a slab for which older ones should make room first. */
  isFull(bytes: number): boolean {
    const fits = this.#isLarge(bytes)
      ? false
      : this.#filling.end + bytes <= this.#filling.bytes.length;
    return !fits && this.#bytes + Math.max(bytes, this.#slabBytes) > this.#bytesMax;
  }

  /** Room for a payload: the slab's last `bytes` before its `end`, which the caller fills. */
  hold(bytes: number): Slab {
    const slab = this.#slabFor(bytes);
    slab.end += bytes;
    slab.held++;
    return slab;
  }

  /** Room for a payload in this slab, if it is the one being filled and has any. */
  holdIn(slab: Slab, bytes: number): boolean {
    if (slab !== this.#filling || this.#isLarge(bytes) || slab.end + bytes > slab.bytes.length) {
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

  #slabFor(bytes: number): Slab {
    if (this.#isLarge(bytes)) {
      this.#bytes += bytes;
      return newSlab(bytes);
    }
    const filling = this.#filling;
    if (filling.end + bytes <= filling.bytes.length) return filling;
    const next = this.#free.pop() ?? newSlab(this.#slabBytes);
    this.#filling = next;
    this.#bytes += next.bytes.length;
    if (filling.held === 0) this.#retire(filling);
    return next;
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

function newSlab(bytes: number): Slab {
  const { buffer: memory } = Buffer.allocUnsafeSlow(bytes);
  return { bytes: new Uint8Array(memory), memory, end: 0, held: 0, pins: 0 };
}
