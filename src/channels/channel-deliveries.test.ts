/** Every record from the channel's start on is in exactly one object, whatever happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryWorld, START_MS } from './test-world.suite.ts';

const DATA = /\/data\//;
const ERRORS = /\/errors\//;

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}

test('delivers what arrives once the channel is ACTIVE, when it is old enough', async () => {
  const world = new DeliveryWorld();
  world.addShard(1);
  world.nowMs = START_MS - 1;
  world.append(1, '0');
  world.nowMs = START_MS + 1000;
  world.append(1, '1', '2');
  await world.tick();
  await world.tick(200_000);
  world.append(1, '3');
  await world.tick(94_999);
  assert.equal(world.objects.size, 0);
  assert.equal(world.deliveries.dataFreshnessSeconds, 294.999);
  // One period earlier than the freshness, so that no record ever gets older.
  await world.tick(1);
  assert.deepEqual(world.lines(DATA), ['1', '2', '3']);
  assert.equal(world.objects.size, 1);
  const [name, object] = [...world.objects][0]!;
  assert.match(name, /\/data\/shardId-000000000001\/c1-shardId-000000000001-\d{56}-\d{56}\.jsonl$/);
  assert.equal(object.contentType, 'application/x-ndjson');
  assert.equal(world.deliveries.dataFreshnessSeconds, 0);
  await world.tick(600_000);
  assert.equal(world.objects.size, 1);
  assert.deepEqual(world.counts, { delivered: 3, refused: 0, expired: 0, failures: 0 });
});

test('delivers earlier what fills an object', async () => {
  const world = new DeliveryWorld({}, { objectBytesMax: 30, readBytes: 10 });
  world.addShard(1);
  world.append(1, ...numbered(10, 20), ...numbered(20, 30));
  await world.tick();
  // A record is three bytes with its key: ten fill an object, and of the rest none is left over.
  assert.equal(world.objects.size, 2);
  world.append(1, '30');
  await world.tick();
  assert.equal(world.objects.size, 2);
  await world.tick(300_000);
  assert.deepEqual(world.lines(DATA), numbered(10, 31));
});

test('a shard that is closed is delivered to its end at once, its child from its start', async () => {
  const world = new DeliveryWorld();
  world.addShard(1);
  world.append(1, '1');
  await world.tick(1000);
  world.closeShard(1);
  const createdSeconds = Math.floor(world.nowMs / 1000) + 1;
  world.addShard(2, { createdSeconds, parent: 1 });
  // Its clock is behind: arrival is no later than the start of the channel.
  world.nowMs = START_MS - 5000;
  world.append(2, '2');
  world.nowMs = START_MS + 5000;
  await world.tick();
  assert.deepEqual(world.lines(DATA), ['1']);
  await world.tick(300_000);
  assert.deepEqual(world.lines(DATA), ['1', '2']);
  assert.equal(world.image.entries.size, 2);
  world.stream = { ...world.stream, shards: world.stream.shards.slice(1) };
  await world.tick();
  await world.tick();
  assert.equal(world.image.entries.size, 1, 'the position of an expired shard is dropped');
});

test('shards that ended before the channel began are left alone', async () => {
  const world = new DeliveryWorld();
  world.nowMs = START_MS - 10_000;
  world.addShard(1);
  world.append(1, '1');
  world.closeShard(1);
  world.nowMs = START_MS;
  await world.tick(600_000);
  assert.equal(world.objects.size, 0);
  assert.equal(world.image.entries.size, 0);
});

test('records that are not JSON go to the dead letters of their batch', async () => {
  const world = new DeliveryWorld();
  world.addShard(1);
  world.append(1, '{"a":\n1}', 'nonsense', '"b"');
  await world.tick(300_000);
  assert.deepEqual(world.lines(DATA), ['{"a": 1}', '"b"']);
  const [line] = world.lines(ERRORS);
  const dead = JSON.parse(line!) as Record<string, string>;
  assert.equal(dead['errorCode'], 'NOT_JSON');
  assert.equal(dead['shardId'], 'shardId-000000000001');
  assert.equal(dead['partitionKey'], 'p');
  assert.equal(Buffer.from(dead['data']!, 'base64').toString(), 'nonsense');
  assert.deepEqual(world.counts, { delivered: 2, refused: 1, expired: 0, failures: 0 });
});

test('a bucket that refuses is tried again, ever more rarely, and says so', async () => {
  const world = new DeliveryWorld();
  world.addShard(1);
  world.append(1, '1');
  world.refusal = 'AccessDenied';
  await world.tick(300_000);
  assert.deepEqual([world.counts.failures, world.warnings.length], [1, 1]);
  assert.equal(world.deliveries.failingShards, 1);
  assert.equal(world.deliveries.dataFreshnessSeconds, 300);
  await world.tick(999);
  assert.equal(world.counts.failures, 1);
  await world.tick(1);
  assert.equal(world.counts.failures, 2);
  await world.tick(1_999);
  assert.equal(world.counts.failures, 2);
  for (let i = 0; i < 20; i++) await world.tick(60_000);
  assert.equal(world.counts.failures, 22);
  world.channel = { ...world.channel!, logging: { enabled: false, group: 'g', stream: 's' } };
  const told = world.warnings.length;
  await world.tick(60_000);
  assert.equal(world.warnings.length, told);
  world.refusal = null;
  world.append(1, '2');
  await world.tick(60_000);
  assert.equal(world.deliveries.failingShards, 0);
  await world.tick(300_000);
  assert.deepEqual(world.lines(DATA), ['1', '2']);
  assert.equal(world.objects.size, 2, 'the batch stayed the one that was written down');
});

test('what retention takes before it was delivered is counted', async () => {
  const world = new DeliveryWorld();
  world.addShard(1);
  world.append(1, '1', '2');
  world.refusal = 'SlowDown';
  await world.tick(300_000);
  world.append(1, '3');
  world.horizonMs = world.nowMs;
  world.refusal = null;
  await world.tick(60_000);
  await world.tick(300_000);
  assert.deepEqual(world.lines(DATA), ['3']);
  assert.deepEqual([world.counts.expired, world.counts.delivered], [2, 1]);
});

test('a channel that goes stops at once, and its positions go with it', async () => {
  const world = new DeliveryWorld();
  world.addShard(1);
  world.append(1, '1');
  await world.tick();
  assert.equal(world.image.entries.size, 1);
  world.channel = { ...world.channel!, status: 'DELETING' };
  await world.tick(300_000);
  world.channel = null;
  await world.tick();
  world.open();
  await world.tick();
  assert.equal(world.objects.size, 0);
  assert.equal(world.image.entries.size, 0);
});

/** Two shards, a reshard, bad records, several objects; a restart wherever the process dies. */
async function story(world: DeliveryWorld): Promise<void> {
  const tick = async (passedMs: number): Promise<void> => {
    await world.tick(passedMs);
    if (!world.dead) return;
    await world.deliveries.close();
    world.open();
    await world.tick(0);
  };
  world.addShard(1);
  world.addShard(2);
  world.append(1, ...numbered(100, 112), 'bad 1');
  world.append(2, '200');
  await tick(0);
  await tick(295_000);
  world.append(1, '112');
  world.closeShard(1);
  world.addShard(3, { createdSeconds: Math.floor(world.nowMs / 1000) + 1 });
  world.append(3, 'bad 3', '300');
  await tick(5_000);
  world.append(2, '201', '202');
  await tick(295_000);
  await tick(295_000);
  await tick(61_000);
}

