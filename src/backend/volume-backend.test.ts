import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { appendList, type ShardAppendOutcome } from '../model/append-lists.suite.ts';
import type { ReadOutcome, ReadRequest } from '../model/data-plane.ts';
import { EngineUnavailableError, LogFullError } from '../storage/commit-log.ts';
import { BackendSet } from './backend-set.ts';
import {
  batchOf,
  evenShards,
  FixedMap,
  HeldStore,
  keysWith,
  ManualClock,
  OneKey,
  packRecord,
  streamDocument,
  textsOf,
} from './test-parts.suite.ts';
import type { LimitsMode } from './throttle.ts';
import { VolumeBackend } from './volume-backend.ts';

const hourMs = 3_600_000;

function setUp(limits: LimitsMode = 'off', shards = 1) {
  const clock = new ManualClock();
  const store = new HeldStore();
  const map = new FixedMap();
  map.set(streamDocument({ shards: evenShards(shards, 1) }));
  const provider = new OneKey();
  const keys = keysWith(provider, clock);
  const backend = new VolumeBackend({ store, map, clock, keys }, { volume: 0, limits });
  const put = async (shard: number, ...texts: string[]): Promise<ShardAppendOutcome> => {
    const { count, packed } = batchOf(texts);
    return (await appendList(backend, [{ shard, count, payload: packed }]))[0]!;
  };
  const read = async (part: Partial<ReadRequest> = {}) => {
    const outcome = await backend.read({
      shard: 1,
      fromOrdinal: 1,
      recordsMax: 10_000,
      bytesMax: 10 * 1024 * 1024,
      ...part,
    });
    return records(outcome);
  };
  return { clock, store, map, provider, keys, backend, put, read };
}

function records(outcome: ReadOutcome) {
  assert.equal(outcome.kind, 'records');
  assert.ok(outcome.kind === 'records');
  return { ...outcome, texts: textsOf(outcome.sections) };
}

function stored(outcome: ShardAppendOutcome) {
  assert.ok(outcome.kind === 'stored', outcome.kind);
  return outcome;
}

