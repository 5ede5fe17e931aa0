import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkSuite } from '../network.suite.ts';
import type { Connection } from '../network.ts';
import type { SimNetworkOptions } from './network.ts';
import { Simulation } from './simulation.ts';

for (const seed of [1, 2, 3]) {
  networkSuite(`SimNetwork with seed ${seed}`, () => {
    const simulation = new Simulation(seed);
    return {
      network: simulation.host('here'),
      run: (work) => simulation.scheduler.drive(work()),
    };
  });
}

interface Linked {
  readonly simulation: Simulation;
  readonly client: Connection;
  readonly server: Connection;
  /** What has arrived at the server, as one text. */
  readonly arrived: () => string;
  /** What was told about closes so far. */
  readonly closes: string[];
}

const text = new TextEncoder();

/** Hosts `a` and `b`, connected from `a` to `b`. */
async function link(options: SimNetworkOptions = {}, seed: number = 1): Promise<Linked> {
  const simulation = new Simulation(seed, { network: options });
  const accepted: Connection[] = [];
  await simulation.host('b').listen('b:7', (connection) => accepted.push(connection));
  const client = await simulation.scheduler.drive(simulation.host('a').connect('b:7', 1000));
  const server = accepted[0];
  assert.ok(server !== undefined);
  let received = '';
  server.onData((bytes) => (received += new TextDecoder().decode(bytes)));
  client.onData(() => undefined);
  const closes: string[] = [];
  client.onClose((reason) => closes.push(`client: ${reason?.message ?? 'in order'}`));
  server.onClose((reason) => closes.push(`server: ${reason?.message ?? 'in order'}`));
  return { simulation, client, server, arrived: () => received, closes };
}

test('a partition holds up what is sent, and nothing is lost when it heals in time', async () => {
  const { simulation, client, arrived, closes } = await link();
  client.write(text.encode('one '));
  await simulation.scheduler.advance(100);
  simulation.network.partition('a', 'b');
  client.write(text.encode('two '));
  client.write(text.encode('three '));
  await simulation.scheduler.advance(5000);
  assert.equal(arrived(), 'one ');
  simulation.network.heal('a', 'b');
  client.write(text.encode('four'));
  await simulation.scheduler.advance(100);
  assert.equal(arrived(), 'one two three four');
  assert.deepEqual(closes, []);
});

test('an end is held up by a partition as bytes are', async () => {
  const { simulation, client, arrived, closes } = await link();
  simulation.network.partition('a', 'b');
  client.write(text.encode('last words'));
  client.destroy();
  await simulation.scheduler.advance(1000);
  assert.deepEqual(closes, ['client: in order']);
  simulation.network.healAll();
  await simulation.scheduler.advance(1000);
  assert.equal(closes.length, 2);
  assert.ok(['', 'last words'].includes(arrived()));
});

test('a partition that lasts breaks the connection, at both ends', async () => {
  const { simulation, client, closes } = await link({ partitionMsMax: 10_000 });
  simulation.network.partition('a', 'b');
  await simulation.scheduler.advance(9_999);
  assert.deepEqual(closes, []);
  await simulation.scheduler.advance(2);
  assert.deepEqual(closes.sort(), [
    'client: the connection has timed out',
    'server: the connection has timed out',
  ]);
  assert.equal(client.write(text.encode('x')), false);
});

test('a partition that healed and came back starts anew', async () => {
  const { simulation, closes } = await link({ partitionMsMax: 10_000 });
  simulation.network.partition('a', 'b');
  await simulation.scheduler.advance(6_000);
  simulation.network.heal('a', 'b');
  simulation.network.partition('a', 'b');
  await simulation.scheduler.advance(6_000);
  assert.deepEqual(closes, []);
});

test('a block stops one way only', async () => {
  const { simulation, client, server, arrived } = await link();
  let answers = 0;
  client.onData((bytes) => (answers += bytes.byteLength));
  simulation.network.block('a', 'b');
  client.write(text.encode('unheard'));
  server.write(text.encode('heard'));
  await simulation.scheduler.advance(1000);
  assert.deepEqual([arrived(), answers], ['', 5]);
});

