/**
 * Which shard each record of a batch goes to, and the batch cut accordingly.
 *
 * Records of one shard keep their order. A batch whose shards are runs already is passed on as it
 * lies; else all of it is copied, once, into one buffer that is used again.
 */
import type { BufferPool } from '../common/buffer-pool.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type { ShardAppend } from '../model/data-plane.ts';
import { openShardIndex } from '../shardmap/lookup.ts';
import type { OpenShardTable } from '../shardmap/shard-map.ts';

/** For each record the index of its shard in the open table, by hash key. */
export function routeByHashKey(table: OpenShardTable, batch: RecordBatch): Uint16Array {
  const routes = new Uint16Array(batch.count);
  if (table.shards.length > 1) {
    for (let i = 0; i < batch.count; i++) routes[i] = openShardIndex(table, batch.hashKeys, i);
  }
  return routes;
}

/**
 * Smallest run given to one shard when records are spread: below it, cutting costs more than it
 * spreads.
 */
const spreadRunMin = 16;

/**
 * For each record the index of its shard, ignoring keys: equal runs over as many shards as are
 * worth it, beginning with shard `first`.
 */
export function routeEvenly(shardCount: number, batch: RecordBatch, first: number): Uint16Array {
  const routes = new Uint16Array(batch.count);
  const runs = Math.min(shardCount, Math.max(1, Math.floor(batch.count / spreadRunMin)));
  for (let i = 0; i < batch.count; i++) {
    routes[i] = (first + Math.floor((i * runs) / batch.count)) % shardCount;
  }
  return routes;
}

/** The part of a batch that goes to one shard. */
export interface RoutedPart {
  /** Index in the open table. */
  readonly shard: number;
  readonly append: ShardAppend;
  /**
   * Numbers of its records in the batch, ascending; null when they are `from … from + count - 1`.
   */
  readonly records: Uint32Array | null;
  readonly from: number;
}

/** Number in the batch of record `i` of a part. */
export function recordAt(part: RoutedPart, i: number): number {
  return part.records === null ? part.from + i : part.records[i]!;
}

/** A batch cut by shard. */
export interface CutBatch {
  readonly parts: readonly RoutedPart[];
  /** What the payloads of the parts were copied to, to be given back; null where none were. */
  readonly copies: Uint8Array | null;
}

/** Cuts records, all of the batch or those listed in `only`, by the shard in `routes`. */
export function cut(
  table: OpenShardTable,
  batch: RecordBatch,
  routes: Uint16Array,
  only: Uint32Array | null,
  buffers: BufferPool,
): CutBatch {
  if (batch.count === 1) {
    return { parts: [onlyPart(table, batch, routes)], copies: null };
  }
  const groups = groupByShard(batch, routes, only);
  const copies = groups.every(isRun) ? null : gather(batch, groups, buffers);
  let to = 0;
  const parts = groups.map((group) => {
    const { shard, records, bytes } = group;
    const from = records[0]!;
    const payload =
      copies === null
        ? batch.packed.subarray(batch.offsets[from], batch.offsets[from]! + bytes)
        : copies.subarray(to, to + bytes);
    to += bytes;
    return {
      shard,
      from,
      records: isRun(group) ? null : records,
      append: { shard: table.shards[shard]!.document.key, count: records.length, payload },
    };
  });
  return { parts, copies };
}

/** All of a batch of one. */
function onlyPart(table: OpenShardTable, batch: RecordBatch, routes: Uint16Array): RoutedPart {
  const shard = routes[0]!;
  const append = { shard: table.shards[shard]!.document.key, count: 1, payload: batch.packed };
  return { shard, from: 0, records: null, append };
}

/** Records of one shard, by their numbers in the batch, ascending. */
interface RecordGroup {
  readonly shard: number;
  readonly records: Uint32Array;
  /** Of all its records, packed. */
  readonly bytes: number;
}

/** Whether the records are neighbours in the batch. */
function isRun({ records }: RecordGroup): boolean {
  return records[records.length - 1]! - records[0]! === records.length - 1;
}

/** Two passes, counting and filling, over one array for all groups. */
function groupByShard(
  batch: RecordBatch,
  routes: Uint16Array,
  only: Uint32Array | null,
): RecordGroup[] {
  const count = only === null ? batch.count : only.length;
  const slots = new Map<number, number>();
  const slotOf = new Uint16Array(count);
  const counts: number[] = [];
  const bytes: number[] = [];
  for (let i = 0; i < count; i++) {
    const record = only === null ? i : only[i]!;
    const shard = routes[record]!;
    let slot = slots.get(shard);
    if (slot === undefined) {
      slot = counts.push(0) - 1;
      bytes.push(0);
      slots.set(shard, slot);
    }
    slotOf[i] = slot;
    counts[slot]!++;
    bytes[slot]! += batch.offsets[record + 1]! - batch.offsets[record]!;
  }
  const all = new Uint32Array(count);
  const next: number[] = [];
  let start = 0;
  for (const n of counts) {
    next.push(start);
    start += n;
  }
  for (let i = 0; i < count; i++) {
    const slot = slotOf[i]!;
    all[next[slot]!++] = only === null ? i : only[i]!;
  }
  return [...slots].map(([shard, slot]) => {
    const end = next[slot]!;
    return { shard, records: all.subarray(end - counts[slot]!, end), bytes: bytes[slot]! };
  });
}

/** All records, group after group, in one buffer; neighbours are copied together. */
function gather(
  batch: RecordBatch,
  groups: readonly RecordGroup[],
  buffers: BufferPool,
): Uint8Array {
  const { packed, offsets } = batch;
  let total = 0;
  for (const { bytes } of groups) total += bytes;
  const out = buffers.take(total);
  let to = 0;
  for (const { records } of groups) {
    for (let i = 0; i < records.length;) {
      const start = offsets[records[i]!]!;
      let last = records[i]!;
      i++;
      while (i < records.length && records[i] === last + 1) last = records[i++]!;
      const end = offsets[last + 1]!;
      out.set(packed.subarray(start, end), to);
      to += end - start;
    }
  }
  return out;
}
