/**
 * Which shard each record of a batch goes to, and the batch grouped accordingly. Records are not
 * moved: what is grouped are their numbers.
 */
import { assert } from '../common/assert.ts';
import { PUT_RECORDS_COUNT_MAX } from '../model/limits.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { OutcomeRoom, ShardAppends } from '../model/data-plane.ts';
import { openShardIndex } from '../shardmap/lookup.ts';
import { createdSecondsAt, indexAt, keyAt } from '../shardmap/shard-map.ts';
import type { OpenShardTable } from '../shardmap/shard-map.ts';

/** Fills `routes`: for each record the index of its shard in the open table, by hash key. */
export function routeByHashKey(
  table: OpenShardTable,
  batch: RecordBatch,
  routes: Uint16Array,
): void {
  if (table.shards.length === 1) {
    routes.fill(0, 0, batch.count);
    return;
  }
  for (let i = 0; i < batch.count; i++) routes[i] = openShardIndex(table, batch.hashKeys, i);
}

/**
 * Smallest run given to one shard when records are spread: below it, cutting costs more than it
 * spreads.
 */
const spreadRunMin = 16;

/**
 * Fills `routes`: for each record the index of its shard, ignoring keys: equal runs over as many
 * shards as are worth it, beginning with shard `first`.
 */
export function routeEvenly(
  shardCount: number,
  batch: RecordBatch,
  first: number,
  routes: Uint16Array,
): void {
  const runs = Math.min(shardCount, Math.max(1, Math.floor(batch.count / spreadRunMin)));
  for (let i = 0; i < batch.count; i++) {
    routes[i] = (first + Math.floor((i * runs) / batch.count)) % shardCount;
  }
}

/** A batch by shard. */
export interface RoutedAppends extends ShardAppends {
  /** By shard: two words, which one of its stream it is and the second of its creation. */
  readonly owners: Float64Array;
  /** What else of this lies there too; undefined: it is its own. */
  readonly outcomeRoom: GroupRoom | undefined;
}

/**
 * Memory of a call's appends. What lies outside of V8's heap counts until the next collection, and
 * some of it for every call would bring on full ones.
 */
class GroupRoom implements OutcomeRoom {
  readonly records: Uint32Array = new Uint32Array(PUT_RECORDS_COUNT_MAX);
  readonly shards: Float64Array = new Float64Array(PUT_RECORDS_COUNT_MAX);
  readonly firsts: Uint32Array = new Uint32Array(PUT_RECORDS_COUNT_MAX + 1);
  readonly owners: Float64Array = new Float64Array(2 * PUT_RECORDS_COUNT_MAX);
  readonly kinds: Uint8Array = new Uint8Array(PUT_RECORDS_COUNT_MAX);
  readonly baseOrdinals: Float64Array = new Float64Array(PUT_RECORDS_COUNT_MAX);
  readonly arrivalMs: Float64Array = new Float64Array(PUT_RECORDS_COUNT_MAX);
}

/** Where so many shards of a call are entered. */
function shardsOf(room: GroupRoom, count: number): Pick<RoutedAppends, 'shards' | 'owners'> {
  return { shards: room.shards.subarray(0, count), owners: room.owners.subarray(0, 2 * count) };
}

/** What appends have of a batch as it is. */
function recordsOf({ packed, gather, offsets, sums }: RecordBatch) {
  return { packed, gather, offsets, sums };
}

/** Memory of so many calls is kept. */
const SPARE_ROOMS_MAX = 64;

const noSlot = -1;

/** The first record of each append, where every one is by itself. */
const ascending: Uint32Array = Uint32Array.from({ length: PUT_RECORDS_COUNT_MAX + 1 }, (_, i) => i);

/** Enters the shard of a table as number `at` of a call's. */
function enterShard(
  { shards, owners }: Pick<RoutedAppends, 'shards' | 'owners'>,
  at: number,
  table: OpenShardTable,
  index: number,
): void {
  shards[at] = keyAt(table, index);
  owners[2 * at] = indexAt(table, index);
  owners[2 * at + 1] = createdSecondsAt(table, index);
}

