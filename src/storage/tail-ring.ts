/**
 * The newest committed sections of a volume in memory, bounded by bytes; the oldest give way.
 *
 * It holds copies of the payloads, in memory of its own that is used again (`tail-slabs.ts`).
 * Readers at the tail are served from here and cost no I/O however many they are.
 */
import { assert } from '../common/assert.ts';
import { RingBuffer } from '../common/ring-buffer.ts';
import type { Section } from '../model/section.ts';
import { HotSection } from './hot-section.ts';
import type { ShardState } from './shard-table.ts';
import { TailSlabs } from './tail-slabs.ts';
import type { Slab } from './tail-slabs.ts';

/** What a section costs beside its payload. */
export const sectionOverheadBytes = 256;
/** Emptied places at the front of a shard's list before it is moved together. */
const GAP_MAX = 64;

export class TailRing {
  readonly #bytesMax: number;
  readonly #slabs: TailSlabs;
  /** The shard of each section, oldest first. */
  readonly #order: RingBuffer<ShardState>;
  #bytes = 0;

  /** `bytesMax` 0 keeps nothing. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#slabs = new TailSlabs(bytesMax);
    this.#order = new RingBuffer(Math.floor(bytesMax / sectionOverheadBytes) + 1);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The reader that has pinned these slabs is done. */
  unpin(pinned: ReadonlySet<Slab>): void {
    for (const slab of pinned) {
      this.#slabs.unpin(slab);
    }
  }

  /** Adds the shard's newest section, copying its payload. */
  push(state: ShardState, section: Section): void {
    const payloadBytes = section.payload.byteLength;
    const bytes = payloadBytes + sectionOverheadBytes;
    while (
      this.#bytes > 0 &&
      (this.#bytes + bytes > this.#bytesMax || this.#slabs.isFull(payloadBytes))
    ) {
      this.#evict();
    }
    if (bytes > this.#bytesMax) {
      state.hotOrdinal = section.baseOrdinal + section.count;
      return;
    }
    const pushed = this.#order.push(state);
    assert(pushed, 'tail ring: more sections than its bytes allow');
    state.hot.push(new HotSection(section, this.#slabs.hold(section.payload)));
    this.#bytes += bytes;
  }

  #evict(): void {
    const state = this.#order.shift();
    const section = state?.hot[state.hotFrom];
    assert(state !== undefined && section !== undefined, 'tail ring: bytes without a section');
    state.hotFrom += 1;
    state.hotOrdinal = section.baseOrdinal + section.count;
    this.#bytes -= section.payloadBytes + sectionOverheadBytes;
    section.giveUp(this.#slabs);
    if (state.hotFrom === state.hot.length) {
      state.hot = [];
      state.hotFrom = 0;
    } else if (state.hotFrom >= GAP_MAX && state.hotFrom * 2 >= state.hot.length) {
      state.hot = state.hot.slice(state.hotFrom);
      state.hotFrom = 0;
    }
  }
}

/**
 * Place in `state.hot` of the first section that ends above `ordinal`; `hot.length` when none does.
 */
export function findHotOrdinal(state: ShardState, ordinal: number): number {
  return firstHot(state, (section) => section.baseOrdinal + section.count > ordinal);
}

/**
 * Place in `state.hot` of the first section that arrived at or after `ms`; `hot.length` when none
 * did.
 */
export function findHotArrival(state: ShardState, ms: number): number {
  return firstHot(state, (section) => section.arrivalMs >= ms);
}

function firstHot(state: ShardState, holds: (section: HotSection) => boolean): number {
  let low = state.hotFrom;
  let high = state.hot.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(state.hot[middle] as HotSection)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
