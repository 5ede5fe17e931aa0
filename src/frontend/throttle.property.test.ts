/**
 * Limits are decided where a shard lives: the same calls in the same order have the same outcomes
 * whichever front ends they pass, and together stay within limit plus burst.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  batchOf,
  evenShards,
  FixedMap,
  HeldStore,
  keysWith,
  ManualClock,
  OneKey,
  streamDocument,
} from '../backend/test-parts.suite.ts';
import { VolumeBackend } from '../backend/volume-backend.ts';
import { SHARD_READ_CALLS_PER_SECOND, SHARD_WRITE_RECORDS_PER_SECOND } from '../model/limits.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { Router } from './router.ts';

const SHARDS = 2;
const FRONT_ENDS_MAX = 7;
const top = 2n ** 128n;
/** A record of this many bytes is one of them: data, its key and what frames it. */
const texts = ['x', 'y'.repeat(50_000), 'z'.repeat(400_000)];

interface Call {
  readonly waitMs: number;
  /** Which front end takes it, of however many there are. */
  readonly frontEnd: number;
  readonly shard: number;
  /** Records of a put; 0 is a read. */
  readonly records: number;
  readonly text: number;
}

const calls = fc.array(
  fc.record({
    waitMs: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.nat(40), fc.nat(3000)),
    frontEnd: fc.nat(FRONT_ENDS_MAX - 1),
    shard: fc.nat(SHARDS - 1),
    records: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 }), fc.constant(400)),
    text: fc.nat(texts.length - 1),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

/** Front ends that have a map and a queue each, over one back end with AWS's limits. */
function setUp(frontEnds: number) {
  const clock = new ManualClock();
  const random = new Simulation(1).random;
  const document = streamDocument({ shards: evenShards(SHARDS, 10) });
  const mapOf = (): FixedMap => {
    const map = new FixedMap();
    map.set(document);
    return map;
  };
  const backend = new VolumeBackend(
    { store: new HeldStore(), map: mapOf(), clock, keys: keysWith(new OneKey(), clock) },
    { volume: 0, limits: 'aws' },
  );
  const routers = Array.from({ length: frontEnds }, () => {
    const map = mapOf();
    return { map, router: new Router({ map, backend, random, clock, spread: null }) };
  });
  return { clock, routers, document };
}

/** What became of each call, as text that can be compared. */
async function outcomes(list: readonly Call[], frontEnds: number): Promise<string[]> {
  const { clock, routers, document } = setUp(frontEnds);
  const seen: string[] = [];
  for (const { waitMs, frontEnd, shard, records, text } of list) {
    clock.ms += waitMs;
    const { map, router } = routers[frontEnd % frontEnds]!;
    const stream = map.stream(document.account, document.name)!;
    if (records === 0) {
      const read = await router.read(stream.byIndex.get(shard)!, 1, 10, 1024 * 1024);
      seen.push(read.kind);
      continue;
    }
    const body = records === 400 ? 'x' : texts[text]!;
    const key = (BigInt(shard) * top) / BigInt(SHARDS) + 1n;
    const batch = batchOf(Array<string>(records).fill(body), Array<bigint>(records).fill(key));
    const { status, count } = await router.append(stream, batch);
    seen.push(status.subarray(0, count).join(''));
  }
  return seen;
}

test('the number of front ends changes no outcome of limited calls', async () => {
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(calls, fc.integer({ min: 2, max: FRONT_ENDS_MAX }), async (list, count) => {
      const alone = await outcomes(list, 1);
      assert.deepEqual(await outcomes(list, count), alone);
      for (const outcome of alone) kinds.add(/^[01]+$/.test(outcome) ? outcome[0]! : outcome);
    }),
    { numRuns: 40 },
  );
  // The calls are hard enough on the limits to be let in and refused, of both kinds.
  assert.deepEqual([...kinds].sort(), ['0', '1', 'records', 'throttled']);
});

test('several front ends at once share what a shard grants in an instant', async () => {
  const { routers, document } = setUp(FRONT_ENDS_MAX);
  let stored = 0;
  let reads = 0;
  for (let round = 0; round < 3; round++) {
    for (const { map, router } of routers) {
      const stream = map.stream(document.account, document.name)!;
      const batch = batchOf(Array<string>(400).fill('x'), Array<bigint>(400).fill(1n));
      const { status, count } = await router.append(stream, batch);
      stored += status.subarray(0, count).filter((one) => one === 0).length;
      const read = await router.read(stream.byIndex.get(0)!, 1, 10, 1024 * 1024);
      reads += Number(read.kind === 'records');
    }
  }
  assert.equal(stored, SHARD_WRITE_RECORDS_PER_SECOND);
  assert.equal(reads, SHARD_READ_CALLS_PER_SECOND);
});