describe('append', () => {
  test('gives ordinals in call order, before anything is durable', async () => {
    const { store, put, read } = setUp();
    store.held = true;
    const first = put(1, 'a', 'b');
    const second = put(1, 'c');
    assert.deepEqual((await read()).texts, []);
    store.release();
    assert.equal(stored(await first).baseOrdinal, 1);
    assert.equal(stored(await second).baseOrdinal, 3);
    assert.deepEqual((await read()).texts, ['a', 'b', 'c']);
  });

  test('reads for delivery without using up or counting anything', async () => {
    const { backend, put } = setUp('aws');
    await put(1, 'a', 'b');
    const before = { ...backend.total };
    const request = { shard: 1, fromOrdinal: 2, recordsMax: 10, bytesMax: 1000 };
    for (let i = 0; i < 20; i++) {
      const { texts, nextOrdinal, atEnd } = records(await backend.readForDelivery(request));
      assert.deepEqual([texts, nextOrdinal, atEnd], [['b'], 3, false]);
    }
    assert.deepEqual(backend.total, before);
    assert.deepEqual(await backend.readForDelivery({ ...request, shard: 99 }), { kind: 'gone' });
  });

  test('keeps arrival times from going back when the clock does', async () => {
    const { clock, put } = setUp();
    const first = stored(await put(1, 'a'));
    clock.ms -= 5000;
    const second = stored(await put(1, 'b'));
    assert.equal(second.arrivalMs, first.arrivalMs);
  });

  test('goes on where the store ends, after a restart', async () => {
    const { clock, store, map, keys, put } = setUp();
    const first = stored(await put(1, 'a', 'b'));
    clock.ms -= 5000;
    const again = new VolumeBackend({ store, map, clock, keys }, { volume: 0, limits: 'off' });
    const { packed } = batchOf(['c']);
    const [outcome] = await appendList(again, [{ shard: 1, count: 1, payload: packed }]);
    assert.equal(stored(outcome!).baseOrdinal, 3);
    assert.equal(stored(outcome!).arrivalMs, first.arrivalMs);
  });

  test('answers moved for unknown, closed, foreign and sealed shards', async () => {
    const { backend, map } = setUp();
    const [open, closed, foreign] = evenShards(3, 1);
    map.set(
      streamDocument({
        shards: [open!, { ...closed!, closedSeconds: 1_750_000_000 }, { ...foreign!, volume: 7 }],
      }),
    );
    const { packed } = batchOf(['x']);
    const appends = [1, 2, 3, 99].map((shard) => ({ shard, count: 1, payload: packed }));
    const outcomes = await appendList(backend, appends);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind),
      ['stored', 'moved', 'moved', 'moved'],
    );
  });

  test('reports a full disk as unavailable and goes on afterwards', async () => {
    const { store, put, read } = setUp();
    store.held = true;
    const lost = put(1, 'a');
    store.fail(new LogFullError('disk full'));
    assert.deepEqual(await lost, { kind: 'unavailable', reason: 'disk full' });
    store.held = false;
    assert.equal(stored(await put(1, 'b')).baseOrdinal, 2);
    assert.deepEqual((await read()).texts, ['b']);
  });

  test('reports a stopped volume as unavailable, refused and moved parts as such', async () => {
    const { backend, store } = setUp();
    store.held = true;
    const { packed } = batchOf(['x']);
    const pending = appendList(backend, [
      { shard: 99, count: 1, payload: packed },
      { shard: 1, count: 1, payload: packed },
    ]);
    store.fail(new EngineUnavailableError('fsync failed'));
    assert.deepEqual(
      (await pending).map((outcome) => outcome.kind),
      ['moved', 'unavailable'],
    );
  });

  test('a failure that is not a known one is not swallowed', async () => {
    const { store, put } = setUp();
    store.held = true;
    const pending = put(1, 'a');
    store.fail(new TypeError('bug'));
    await assert.rejects(pending, TypeError);
  });

  test('a store that throws leaves nothing in flight, so that the shard can be sealed', async () => {
    const { backend, store, put } = setUp();
    const { append } = store;
    store.append = () => {
      throw new TypeError('bug');
    };
    await assert.rejects(put(1, 'a'), TypeError);
    store.append = append;
    assert.ok((await backend.seal([1])) >= 0);
  });
});

describe('write limit', () => {
  const half = 'x'.repeat(512 * 1024 - 2);

  test('refuses entries in order and stores the rest', async () => {
    const { put, read } = setUp('aws');
    const outcome = stored(await put(1, half, 'small', half, 'tiny'));
    assert.deepEqual(outcome.refused, Uint8Array.of(0, 0, 1, 0));
    assert.deepEqual((await read()).texts, [half, 'small', 'tiny']);
  });

  test('answers throttled when nothing fits, and recovers with time', async () => {
    const { backend, clock, put } = setUp('aws');
    stored(await put(1, half, half));
    assert.deepEqual(await put(1, 'x'), { kind: 'throttled' });
    assert.equal(backend.use(1)?.writesThrottled, 1);
    clock.ms += 500;
    stored(await put(1, half));
  });

  test('observe stores everything and counts what would have been refused', async () => {
    const { backend, put, read } = setUp('observe');
    assert.equal(stored(await put(1, half, half, 'x', 'y')).refused, null);
    assert.equal(backend.use(1)?.writesThrottled, 2);
    assert.equal((await read()).texts.length, 4);
  });

  test('follows a change of the record size limit', async () => {
    const { clock, map, put } = setUp('aws');
    const big = 'x'.repeat(4 * 1024 * 1024);
    stored(await put(1, 'a'));
    map.set(streamDocument({ maxRecordSizeKiB: 10240, shards: evenShards(1, 1) }));
    clock.ms += 10_000;
    assert.equal(stored(await put(1, big, big)).refused, null);
  });
});

