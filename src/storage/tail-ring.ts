/**
 * The newest committed sections of a volume in memory, bounded by bytes; the oldest give way.
 *
 * It holds the very payload buffers that were appended. Readers at the tail are served from here
 * and cost no I/O however many they are.
 */
import { assert } from '../common/assert.ts';
import { RingBuffer } from '../common/ring-buffer.ts';
import type { Section } from '../model/section.ts';
import type { ShardState } from './shard-table.ts';

/** What a section costs beside its payload. */
export const sectionOverheadBytes = 256;
/** Emptied places at the front of a shard's list before it is moved together. */
const GAP_MAX = 64;

export class TailRing {
  readonly #bytesMax: number;
  /** The shard of each section, oldest first. */
  readonly #order: RingBuffer<ShardState>;
  #bytes = 0;

  /** `bytesMax` 0 keeps nothing. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#order = new RingBuffer(Math.floor(bytesMax / sectionOverheadBytes) + 1);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the shard's newest section. */
  push(state: ShardState, section: Section): void {
    const bytes = section.payload.byteLength + sectionOverheadBytes;
    while (this.#bytes > 0 && this.#bytes + bytes > this.#bytesMax) {
      this.#evict();
    }
    if (bytes > this.#bytesMax) {
      state.hotOrdinal = section.baseOrdinal + section.count;
      return;
    }
    const pushed = this.#order.push(state);
    assert(pushed, 'tail ring: more sections than its bytes allow');
    state.hot.push(section);
    this.#bytes += bytes;
  }

  #evict(): void {
    const state = this.#order.shift();
    const section = state?.hot[state.hotFrom];
    assert(state !== undefined && section !== undefined, 'tail ring: bytes without a section');
    state.hotFrom += 1;
    state.hotOrdinal = section.baseOrdinal + section.count;
    this.#bytes -= section.payload.byteLength + sectionOverheadBytes;
    if (state.hotFrom === state.hot.length) {
      state.hot = [];
      state.hotFrom = 0;
    } else if (state.hotFrom >= GAP_MAX && state.hotFrom * 2 >= state.hot.length) {
      state.hot = state.hot.slice(state.hotFrom);
      state.hotFrom = 0;
    } else {
      // The list must not keep the evicted section alive.
      state.hot[state.hotFrom - 1] = EVICTED;
    }
  }
}

const EVICTED: Section = {
  shard: 0,
  baseOrdinal: 0,
  count: 0,
  arrivalMs: 0,
  keyId: 0,
  payload: new Uint8Array(0),
};

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

function firstHot(state: ShardState, holds: (section: Section) => boolean): number {
  let low = state.hotFrom;
  let high = state.hot.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(state.hot[middle] as Section)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
