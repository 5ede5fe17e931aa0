/** Plans of splits and merges keep the ring covered at every second of the stream's life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { initialHashKeyRanges } from '../model/hash-key.ts';
import type { StreamDocument } from '../model/stream.ts';
import { shardsMatching } from '../shardmap/lineage.ts';
import { documentProblem } from '../shardmap/stream-entry.ts';
import { streamOf } from '../shardmap/stream-documents.suite.ts';
import { middleOf, ReshardPlan } from './reshard-plan.ts';

interface Step {
  readonly kind: 'equalise' | 'widen' | 'split' | 'merge';
  readonly pick: number;
  readonly seconds: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('equalise', 'widen', 'split', 'merge'),
    pick: fc.nat({ max: 30 }),
    seconds: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 8 },
);

function planned(document: StreamDocument, { kind, pick }: Step): ReshardPlan {
  const plan = new ReshardPlan(document);
  const at = pick % plan.open.length;
  const shard = plan.open[at]!;
  const next = plan.open[at + 1];
  if (kind === 'equalise') {
    plan.equalise(pick + 1);
  } else if (kind === 'widen') {
    plan.widen(pick);
  } else if (kind === 'split') {
    plan.split(new Map([[shard, [middleOf(shard)]]]));
  } else if (next !== undefined) {
    plan.merge([[shard, next]]);
  }
  return plan;
}

function applied(document: StreamDocument, plan: ReshardPlan, nowSeconds: number): StreamDocument {
  const firstKey = 1_000_000 + document.nextShardIndex;
  return plan.applyTo(document, { nowSeconds, firstKey, volumeOf: () => 0 });
}

test('any sequence of plans leaves a sound lineage that covers the ring at every second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), steps, (count, sequence) => {
      let document = streamOf(1, count);
      let nowSeconds = 2_000;
      for (const step of sequence) {
        nowSeconds += step.seconds;
        const plan = planned(document, step);
        const open = plan.open.map(({ start, end }) => [`${start}`, `${end}`]);
        const before = document;
        document = applied(document, plan, nowSeconds);
        assert.equal(documentProblem(document), null);
        assert.equal(document.nextShardIndex, before.nextShardIndex + plan.made);
        const after = document.shards.filter((shard) => shard.closedSeconds === null);
        assert.deepEqual(
          after.map((s) => [s.startingHashKey, s.endingHashKey]).sort(),
          [...open].sort(),
        );
        assert.equal(new Set(document.shards.map(({ key }) => key)).size, document.shards.length);
      }
      const last = Math.max(...document.shards.map((shard) => shard.createdSeconds));
      for (let second = 999; second <= last; second += second < 1_998 ? 333 : 1) {
        const filter = { type: 'AT_TIMESTAMP', ms: second * 1000 } as const;
        const shards = shardsMatching(document, filter, 0);
        const width = shards.reduce(
          (sum, s) => sum + BigInt(s.endingHashKey) - BigInt(s.startingHashKey) + 1n,
          0n,
        );
        assert.equal(width, 1n << 128n, `second ${second}`);
      }
    }),
    { numRuns: 60 },
  );
});

test('equal ranges are those of a new stream; what fits already stays untouched', () => {
  for (const [from, to, made] of [
    [4, 8, 8],
    [8, 4, 4],
    [4, 4, 0],
    [4, 5, 11],
    [10, 5, 5],
    [1, 2, 2],
  ] as const) {
    const document = streamOf(1, from);
    const plan = new ReshardPlan(document);
    plan.equalise(to);
    for (const [at, range] of initialHashKeyRanges(to).entries()) {
      const apart = plan.open[at]!.start - BigInt(range.startingHashKey);
      assert.ok(-10n < apart && apart < 10n, `shard ${at} is ${apart} away`);
    }
    assert.equal(plan.open.length, to);
    assert.equal(plan.made, made, `${from} to ${to}`);
  }
});

test('children get the next indices in order of their ranges, parents close together', () => {
  const plan = new ReshardPlan(streamOf(1, 2));
  plan.split(new Map([[plan.open[0]!, [100n]]]));
  plan.merge([[plan.open[1]!, plan.open[2]!]]);
  assert.deepEqual(plan.sealed(), [100_000, 100_001]);
  const document = applied(streamOf(1, 2), plan, 5_000);
  assert.deepEqual(
    document.shards.map((s) => [
      s.index,
      s.parent,
      s.adjacentParent,
      s.createdSeconds,
      s.closedSeconds,
    ]),
    [
      [0, null, null, 1_000, 5_000],
      [1, null, null, 1_000, 5_001],
      [2, 0, null, 5_001, null],
      [3, 0, null, 5_001, 5_001],
      [4, 3, 1, 5_002, null],
    ],
  );
  assert.equal(document.shards[2]!.endingHashKey, '99');
});

test('widening splits the widest first', () => {
  const plan = new ReshardPlan(streamOf(1, 3));
  plan.widen(7);
  assert.equal(plan.open.length, 7);
  const widths = plan.open.map(({ start, end }) => end - start);
  const most = widths.reduce((left, right) => (left > right ? left : right));
  const least = widths.reduce((left, right) => (left < right ? left : right));
  assert.ok(most <= 2n * least + 2n);
});