describe('read', () => {
  for (const slow of [false, true]) {
    test(`returns exactly what is asked (${slow ? 'slow' : 'fast'} store)`, async () => {
      const { store, put, read } = setUp();
      store.slow = slow;
      await put(1, 'a', 'b', 'c');
      await put(1, 'd', 'e');
      assert.deepEqual((await read({ fromOrdinal: 2, recordsMax: 3 })).texts, ['b', 'c', 'd']);
      const all = await read();
      assert.deepEqual(all.texts, ['a', 'b', 'c', 'd', 'e']);
      assert.equal(all.nextOrdinal, 6);
      const one = await read({ fromOrdinal: 3, bytesMax: 1 });
      assert.deepEqual(one.texts, ['c']);
      assert.equal(one.sections[0]?.baseOrdinal, 3);
      assert.equal(one.nextOrdinal, 4);
      // Two bytes of key and one of data per record.
      assert.deepEqual((await read({ bytesMax: 12 })).texts, ['a', 'b', 'c', 'd']);
      assert.deepEqual((await read({ bytesMax: 11 })).texts, ['a', 'b', 'c']);
    });
  }

  test('says how far behind the answer ends, 0 at the tip', async () => {
    const { clock, put, read } = setUp();
    await put(1, 'a');
    clock.ms += 4000;
    await put(1, 'b');
    clock.ms += 1000;
    assert.equal((await read({ recordsMax: 1 })).millisBehindLatest, 5000);
    assert.equal((await read()).millisBehindLatest, 0);
    assert.equal((await read({ fromOrdinal: 3 })).millisBehindLatest, 0);
  });

  test('hides what retention has passed, to the record, although it is stored', async () => {
    const { clock, map, backend, put, read } = setUp();
    await put(1, 'a', 'b');
    clock.ms += hourMs;
    await put(1, 'c');
    clock.ms += 23 * hourMs;
    assert.deepEqual((await read()).texts, ['a', 'b', 'c']);
    clock.ms += 1;
    const outcome = await read();
    assert.deepEqual(outcome.texts, ['c']);
    assert.equal(outcome.sections[0]?.baseOrdinal, 3);
    assert.equal(await backend.position(1, { kind: 'trim-horizon' }), 3);
    assert.equal(await backend.position(1, { kind: 'timestamp', ms: 0 }), 3);
    clock.ms += 24 * hourMs;
    assert.deepEqual((await read()).texts, []);
    assert.equal((await read()).nextOrdinal, 4);
    map.set(streamDocument({ retention: { hours: 8760, hiddenBeforeMs: clock.ms - 48 * hourMs } }));
    assert.deepEqual((await read()).texts, ['c']);
  });

  test('positions: latest is the durable end, timestamps find the next later record', async () => {
    const { clock, store, backend, put } = setUp();
    const start = clock.ms;
    await put(1, 'a');
    clock.ms += 1000;
    await put(1, 'b');
    store.held = true;
    const pending = put(1, 'c');
    assert.equal(await backend.position(1, { kind: 'latest' }), 3);
    assert.equal(await backend.position(1, { kind: 'timestamp', ms: start + 1 }), 2);
    assert.equal(await backend.position(1, { kind: 'timestamp', ms: start + 1001 }), 3);
    assert.equal(await backend.position(1, { kind: 'trim-horizon' }), 1);
    assert.equal(await backend.position(99, { kind: 'latest' }), null);
    store.release();
    await pending;
  });

  test('is at the end of a closed shard only when everything was read', async () => {
    const { map, put, read } = setUp();
    await put(1, 'a', 'b');
    assert.equal((await read()).atEnd, false);
    map.set(
      streamDocument({ shards: [{ ...evenShards(1, 1)[0]!, closedSeconds: 1_800_000_001 }] }),
    );
    assert.equal((await read({ recordsMax: 1 })).atEnd, false);
    assert.equal((await read()).atEnd, true);
    assert.equal((await read({ fromOrdinal: 3 })).atEnd, true);
  });

  test('serves what lies before damage, then says so; unknown shards are gone', async () => {
    const { store, backend, put, read } = setUp();
    await put(1, 'a');
    await put(1, 'b');
    store.blockedFrom = 2;
    assert.deepEqual((await read()).texts, ['a']);
    const request = { shard: 1, fromOrdinal: 2, recordsMax: 1, bytesMax: 1 };
    assert.deepEqual(await backend.read(request), { kind: 'corrupt' });
    assert.deepEqual(await backend.read({ ...request, shard: 99 }), { kind: 'gone' });
  });

  test('after an answer of 10 MiB the shard is throttled for five seconds', async () => {
    const { clock, store, backend, put } = setUp('aws');
    for (let i = 0; i < 12; i++) {
      clock.ms += 1000;
      stored(await put(1, 'x'.repeat(1024 * 1024 - 2)));
    }
    store.slow = true;
    const request = { shard: 1, fromOrdinal: 1, recordsMax: 10_000, bytesMax: 10 * 1024 * 1024 };
    assert.equal(records(await backend.read(request)).texts.length, 10);
    clock.ms += 4999;
    assert.deepEqual(await backend.read(request), { kind: 'throttled' });
    clock.ms += 1;
    assert.equal(records(await backend.read(request)).texts.length, 10);
    assert.equal(backend.use(1)?.readsThrottled, 1);
  });

  test('two reads at once do not take the same credit twice', async () => {
    const { clock, store, backend, put } = setUp('aws');
    for (let i = 0; i < 12; i++) {
      clock.ms += 1000;
      await put(1, 'x'.repeat(1024 * 1024 - 2));
    }
    store.slow = true;
    const request = { shard: 1, fromOrdinal: 1, recordsMax: 10_000, bytesMax: 10 * 1024 * 1024 };
    const both = await Promise.all([backend.read(request), backend.read(request)]);
    assert.deepEqual(
      both.map((outcome) => outcome.kind),
      ['records', 'throttled'],
    );
  });
});

