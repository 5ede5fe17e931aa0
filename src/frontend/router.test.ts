import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { appendsList, outcomesFrom } from '../model/append-lists.suite.ts';
import type { ShardAppend, ShardAppendOutcome } from '../model/append-lists.suite.ts';
import type { AppendOutcomes, Backend, ShardAppends } from '../model/data-plane.ts';
import { ServiceError } from '../model/service-error.ts';
import {
  batchOf,
  evenShards,
  FixedMap,
  streamDocument,
  textsOf,
} from '../backend/test-parts.suite.ts';
import type { Random } from '../runtime/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { Router } from './router.ts';
import { Spread } from './spread.ts';

const random: Random = {
  next: () => 0,
  below: () => 0,
  bytes: (length) => new Uint8Array(length),
  fork: () => random,
};

/** Answers with `answer`, by default as if everything was stored; remembers what it was asked. */
class Recorder implements Backend {
  readonly calls: (readonly ShardAppend[])[] = [];
  given: ShardAppends | null = null;
  readonly next = new Map<number, number>();
  answer: (append: ShardAppend) => ShardAppendOutcome = (append) => this.store(append);

  store(append: ShardAppend): ShardAppendOutcome {
    const baseOrdinal = this.next.get(append.shard) ?? 1;
    this.next.set(append.shard, baseOrdinal + append.count);
    return { kind: 'stored', baseOrdinal, arrivalMs: 5, encrypted: false, refused: null };
  }
  append(appends: ShardAppends): Promise<AppendOutcomes> {
    this.given = appends;
    const list = appendsList(appends);
    this.calls.push(list);
    const outcomes = list.map((append) => this.answer(append));
    return Promise.resolve(outcomesFrom(outcomes, appends));
  }
  read(): { kind: 'corrupt' } {
    return { kind: 'corrupt' };
  }
  position(): Promise<null> {
    return Promise.resolve(null);
  }
  follow(): { kind: 'gone' } {
    return { kind: 'gone' };
  }
  seal(): Promise<number> {
    return Promise.resolve(0);
  }
  unseal(): void {
    return;
  }
  /** Texts that went to a shard, in order, over all calls. */
  texts(shard: number): string[] {
    return this.calls
      .flat()
      .filter((append) => append.shard === shard)
      .flatMap(({ payload }) => sectionTexts(payload));
  }
}

function sectionTexts(payload: Uint8Array): string[] {
  return textsOf([{ shard: 0, baseOrdinal: 1, count: 1, arrivalMs: 0, keyId: 0, payload }]);
}

function driverOf(simulation: Simulation) {
  return <T>(work: Promise<T>): Promise<T> => simulation.scheduler.drive(work);
}

function setUp(shards: number, spread: Spread | null = null) {
  const map = new FixedMap();
  const stream = map.set(streamDocument({ shards: evenShards(shards, 10) }));
  const backend = new Recorder();
  const simulation = new Simulation(1);
  const clock = simulation.clock();
  const router = new Router({ map, backend, random, clock, spread });
  return { map, stream, backend, clock, router, drive: driverOf(simulation) };
}

const top = 2n ** 128n;

/** What has seen calls whose records were alone in their shards. */
function widest(): Spread {
  const spread = new Spread();
  for (let i = 0; i < 32; i++) spread.note(500, 500);
  return spread;
}

/** How records are sent on, of calls of how many, over how many shards, and in how many runs. */
const ways = [
  { what: 'in order', spread: () => null, records: [1, 60], shards: [1, 9], isEach: false },
  { what: 'one by one if wide', spread: widest, records: [64, 90], shards: [90, 99], isEach: true },
] as const;