test('a partition of others changes nothing', async () => {
  const { simulation, client, arrived } = await link();
  simulation.network.partition('a', 'c');
  client.write(text.encode('through'));
  await simulation.scheduler.advance(1000);
  assert.equal(arrived(), 'through');
});

test('a connection over a partition times out, unless it heals before', async () => {
  const simulation = new Simulation(1);
  const { scheduler, network } = simulation;
  await simulation.host('b').listen('0.0.0.0:7', () => undefined);
  network.partition('a', 'b');
  await assert.rejects(scheduler.drive(simulation.host('a').connect('b:7', 2500)), /within 2500/);
  const patient = simulation.host('a').connect('b:7', 2500);
  await scheduler.advance(500);
  network.heal('a', 'b');
  const connection = await scheduler.drive(patient);
  assert.equal(connection.remoteAddress, 'b:7');
});

test('a cut breaks what is there at once, and new connections can be made', async () => {
  const { simulation, closes } = await link();
  simulation.network.cut('b', 'a');
  await simulation.scheduler.advance(1);
  assert.deepEqual(closes.sort(), [
    'client: the connection was cut',
    'server: the connection was cut',
  ]);
  await simulation.scheduler.drive(simulation.host('a').connect('b:7', 1000));
  simulation.network.dropConnections('b');
  assert.equal(simulation.network.openEnds, 0);
});

test('a host that dies says nothing, its peers are told, its listeners are gone', async () => {
  const { simulation, server, closes } = await link();
  const dead = simulation.host('b');
  simulation.network.kill('b');
  await simulation.scheduler.advance(1000);
  assert.equal(closes.length, 1);
  assert.match(closes[0] ?? '', /^client/);
  assert.equal(server.write(text.encode('from the grave')), false);
  await assert.rejects(simulation.scheduler.drive(simulation.host('a').connect('b:7', 1000)));
  await assert.rejects(dead.connect('a:1', 1000), /died/);
  await assert.rejects(
    dead.listen('b:7', () => undefined),
    /died/,
  );
  await simulation.host('b').listen('b:7', () => undefined);
});

test('the loopback of a host is its own', async () => {
  const simulation = new Simulation(1);
  const { scheduler } = simulation;
  await simulation.host('a').listen('127.0.0.1:7', () => undefined);
  await scheduler.drive(simulation.host('a').connect('localhost:7', 1000));
  await assert.rejects(scheduler.drive(simulation.host('b').connect('127.0.0.1:7', 1000)));
  await assert.rejects(scheduler.drive(simulation.host('b').connect('a:7', 1000)), /refused/);
  await assert.rejects(
    simulation.host('a').listen('b:8', () => undefined),
    /not an address/,
  );
});

test('who does not heed the answer of write loses the connection', async () => {
  const { simulation, client, closes } = await link({ highWaterBytes: 10, queueBytesMax: 100 });
  assert.equal(client.write(new Uint8Array(10)), true);
  assert.equal(client.write(new Uint8Array(1)), false);
  assert.equal(client.write(new Uint8Array(200)), false);
  await simulation.scheduler.advance(1000);
  assert.match(closes.join(), /client: more than 100 bytes queued/);
  assert.equal(closes.length, 2);
});

test('pieces are split and joined on the way', async () => {
  const sizes = new Set<number>();
  for (let seed = 1; seed <= 20; seed += 1) {
    const { simulation, client, server } = await link({}, seed);
    server.onData((bytes) => sizes.add(bytes.byteLength));
    for (let count = 0; count < 20; count += 1) {
      client.write(new Uint8Array(10));
    }
    await simulation.scheduler.advance(1000);
  }
  assert.ok([...sizes].some((size) => size < 10));
  assert.ok([...sizes].some((size) => size > 10));
});

test('a slow way is slow', async () => {
  const { simulation, client, arrived } = await link({ latencyMs: [1, 1] });
  simulation.network.slowDown('a', 'b', 1000);
  client.write(text.encode('late'));
  await simulation.scheduler.advance(999);
  assert.equal(arrived(), '');
  await simulation.scheduler.advance(30_000);
  assert.equal(arrived(), 'late');
});
