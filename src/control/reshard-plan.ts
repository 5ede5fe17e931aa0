/**
 * What a reshard does to the shards of a stream, worked out before anything is touched.
 *
 * Every step is a split or a merge, as in the service: a shard has one or two parents, children
 * begin one second after their parents closed, and parents of one child close in the same second,
 * so that at any whole second of the stream's life its shards tile the ring. Shards that a reshard
 * both makes and closes never take a record; they keep the lineage in these simple steps.
 */
import { assert } from '../common/assert.ts';
import { initialHashKeyRanges } from '../model/hash-key.ts';
import type { ShardDocument, ShardKey, StreamDocument } from '../model/stream.ts';

/** Starts that differ by less are the same; a ten-thousandth of the ring is 2^114. */
const ROUNDING = 1n << 40n;

/** A shard that is open at this point of the plan. */
export interface PlannedShard {
  readonly start: bigint;
  /** Inclusive. */
  readonly end: bigint;
  /** The shard as it is stored; null for one that the plan makes. */
  readonly shard: ShardDocument | null;
}

interface Step {
  readonly parents: readonly PlannedShard[];
  readonly children: readonly PlannedShard[];
}

/** What is known only when the plan is carried out. */
export interface ReshardFacts {
  /** Epoch seconds at which the parents are closed: none of their records arrived later. */
  readonly nowSeconds: number;
  /** The first of as many successive keys as the plan makes shards. */
  readonly firstKey: ShardKey;
  readonly volumeOf: (key: ShardKey) => number;
}

export class ReshardPlan {
  readonly #document: StreamDocument;
  readonly #steps: Step[] = [];
  /** In order of their ranges. */
  #open: PlannedShard[];

  constructor(document: StreamDocument) {
    this.#document = document;
    this.#open = document.shards
      .filter((shard) => shard.closedSeconds === null)
      .map((shard) => ({
        start: BigInt(shard.startingHashKey),
        end: BigInt(shard.endingHashKey),
        shard,
      }))
      .sort((left, right) => (left.start < right.start ? -1 : 1));
  }

  /** Shards that will be open, in order of their ranges. */
  get open(): readonly PlannedShard[] {
    return this.#open;
  }

  /** How many shards the plan makes. */
  get made(): number {
    return this.#steps.reduce((sum, { children }) => sum + children.length, 0);
  }