/** Makes appends of batches; its memory is used again from call to call. */
export class ShardGrouping {
  /** By index in the open table: which of the call's shards it is. */
  #slotOf = new Int32Array(0);
  /** By record of the call. */
  #slots = new Uint32Array(0);
  /** By slot. */
  #tableIndexes = new Uint16Array(0);
  #counts = new Uint32Array(0);
  readonly #spareRooms: GroupRoom[] = [];

  /**
   * Groups the records of a batch, or those listed in `only`, by the shard in `routes`. Records of
   * one shard keep their order; shards are in the order of their first record. To be given back.
   */
  group(
    table: OpenShardTable,
    batch: RecordBatch,
    routes: Uint16Array,
    only: Uint32Array | null,
  ): RoutedAppends {
    const count = only === null ? batch.count : only.length;
    assert(count <= PUT_RECORDS_COUNT_MAX, 'routing: more records than a call may have');
    this.#reserve(table.shards.length, count);
    const slots = this.#assign(routes, only, count);
    const room = this.#spareRooms.pop() ?? new GroupRoom();
    const firsts = room.firsts.subarray(0, slots + 1);
    const entered = shardsOf(room, slots);
    firsts[0] = 0;
    const tableIndexes = this.#tableIndexes;
    const slotOf = this.#slotOf;
    const counts = this.#counts;
    for (let slot = 0; slot < slots; slot++) {
      const index = tableIndexes[slot]!;
      slotOf[index] = noSlot;
      enterShard(entered, slot, table, index);
      firsts[slot + 1] = firsts[slot]! + counts[slot]!;
    }
    const records =
      slots === 1 ? only : this.#records(firsts, only, room.records.subarray(0, count));
    return { count: slots, ...entered, firsts, records, ...recordsOf(batch), outcomeRoom: room };
  }

  /** What `group` or `each` gave is not used any more. */
  give({ outcomeRoom: room }: RoutedAppends): void {
    if (room !== undefined && this.#spareRooms.length < SPARE_ROOMS_MAX) {
      this.#spareRooms.push(room);
    }
  }

  /** Every record by itself, in request order. To be given back. */
  each(table: OpenShardTable, batch: RecordBatch, routes: Uint16Array): RoutedAppends {
    const { count } = batch;
    const room = count === 1 ? undefined : (this.#spareRooms.pop() ?? new GroupRoom());
    const entered =
      room === undefined
        ? { shards: new Float64Array(1), owners: new Float64Array(2) }
        : shardsOf(room, count);
    for (let i = 0; i < count; i++) enterShard(entered, i, table, routes[i]!);
    const firsts = ascending.subarray(0, count + 1);
    const records = null;
    return { count, ...entered, firsts, records, ...recordsOf(batch), outcomeRoom: room };
  }

  /** Gives every record a slot and counts; returns the number of slots. */
  #assign(routes: Uint16Array, only: Uint32Array | null, count: number): number {
    const slotOf = this.#slotOf;
    const slots = this.#slots;
    const tableIndexes = this.#tableIndexes;
    const counts = this.#counts;
    let next = 0;
    for (let i = 0; i < count; i++) {
      const index = routes[only === null ? i : only[i]!]!;
      let slot = slotOf[index]!;
      if (slot === noSlot) {
        slot = next++;
        slotOf[index] = slot;
        tableIndexes[slot] = index;
        counts[slot] = 0;
      }
      slots[i] = slot;
      counts[slot] = counts[slot]! + 1;
    }
    return next;
  }

  /** Fills `records` with the numbers of those grouped, by shard. */
  #records(firsts: Uint32Array, only: Uint32Array | null, records: Uint32Array): Uint32Array {
    const next = this.#counts;
    next.set(firsts.subarray(0, firsts.length - 1));
    for (let i = 0; i < records.length; i++) {
      const slot = this.#slots[i]!;
      const place = next[slot]!;
      next[slot] = place + 1;
      records[place] = only === null ? i : only[i]!;
    }
    return records;
  }

  #reserve(shards: number, count: number): void {
    if (this.#slotOf.length < shards) this.#slotOf = new Int32Array(shards).fill(noSlot);
    if (this.#slots.length >= count) return;
    this.#slots = new Uint32Array(count);
    this.#tableIndexes = new Uint16Array(count);
    this.#counts = new Uint32Array(count);
  }
}