describe('seal', () => {
  test('refuses appends at once and resolves when those in flight are settled', async () => {
    const { store, backend, put } = setUp();
    store.held = true;
    const first = put(1, 'a');
    let sealed = false;
    const sealing = backend.seal([1, 99]).finally(() => (sealed = true));
    assert.deepEqual(await put(1, 'b'), { kind: 'moved' });
    assert.equal(sealed, false);
    store.release();
    const { arrivalMs } = stored(await first);
    assert.equal(await sealing, arrivalMs);
    assert.equal(await backend.seal([99]), 0);
    backend.unseal([1]);
    store.held = false;
    assert.equal(stored(await put(1, 'c')).baseOrdinal, 2);
  });

  test('resolves also when what was in flight fails', async () => {
    const { store, backend, put } = setUp();
    store.held = true;
    const first = put(1, 'a');
    const sealing = backend.seal([1]);
    store.fail(new LogFullError('disk full'));
    await sealing;
    assert.equal((await first).kind, 'unavailable');
  });
});

describe('encryption', () => {
  test('stores ciphertext and reads records of before, during and after', async () => {
    const { map, store, keys, put, read } = setUp();
    assert.equal(stored(await put(1, 'before')).encrypted, false);
    const dataKeyId = await keys.create('alias/a', '000000000000');
    map.set(streamDocument({ encryption: { keyId: 'alias/a', dataKeyId } }));
    assert.equal(stored(await put(1, 'during', 'also')).encrypted, true);
    map.set(streamDocument());
    stored(await put(1, 'after'));
    const raw = await store.read(1, 1, 100, 1000);
    const bytes = Buffer.concat(raw.sections.map((section) => section.payload)).toString('latin1');
    assert.ok(bytes.includes('before') && bytes.includes('after'));
    assert.ok(!bytes.includes('during') && !bytes.includes('also'));
    assert.deepEqual((await read()).texts, ['before', 'during', 'also', 'after']);
    assert.deepEqual((await read({ fromOrdinal: 3, recordsMax: 1 })).texts, ['also']);
  });

  test('a key that cannot be used is an outcome, and ends when it can', async () => {
    const { map, provider, keys, backend, put, read } = setUp();
    await put(1, 'plain');
    const dataKeyId = await keys.create('alias/a', '000000000000');
    map.set(streamDocument({ encryption: { keyId: 'alias/a', dataKeyId } }));
    await put(1, 'sealed');
    provider.setDisabled(true);
    const failure = { kind: 'key', code: 'KMSDisabledException', text: 'arn is disabled.' };
    assert.deepEqual(await put(1, 'refused'), failure);
    assert.deepEqual((await read()).texts, ['plain']);
    const request = { shard: 1, fromOrdinal: 2, recordsMax: 1, bytesMax: 1000 };
    assert.deepEqual(await backend.read(request), failure);
    provider.setDisabled(false);
    assert.deepEqual((await read()).texts, ['plain', 'sealed']);
    assert.equal(stored(await put(1, 'again')).baseOrdinal, 3);
  });

  test('ciphertext that was changed is damage', async () => {
    const { map, store, keys, backend, put } = setUp();
    const dataKeyId = await keys.create('alias/a', '000000000000');
    map.set(streamDocument({ encryption: { keyId: 'alias/a', dataKeyId } }));
    await put(1, 'sealed');
    const { sections } = await store.read(1, 1, 1, 1000);
    sections[0]!.payload[20]! ^= 1;
    const request = { shard: 1, fromOrdinal: 1, recordsMax: 1, bytesMax: 1000 };
    assert.deepEqual(await backend.read(request), { kind: 'corrupt' });
  });
});