  /** Stored shards that the plan closes. */
  sealed(): readonly ShardKey[] {
    return this.#steps.flatMap(({ parents }) =>
      parents.flatMap(({ shard }) => (shard === null ? [] : [shard.key])),
    );
  }

  /** The open shard of an index; undefined when it is not open. */
  find(index: number): PlannedShard | undefined {
    return this.#open.find(({ shard }) => shard?.index === index);
  }

  /**
   * Splits each of `cuts` at the keys given for it, which must lie within it and above its start.
   */
  split(cuts: ReadonlyMap<PlannedShard, readonly bigint[]>): void {
    this.#open = this.#open.flatMap((shard) => this.#splitOne(shard, cuts.get(shard) ?? []));
  }

  /** Merges neighbours; each of `groups` is a run of open shards in order. */
  merge(groups: readonly (readonly PlannedShard[])[]): void {
    const replaced = new Map<PlannedShard, PlannedShard | null>();
    for (const group of groups) {
      const merged = this.#mergeRun(group);
      group.forEach((shard, at) => replaced.set(shard, at === 0 ? merged : null));
    }
    this.#open = this.#open.flatMap((shard) => {
      const by = replaced.get(shard);
      return by === undefined ? [shard] : by === null ? [] : [by];
    });
  }

  /** Splits and merges until `count` shards of equal ranges are open, in as few steps as needed. */
  equalise(count: number): void {
    const starts = this.#equalStarts(count);
    const cuts = new Map<PlannedShard, readonly bigint[]>();
    let next = 0;
    for (const shard of this.#open) {
      const from = next;
      while (next < count && starts[next]! <= shard.end) {
        next += 1;
      }
      cuts.set(
        shard,
        starts.slice(from, next).filter((start) => start > shard.start),
      );
    }
    this.split(cuts);
    const groups: PlannedShard[][] = [];
    let target = 0;
    for (const shard of this.#open) {
      if (target < count && shard.start === starts[target]) {
        groups.push([]);
        target += 1;
      }
      groups.at(-1)!.push(shard);
    }
    assert(groups.length === count, 'reshard: the targets do not cover the ring');
    this.merge(groups.filter((group) => group.length > 1));
  }

  /** Splits the widest shards in the middle until `count` are open. */
  widen(count: number): void {
    while (this.#open.length < count) {
      const missing = count - this.#open.length;
      const widest = [...this.#open]
        .filter((shard) => shard.end > shard.start)
        .sort((left, right) => (left.end - left.start > right.end - right.start ? -1 : 1))
        .slice(0, missing);
      assert(widest.length > 0, 'reshard: nothing is left to split');
      // Those at least half as wide as the widest come first; then all are measured again.
      const least = (widest[0]!.end - widest[0]!.start) / 2n;
      const chosen = widest.filter((shard) => shard.end - shard.start >= least);
      this.split(new Map(chosen.map((shard) => [shard, [middleOf(shard)]])));
    }
  }

  /** The document after the plan: parents closed, children open. */
  applyTo(document: StreamDocument, facts: ReshardFacts): StreamDocument {
    assert(document.uid === this.#document.uid, 'reshard: a plan is for one stream');
    const made = new Map<PlannedShard, ShardDocument>();
    const closed = new Map<number, number>();
    let index = document.nextShardIndex;
    for (const { parents, children } of this.#steps) {
      const stored = parents.map((parent) => parent.shard ?? made.get(parent)!);
      const latest = Math.max(...stored.map((shard) => shard.createdSeconds));
      const closedSeconds = Math.max(facts.nowSeconds, latest);
      stored.forEach((shard) => closed.set(shard.index, closedSeconds));
      for (const child of children) {
        const key = facts.firstKey + made.size;
        made.set(child, {
          key,
          index,
          volume: facts.volumeOf(key),
          startingHashKey: child.start.toString(),
          endingHashKey: child.end.toString(),
          createdSeconds: closedSeconds + 1,
          closedSeconds: null,
          parent: stored[0]!.index,
          adjacentParent: stored[1]?.index ?? null,
        });
        index += 1;
      }
    }
    const shards = [...document.shards, ...made.values()].map((shard) => {
      const closedSeconds = closed.get(shard.index);
      return closedSeconds === undefined ? shard : { ...shard, closedSeconds };
    });
    return { ...document, nextShardIndex: index, shards };
  }

  /**
   * Starts of equal ranges. Widths are rounded down, so a third of a half is not exactly a sixth:
   * where a shard starts next to where it should, that is where it should.
   */
  #equalStarts(count: number): readonly bigint[] {
    let at = 0;
    return initialHashKeyRanges(count).map((range) => {
      const start = BigInt(range.startingHashKey);
      while (at < this.#open.length && this.#open[at]!.start < start - ROUNDING) {
        at += 1;
      }
      const near = this.#open[at]?.start ?? start;
      return near <= start + ROUNDING ? near : start;
    });
  }

  /** Halves the list of cuts again and again, so that the lineage stays shallow. */
  #splitOne(shard: PlannedShard, cuts: readonly bigint[]): PlannedShard[] {
    const middle = cuts.length >> 1;
    const cut = cuts[middle];
    if (cut === undefined) {
      return [shard];
    }
    assert(cut > shard.start && cut <= shard.end, 'reshard: a cut lies outside its shard');
    const lower: PlannedShard = { start: shard.start, end: cut - 1n, shard: null };
    const upper: PlannedShard = { start: cut, end: shard.end, shard: null };
    this.#steps.push({ parents: [shard], children: [lower, upper] });
    return [
      ...this.#splitOne(lower, cuts.slice(0, middle)),
      ...this.#splitOne(upper, cuts.slice(middle + 1)),
    ];
  }

  /** Merges pairs, then pairs of pairs. */
  #mergeRun(run: readonly PlannedShard[]): PlannedShard {
    let level = [...run];
    while (level.length > 1) {
      const next: PlannedShard[] = [];
      for (let at = 0; at < level.length; at += 2) {
        const lower = level[at]!;
        const upper = level[at + 1];
        next.push(upper === undefined ? lower : this.#mergePair(lower, upper));
      }
      level = next;
    }
    return level[0]!;
  }

  #mergePair(lower: PlannedShard, upper: PlannedShard): PlannedShard {
    assert(lower.end + 1n === upper.start, 'reshard: only neighbours can be merged');
    const child: PlannedShard = { start: lower.start, end: upper.end, shard: null };
    this.#steps.push({ parents: [lower, upper], children: [child] });
    return child;
  }
}

/** The key at which the upper half of a shard begins. */
export function middleOf({ start, end }: PlannedShard): bigint {
  return start + (end - start + 1n) / 2n;
}