describe('append', () => {
  for (const { what, spread, records, shards: shardCounts, isEach } of ways) {
    test(`sends every record to the shard that owns its key, ${what}`, async () => {
      const [minLength, maxLength] = records;
      const [min, max] = shardCounts;
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min, max }),
          fc.array(fc.bigInt({ min: 0n, max: top - 1n }), { minLength, maxLength }),
          async (shards, keys) => {
            const { stream, backend, router } = setUp(shards, spread());
            const texts = keys.map((_, i) => `t${i}`);
            const result = await router.append(stream, batchOf(texts, keys));
            const expected = new Map<number, string[]>();
            keys.forEach((key, i) => {
              const owner = stream.document.shards.find(
                (shard) => key <= BigInt(shard.endingHashKey),
              )!;
              const list = expected.get(owner.key) ?? [];
              list.push(texts[i]!);
              expected.set(owner.key, list);
              assert.equal(result.shardIndexes[i], owner.index);
              assert.equal(result.ordinals[i], list.length);
              assert.equal(result.status[i], 0);
            });
            for (const shard of stream.document.shards) {
              assert.deepEqual(backend.texts(shard.key), expected.get(shard.key) ?? []);
            }
            assert.equal(backend.calls.length, 1);
            if (isEach) assert.equal(backend.calls[0]!.length, keys.length);
            assert.equal(result.failedCount, 0);
          },
        ),
      );
    });
  }

  test('passes a batch on without copying', async () => {
    const { stream, backend, router } = setUp(2);
    const batch = batchOf(['a', 'b', 'c'], [top - 1n, 1n, top - 2n]);
    await router.append(stream, batch);
    assert.equal(backend.given?.packed, batch.packed);
  });

  test('calls under way have memory of their own, which later ones use again', async () => {
    const { stream, backend, router } = setUp(2);
    const ends: (() => void)[] = [];
    const append = backend.append.bind(backend);
    backend.append = (appends) => {
      const outcomes = append(appends);
      return new Promise((resolve) => {
        ends.push(() => resolve(outcomes));
      });
    };
    const memory = (): ArrayBufferLike => backend.given!.shards.buffer;
    const first = router.append(stream, batchOf(['a', 'b'], [top - 1n, 1n]));
    const ofFirst = memory();
    const second = router.append(stream, batchOf(['c', 'd', 'e'], [1n, top - 1n, 2n]));
    const ofSecond = memory();
    assert.notEqual(ofFirst, ofSecond);
    for (const end of ends.splice(0).reverse()) end();
    assert.deepEqual([...(await second).shardIndexes], [0, 1, 0]);
    assert.deepEqual([...(await first).shardIndexes], [1, 0]);
    const third = router.append(stream, batchOf(['f', 'g'], [1n, top - 1n]));
    assert.ok([ofFirst, ofSecond].includes(memory()));
    ends[0]!();
    assert.deepEqual([...(await third).shardIndexes], [0, 1]);
  });

  test('marks refused entries and shards', async () => {
    const { stream, backend, router } = setUp(2);
    backend.answer = (append) =>
      append.shard === 10
        ? { kind: 'throttled' }
        : {
            kind: 'stored',
            baseOrdinal: 7,
            arrivalMs: 9,
            encrypted: true,
            refused: Uint8Array.of(0, 1, 0),
          };
    const result = await router.append(
      stream,
      batchOf(['a', 'b', 'c', 'd'], [top - 1n, 0n, top - 1n, top - 1n]),
    );
    assert.deepEqual([...result.status], [0, 1, 1, 0]);
    assert.deepEqual([result.ordinals[0], result.ordinals[3]], [7, 8]);
    assert.equal(result.failedCount, 2);
    assert.equal(result.encrypted, true);
  });

  test('marks records of a volume that cannot write as failed', async () => {
    const { stream, backend, router } = setUp(1);
    backend.answer = () => ({ kind: 'unavailable', reason: 'disk full' });
    const result = await router.append(stream, batchOf(['a', 'b']));
    assert.deepEqual([...result.status], [2, 2]);
    assert.equal(result.failedCount, 2);
  });

  test('routes moved records once more by the newer map', async () => {
    const { map, stream, backend, router } = setUp(2);
    const [left, right] = evenShards(2, 10);
    const children = evenShards(4, 20).slice(0, 2);
    backend.answer = (append) => {
      if (append.shard !== 10) return backend.store(append);
      map.set(
        streamDocument({
          shards: [
            { ...left!, closedSeconds: 1_800_000_000 },
            right!,
            ...children.map((child, i) => ({ ...child, index: 2 + i })),
          ],
        }),
      );
      return { kind: 'moved' };
    };
    const keys = [0n, top - 1n, top / 4n, 1n];
    const result = await router.append(stream, batchOf(['a', 'b', 'c', 'd'], keys));
    const current = map.streamByUid(stream.document.uid)!;
    assert.deepEqual(
      [...result.shardIndexes].map((index) => current.byIndex.get(index)?.document.key),
      [20, 11, 21, 20],
    );
    assert.deepEqual(backend.texts(20), ['a', 'd']);
    assert.deepEqual(backend.texts(21), ['c']);
    assert.equal(result.failedCount, 0);
  });

  test('waits for the map while a shard is being closed', async () => {
    const { map, stream, backend, clock, router, drive } = setUp(1);
    const [parent] = stream.document.shards;
    const children = evenShards(2, 20).map((child, i) => ({ ...child, index: 1 + i }));
    clock.after(40, () =>
      map.set(
        streamDocument({ shards: [{ ...parent!, closedSeconds: 1_800_000_000 }, ...children] }),
      ),
    );
    backend.answer = (append) => (append.shard === 10 ? { kind: 'moved' } : backend.store(append));
    const result = await drive(router.append(stream, batchOf(['a', 'b'], [0n, top - 1n])));
    assert.equal(result.failedCount, 0);
    assert.deepEqual(backend.texts(20), ['a']);
    assert.deepEqual(backend.texts(21), ['b']);
  });

  test('goes on where it was when a shard is not closed after all', async () => {
    const { stream, backend, clock, router, drive } = setUp(1);
    const sealedUntil = clock.monotonic() + 40;
    backend.answer = (append) =>
      clock.monotonic() < sealedUntil ? { kind: 'moved' } : backend.store(append);
    const result = await drive(router.append(stream, batchOf(['a'])));
    assert.deepEqual([...result.status], [0]);
  });

  test('gives up after two seconds', async () => {
    const { stream, backend, clock, router, drive } = setUp(1);
    backend.answer = () => ({ kind: 'moved' });
    const startMs = clock.monotonic();
    const result = await drive(router.append(stream, batchOf(['a'])));
    assert.deepEqual([...result.status], [2]);
    assert.ok(clock.monotonic() - startMs >= 2_000);
    assert.ok(backend.calls.length < 1_000);
  });

  test('a stream that is gone is not found', async () => {
    const { map, stream, backend, router } = setUp(1);
    backend.answer = () => {
      map.remove(1);
      return { kind: 'moved' };
    };
    await assert.rejects(
      router.append(stream, batchOf(['a'])),
      (error) =>
        error instanceof ServiceError &&
        error.code === 'ResourceNotFoundException' &&
        error.text === 'Stream s under account 000000000000 not found.',
    );
  });

  test('an unusable key fails the call with its own error', async () => {
    const { stream, backend, router } = setUp(1);
    backend.answer = () => ({ kind: 'key', code: 'KMSDisabledException', text: 'disabled' });
    await assert.rejects(
      router.append(stream, batchOf(['a'])),
      (error) => error instanceof ServiceError && error.code === 'KMSDisabledException',
    );
  });

  test('with AUTO distribution records spread evenly whatever their keys', async () => {
    const { map, backend, router } = setUp(1);
    const stream = map.set(streamDocument({ distribution: 'AUTO', shards: evenShards(4, 10) }));
    for (let i = 0; i < 8; i++) await router.append(stream, batchOf(['x']));
    const singles = [10, 11, 12, 13].map((shard) => backend.texts(shard).length);
    assert.deepEqual(singles, [2, 2, 2, 2]);
    const texts = Array.from({ length: 400 }, (_, i) => String(i));
    await router.append(stream, batchOf(texts));
    const many = [10, 11, 12, 13].map((shard) => backend.texts(shard).length);
    assert.deepEqual(many, [102, 102, 102, 102]);
  });
});

test('damage is an internal failure, a shard that is not there is not found', async () => {
  const { stream, router } = setUp(1);
  const shard = stream.byIndex.get(0)!;
  assert.throws(
    () => router.read(shard, 1, 1, 1),
    (error) => error instanceof ServiceError && error.code === 'InternalFailure',
  );
  await assert.rejects(
    router.position(shard, { kind: 'latest' }),
    (error) =>
      error instanceof ServiceError &&
      error.text ===
        'Shard shardId-000000000000 in stream s under account 000000000000 does not exist',
  );
});