test('retention keeps what live streams show and lets everything else go', async () => {
  const { clock, map, store, backend, put } = setUp('off', 2);
  await put(1, 'a');
  await put(2, 'b');
  const [kept] = evenShards(2, 1);
  map.set(streamDocument({ retention: { hours: 48, hiddenBeforeMs: 0 }, shards: [kept!] }));
  await backend.retain();
  assert.equal(store.horizons.get(1), clock.ms - 48 * hourMs);
  assert.equal(store.horizons.get(2), Infinity);
});

test('a set of back ends sends every part to the volume it lives in', async () => {
  const clock = new ManualClock();
  const map = new FixedMap();
  const keys = keysWith(new OneKey(), clock);
  const [a, b, c] = evenShards(3, 1);
  map.set(streamDocument({ shards: [a!, { ...b!, volume: 1 }, { ...c!, volume: 9 }] }));
  const stores = [new HeldStore(), new HeldStore()];
  const volumes = new Map(
    stores.map((store, volume) => [
      volume,
      new VolumeBackend({ store, map, clock, keys }, { volume, limits: 'off' }),
    ]),
  );
  const set = new BackendSet({ map, volumes });
  const payload = packRecord('k', Buffer.from('x'));
  const appends = [2, 1, 3, 2].map((shard) => ({ shard, count: 1, payload }));
  const outcomes = await appendList(set, appends);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.kind === 'stored' ? outcome.baseOrdinal : outcome.kind)),
    [1, 1, 'moved', 2],
  );
  assert.equal(stores[0]!.bounds(1).next, 2);
  assert.equal(stores[1]!.bounds(2).next, 3);
  assert.equal(await set.position(3, { kind: 'latest' }), null);
  const request = { shard: 3, fromOrdinal: 1, recordsMax: 1, bytesMax: 1 };
  assert.deepEqual(await set.read(request), { kind: 'gone' });
  assert.ok((await set.seal([1, 2, 3])) > 0);
  assert.deepEqual(
    (await appendList(set, appends)).map((outcome) => outcome.kind),
    ['moved', 'moved', 'moved', 'moved'],
  );
  set.unseal([2]);
  assert.equal((await appendList(set, appends))[0]?.kind, 'stored');
});
