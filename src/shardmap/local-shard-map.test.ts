/** Every hash key has one owner, whatever the reshards; nothing broken is ever published. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionError } from '../common/assert.ts';
import { fromBigInt } from '../common/uint128.ts';
import type { StreamDocument } from '../model/stream.ts';
import { ShardMap } from './local-shard-map.ts';
import { openShardIndex } from './lookup.ts';
import type { StreamEntry } from './shard-map.ts';
import { documentProblem, streamEntry } from './stream-entry.ts';
import { ACCOUNT, mergeShard, splitShard, streamOf } from './stream-documents.suite.ts';

interface Reshard {
  readonly kind: 'split' | 'merge';
  readonly pick: number;
  readonly share: number;
}

const reshards: fc.Arbitrary<readonly Reshard[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('split', 'split', 'merge'),
    pick: fc.nat(),
    share: fc.integer({ min: 1, max: 999 }),
  }),
  { maxLength: 40 },
);

function resharded(shardCount: number, steps: readonly Reshard[]): StreamDocument {
  let stream = streamOf(7, shardCount);
  for (const [at, { kind, pick, share }] of steps.entries()) {
    const open = stream.shards.filter((shard) => shard.closedSeconds === null);
    const { index } = open[pick % open.length]!;
    const seconds = 2_000 + at * 10;
    stream =
      kind === 'split'
        ? splitShard(stream, index, BigInt(share), seconds)
        : mergeShard(stream, index, seconds);
  }
  return stream;
}

function ownerOf(entry: StreamEntry, key: bigint): number {
  return entry.open.shards[openShardIndex(entry.open, fromBigInt(key), 0)]!.document.index;
}

test('a lookup finds the shard whose range holds the key', () => {
  const anyKey = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      reshards,
      fc.array(anyKey),
      (count, steps, keys) => {
        const document = resharded(count, steps);
        assert.equal(documentProblem(document), null);
        const entry = streamEntry(document, 1);
        const open = document.shards.filter((shard) => shard.closedSeconds === null);
        for (const shard of open) {
          assert.equal(ownerOf(entry, BigInt(shard.startingHashKey)), shard.index);
          assert.equal(ownerOf(entry, BigInt(shard.endingHashKey)), shard.index);
        }
        for (const key of keys) {
          const { document: owner } = entry.byIndex.get(ownerOf(entry, key))!;
          assert.ok(BigInt(owner.startingHashKey) <= key && key <= BigInt(owner.endingHashKey));
        }
      },
    ),
  );
});

test('children are listed in index order under each parent', () => {
  const stream = mergeShard(splitShard(streamOf(1, 2), 0, 500n, 2_000), 3, 3_000);
  const entry = streamEntry(stream, 1);
  const children = [...entry.byIndex.values()].map((shard) =>
    shard.children.map((child) => child.index),
  );
  assert.deepEqual(children, [[2, 3], [4], [], [4], []]);
});

test('gaps, overlaps and missing ends are refused', () => {
  const sound = streamOf(1, 4);
  const broken = (change: (shards: StreamDocument['shards'][number][]) => void): StreamDocument => {
    const shards = [...sound.shards];
    change(shards);
    return { ...sound, shards };
  };
  const cases = [
    broken((shards) => shards.splice(0, 1)),
    broken((shards) => shards.splice(1, 1)),
    broken((shards) => shards.splice(3, 1)),
    broken((shards) => shards.splice(0)),
    broken((shards) => {
      shards[1] = { ...shards[1]!, startingHashKey: '5' };
    }),
    broken((shards) => {
      shards[2] = { ...shards[2]!, closedSeconds: 1_500 };
    }),
    broken((shards) => {
      shards[2] = { ...shards[2]!, parent: 1 };
    }),
    broken((shards) => shards.reverse()),
    broken((shards) => shards.push({ ...shards[3]!, index: 9 })),
  ];
  for (const document of cases) {
    assert.notEqual(documentProblem(document), null);
    const map = new ShardMap();
    assert.throws(() => map.publish(document, 1), AssertionError);
    assert.equal(map.stream(ACCOUNT, document.name), undefined);
  }
});

test('a shard must begin after its parents closed', () => {
  const stream = splitShard(streamOf(1, 1), 0, 500n, 2_000);
  const shards = stream.shards.map((shard) => ({ ...shard, createdSeconds: 2_000 }));
  assert.match(documentProblem({ ...stream, shards })!, /before its parent/);
});

test('publication replaces a stream as a whole and tells listeners', () => {
  const map = new ShardMap();
  const heard: (readonly [number, number | null])[] = [];
  const stop = map.onChange((uid, entry) => heard.push([uid, entry?.version ?? null]));
  const before = streamOf(1, 1);
  const after = splitShard(before, 0, 500n, 2_000);
  map.publish(before, 5);
  map.publish(streamOf(2, 1), 6);
  map.publish(after, 7);
  assert.equal(map.shard(100_001)?.document.index, 1);
  assert.equal(map.shard(100_000)?.document.closedSeconds, 2_000);
  assert.equal(map.stream(ACCOUNT, 'stream-1')?.open.shards.length, 2);
  assert.equal(map.streamByUid(1)?.version, 7);
  assert.throws(() => map.publish(after, 7), AssertionError);
  map.remove(1, 8);
  map.remove(1, 9);
  stop();
  map.publish(before, 10);
  assert.equal(map.version, 10);
  assert.equal(map.shard(100_001), undefined);
  assert.equal(map.shard(200_000)?.stream.document.uid, 2);
  assert.deepEqual(heard, [
    [1, 5],
    [2, 6],
    [1, 7],
    [1, null],
  ]);
});

test('ten thousand shards are found by hash key, key and index', () => {
  const map = new ShardMap();
  const entry = map.publish(streamOf(3, 10_000), 1);
  for (let index = 0; index < 10_000; index += 997) {
    const { document } = entry.byIndex.get(index)!;
    assert.equal(ownerOf(entry, BigInt(document.endingHashKey)), index);
    assert.equal(map.shard(document.key)?.document, document);
  }
});
