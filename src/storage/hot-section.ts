/**
 * A section in the tail ring: what is needed to find it, and where its payload lies. Readers are
 * given a view of the payload; the slab it is in must then be left as it is.
 */
import { assert } from '../common/assert.ts';
import type { Section } from '../model/section.ts';
import type { ShardKey } from '../model/stream.ts';
import type { Slab, TailSlabs } from './tail-slabs.ts';

export class HotSection {
  readonly shard: ShardKey;
  readonly baseOrdinal: number;
  readonly count: number;
  readonly arrivalMs: number;
  readonly payloadBytes: number;
  readonly #keyId: number;
  /** Null once the ring has given the section up. */
  #slab: Slab | null;
  readonly #start: number;

  /** The payload is what was added to the slab last. */
  constructor(section: Section, slab: Slab) {
    this.shard = section.shard;
    this.baseOrdinal = section.baseOrdinal;
    this.count = section.count;
    this.arrivalMs = section.arrivalMs;
    this.payloadBytes = section.payload.byteLength;
    this.#slab = slab;
    this.#keyId = section.keyId;
    this.#start = slab.end - this.payloadBytes;
  }

  /**
   * For a reader, who may keep it until the slab is unpinned; it is pinned here, unless it is in
   * `pinned` already.
   */
  read(pinned: Set<Slab>): Section {
    const { shard, baseOrdinal, count, arrivalMs } = this;
    const slab = this.#slab;
    assert(slab !== null, 'tail ring: the section was given up');
    if (!pinned.has(slab)) {
      pinned.add(slab);
      slab.pins++;
    }
    const payload = new Uint8Array(slab.bytes.buffer, this.#start, this.payloadBytes);
    return { shard, baseOrdinal, count, arrivalMs, keyId: this.#keyId, payload };
  }

  giveUp(slabs: TailSlabs): void {
    assert(this.#slab !== null, 'tail ring: a section is given up once');
    slabs.drop(this.#slab);
    this.#slab = null;
  }
}
