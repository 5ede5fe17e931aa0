/**
 * From a stream's document to what the data plane looks things up in.
 *
 * Nothing with a gap, an overlap or a shard opened before its parents closed gets through (I4, I5):
 * `documentProblem` says what is wrong, `streamEntry` refuses to build it.
 */
import { assert } from '../common/assert.ts';
import { UINT128_WORDS } from '../common/uint128.ts';
import { HASH_KEY_MAX, parseHashKey } from '../model/hash-key.ts';
import type { ShardDocument, StreamDocument } from '../model/stream.ts';
import { openShardTable, type ShardEntry, type StreamEntry } from './shard-map.ts';

/** Builds the entry of a stream whose document is sound; throws AssertionError for any other. */
export function streamEntry(document: StreamDocument, version: number): StreamEntry {
  const open = document.shards.filter((shard) => shard.closedSeconds === null);
  const starts = new Uint32Array(open.length * UINT128_WORDS);
  const order = sortByStart(open, starts);
  assert(tilingProblem(order, starts) === null, 'shard map: open shards do not tile the ring');
  assert(lineageProblem(document.shards) === null, 'shard map: the lineage is broken');
  const byIndex = new Map<number, ShardEntry>();
  const shards: ShardEntry[] = [];
  const none = openShardTable(starts, []);
  const stream = { document, version, open: none, byIndex };
  const children = childrenByParent(document.shards);
  for (const shard of document.shards) {
    const own = children.get(shard.index) ?? NO_CHILDREN;
    byIndex.set(shard.index, { document: shard, stream, children: own });
  }
  for (const shard of order) {
    shards.push(byIndex.get(shard.index)!);
  }
  stream.open = openShardTable(starts, shards);
  return stream;
}

const NO_CHILDREN: readonly ShardDocument[] = [];

/** What makes a document unfit for publication, or null when it is sound. */
export function documentProblem(document: StreamDocument): string | null {
  const open = document.shards.filter((shard) => shard.closedSeconds === null);
  const starts = new Uint32Array(open.length * UINT128_WORDS);
  for (const shard of open) {
    if (parseHashKey(shard.startingHashKey) === null) {
      return `shard ${shard.index} has no hash key as its start`;
    }
  }
  const order = sortByStart(open, starts);
  return tilingProblem(order, starts) ?? lineageProblem(document.shards);
}

/** Fills `starts` in ascending order and returns the shards in that order. */
function sortByStart(open: readonly ShardDocument[], starts: Uint32Array): ShardDocument[] {
  const parsed = open.map((shard) => {
    const words = parseHashKey(shard.startingHashKey);
    assert(words !== null, 'shard map: a start is a hash key');
    return { shard, words };
  });
  parsed.sort((left, right) => compareWords(left.words, right.words));
  parsed.forEach(({ words }, at) => starts.set(words, at * UINT128_WORDS));
  return parsed.map(({ shard }) => shard);
}

function compareWords(left: Uint32Array, right: Uint32Array): number {
  for (let word = 0; word < UINT128_WORDS; word += 1) {
    if (left[word] !== right[word]) {
      return left[word]! - right[word]!;
    }
  }
  return 0;
}

/** Ranges given in ascending order of their starts must follow each other from 0 to 2^128-1. */
function tilingProblem(order: readonly ShardDocument[], starts: Uint32Array): string | null {
  const last = order.at(-1);
  if (last === undefined) {
    return 'no shard is open';
  }
  if (order[0]!.startingHashKey !== '0' || last.endingHashKey !== HASH_KEY_MAX) {
    return 'the open shards do not reach both ends of the ring';
  }
  for (let at = 1; at < order.length; at += 1) {
    const end = parseHashKey(order[at - 1]!.endingHashKey);
    if (end === null || !isNext(end, starts, at)) {
      return `the open shards ${order[at - 1]!.index} and ${order[at]!.index} do not meet`;
    }
  }
  return null;
}

/** Whether value number `at` of `starts` is one more than `end`. */
function isNext(end: Uint32Array, starts: Uint32Array, at: number): boolean {
  let carry = 1;
  for (let word = UINT128_WORDS - 1; word >= 0; word -= 1) {
    const sum = end[word]! + carry;
    carry = sum > 0xffff_ffff ? 1 : 0;
    if (starts[at * UINT128_WORDS + word] !== sum >>> 0) {
      return false;
    }
  }
  return carry === 0;
}

/** Indices ascend, and a shard begins after all its parents that are still there have closed. */
function lineageProblem(shards: readonly ShardDocument[]): string | null {
  const seen = new Map<number, ShardDocument>();
  let previous = -1;
  for (const shard of shards) {
    if (shard.index <= previous) {
      return `shard ${shard.index} is out of order`;
    }
    previous = shard.index;
    for (const index of [shard.parent, shard.adjacentParent]) {
      const parent = index === null ? undefined : seen.get(index);
      const closed = parent?.closedSeconds;
      if (closed === null || (closed !== undefined && closed >= shard.createdSeconds)) {
        return `shard ${shard.index} begins before its parent ${index} has closed`;
      }
    }
    seen.set(shard.index, shard);
  }
  return null;
}

function childrenByParent(shards: readonly ShardDocument[]): Map<number, ShardDocument[]> {
  const children = new Map<number, ShardDocument[]>();
  for (const shard of shards) {
    for (const parent of [shard.parent, shard.adjacentParent]) {
      if (parent === null) {
        continue;
      }
      const known = children.get(parent);
      if (known === undefined) {
        children.set(parent, [shard]);
      } else {
        known.push(shard);
      }
    }
  }
  return children;
}
