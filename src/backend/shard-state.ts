/**
 * What the owner of a shard keeps in memory about it: the next ordinal, the newest arrival, limits,
 * use.
 *
 * Ordinals and arrivals are given here and nowhere else; both only grow (I3). A state is made on
 * first use from what is stored and may be dropped at any time while nothing is in flight.
 */
import type { ShardBounds } from '../storage/volume-store.ts';
import type { ShardEntry } from '../shardmap/shard-map.ts';
import { ReadThrottle, WriteThrottle, writeBurstBytes } from './throttle.ts';

/** Counts since this process began to serve the shard. */
export interface ShardUse {
  bytesIn: number;
  recordsIn: number;
  bytesOut: number;
  recordsOut: number;
  /** Records refused (or, in observe mode, that would have been) by the write limit. */
  writesThrottled: number;
  /** Reads refused (or that would have been) by the read limit. */
  readsThrottled: number;
}

export function noUse(): ShardUse {
  return {
    bytesIn: 0,
    recordsIn: 0,
    bytesOut: 0,
    recordsOut: 0,
    writesThrottled: 0,
    readsThrottled: 0,
  };
}

/** Adds `use` to `total`. */
export function addUse(total: ShardUse, use: Readonly<ShardUse>): void {
  total.bytesIn += use.bytesIn;
  total.recordsIn += use.recordsIn;
  total.bytesOut += use.bytesOut;
  total.recordsOut += use.recordsOut;
  total.writesThrottled += use.writesThrottled;
  total.readsThrottled += use.readsThrottled;
}

export class ShardState {
  /** The shard as it was when it was last looked up, and whether it took records then. */
  entry: ShardEntry;
  isOpen = false;
  /** At which change of the map that was. */
  seenAt = -1;
  // Numbers begin as numbers: after `undefined` each new large one would be an object of its own.
  nextOrdinal = 0;
  lastArrivalMs = 0;
  /** Appends handed to the store and not settled yet. */
  inFlight = 0;
  /** The shard is about to close: no further appends. */
  sealed = false;
  readonly write: WriteThrottle;
  /** Made for the first reader: until then its buckets are full. */
  #read: ReadThrottle | null = null;
  readonly use: ShardUse = noUse();
  /** How far the last read was behind the newest record, ms. */
  iteratorAgeMs = 0;

  constructor(entry: ShardEntry, bounds: ShardBounds, nowMs: number) {
    this.entry = entry;
    this.nextOrdinal = bounds.next;
    this.lastArrivalMs = bounds.lastArrivalMs;
    this.write = new WriteThrottle(writeBurstBytes(entry.stream.document.maxRecordSizeKiB), nowMs);
  }

  read(nowMs: number): ReadThrottle {
    this.#read ??= new ReadThrottle(nowMs);
    return this.#read;
  }

  /** Remembers the shard as the map has it at its change number `change`. */
  see(entry: ShardEntry, change: number): void {
    this.entry = entry;
    this.isOpen = entry.document.closedSeconds === null;
    this.seenAt = change;
  }
}