test('a process that dies at any effect loses nothing and repeats nothing', async () => {
  let crashes = 0;
  for (let effects = 1; ; effects++) {
    const world = new DeliveryWorld({}, { objectBytesMax: 20, readBytes: 8 });
    world.effectsLeft = effects;
    await story(world);
    const expected = [...numbered(100, 113), '200', '201', '202', '300'];
    assert.deepEqual(world.lines(DATA).sort(), expected, `death at effect ${effects}`);
    const dead = world.lines(ERRORS).map((line) => (JSON.parse(line) as { data: string }).data);
    const texts = dead.map((data) => Buffer.from(data, 'base64').toString()).sort();
    assert.deepEqual(texts, ['bad 1', 'bad 3'], `death at effect ${effects}`);
    if (world.deaths === 0) break;
    crashes++;
  }
  assert.ok(crashes > 30, `only ${crashes} places to die at`);
});

test('of two processes that deliver one channel no record goes into two objects', async () => {
  const world = new DeliveryWorld({}, { objectBytesMax: 20 });
  world.addShard(1);
  world.append(1, ...numbered(10, 40));
  const first = world.deliveries;
  // The store has one owner; a second process is one that took it over.
  first.tick();
  world.open();
  world.deliveries.tick();
  await Promise.all([first.idle(), world.deliveries.idle()]);
  await world.tick(300_000);
  assert.deepEqual(world.lines(DATA), numbered(10, 40));
});
