/**
 * Which shard each record of a batch goes to, and the batch cut accordingly.
 *
 * Records of one shard keep their order. A batch whose shards are runs already is passed on as it
 * lies; else all of it is copied, once, into one new array. Payloads live as long as the tail of
 * the log keeps them, so none may be a small view that keeps a large batch alive.
 */
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

/** Cuts `count` records, all of the batch or those listed in `only`, by the shard in `routes`. */
export function cut(
  table: OpenShardTable,
  batch: RecordBatch,
  routes: Uint16Array,
  only: Uint32Array | null,
): RoutedPart[] {
  const count = only === null ? batch.count : only.length;
  const counts = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const shard = routes[only === null ? i : only[i]!]!;
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  const lists = new Map<number, { records: Uint32Array; filled: number }>();
  for (const [shard, n] of counts) lists.set(shard, { records: new Uint32Array(n), filled: 0 });
  for (let i = 0; i < count; i++) {
    const record = only === null ? i : only[i]!;
    const list = lists.get(routes[record]!)!;
    list.records[list.filled++] = record;
  }
  const asTheyLie = only === null && [...lists.values()].every(({ records }) => isRun(records));
  const gathered = asTheyLie ? null : gather(batch, [...lists.values()]);
  const parts: RoutedPart[] = [];
  let to = 0;
  for (const [shard, { records }] of lists) {
    const from = records[0]!;
    const bytes = packedBytes(batch, records);
    const payload =
      gathered === null
        ? batch.packed.subarray(batch.offsets[from], batch.offsets[from]! + bytes)
        : gathered.subarray(to, to + bytes);
    to += bytes;
    parts.push({
      shard,
      from,
      records: isRun(records) ? null : records,
      append: { shard: table.shards[shard]!.document.key, count: records.length, payload },
    });
  }
  return parts;
}

/** Whether the records are neighbours in the batch. */
function isRun(records: Uint32Array): boolean {
  return records[records.length - 1]! - records[0]! === records.length - 1;
}

function packedBytes({ offsets }: RecordBatch, records: Uint32Array): number {
  let bytes = 0;
  for (const record of records) bytes += offsets[record + 1]! - offsets[record]!;
  return bytes;
}

/** All records of the lists, list after list, in a new array; neighbours are copied together. */
function gather(batch: RecordBatch, lists: readonly { readonly records: Uint32Array }[]): Buffer {
  const { packed, offsets } = batch;
  let total = 0;
  for (const { records } of lists) total += packedBytes(batch, records);
  const out = Buffer.allocUnsafeSlow(total);
  let to = 0;
  for (const { records } of lists) {
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
