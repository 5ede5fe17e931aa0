/**
 * Determinism: one seed, one run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../clock.ts';
import type { Disk } from '../disk.ts';
import type { Connection } from '../network.ts';
import { Simulation } from './simulation.ts';

const SECOND_MS = 1000;

/** Three hosts that write to their disks what the others send them, with faults in between. */
async function runWorld(seed: number): Promise<{ hash: string; events: number; files: string }> {
  const simulation = new Simulation(seed);
  const { scheduler, network } = simulation;
  const names = ['a', 'b', 'c'];
  const disks = new Map(names.map((name) => [name, simulation.disk(name)]));
  for (const name of names) {
    const disk = disks.get(name)?.session();
    assert.ok(disk);
    serve(simulation, name, disk).catch(assert.ifError);
    // A talker stops when it finds no connection, as it does during the partition.
    talk(simulation, name, names, simulation.clock()).catch(() => undefined);
  }
  await scheduler.advance(SECOND_MS);
  network.partition('a', 'b');
  await scheduler.advance(SECOND_MS);
  network.heal('a', 'b');
  network.cut('b', 'c');
  disks.get('c')?.powerLoss();
  await scheduler.advance(SECOND_MS);
  const files = [...disks].map(([name, disk]) => `${name}:${disk.contentOf('/log').byteLength}`);
  return { hash: scheduler.traceHash, events: scheduler.eventsRun, files: files.join() };
}

async function serve(simulation: Simulation, name: string, disk: Disk): Promise<void> {
  const file = await disk.open('/log', 'create');
  await disk.syncDirectory('/');
  let size = 0;
  await simulation.host(name).listen(`${name}:1`, (connection) => {
    connection.onData((bytes) => {
      const at = size;
      size += bytes.byteLength;
      const written = file.write([bytes], at).then(() => file.sync());
      written.then(
        () => connection.write(Uint8Array.of(1)),
        () => connection.destroy(),
      );
    });
  });
}

async function talk(
  simulation: Simulation,
  name: string,
  names: readonly string[],
  clock: Clock,
): Promise<void> {
  const random = simulation.random.fork(`talk ${name}`);
  const open = new Map<string, Connection>();
  for (;;) {
    await clock.sleep(1 + random.below(40));
    const to = names[random.below(names.length)] ?? name;
    let connection = open.get(to);
    if (connection === undefined) {
      connection = await simulation.host(name).connect(`${to}:1`, 200);
      connection.onClose(() => open.delete(to));
      open.set(to, connection);
    }
    connection.write(random.bytes(1 + random.below(2000)));
  }
}

test('the same seed twice is the same run, event by event', async () => {
  for (const seed of [1, 2, 3]) {
    const [one, other] = [await runWorld(seed), await runWorld(seed)];
    assert.ok(one.events > 300, `a run of ${one.events} events shows nothing`);
    assert.deepEqual(one, other);
  }
});

test('another seed is another run', async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 5; seed += 1) {
    hashes.add((await runWorld(seed)).hash);
  }
  assert.equal(hashes.size, 5);
});

test('other bytes are another run, though they take the same time', async () => {
  const hashes = new Set<string>();
  for (const byte of [1, 2]) {
    const simulation = new Simulation(1);
    const { scheduler } = simulation;
    const file = await scheduler.drive(simulation.disk('a').open('/file', 'create'));
    await scheduler.drive(file.write([Uint8Array.of(byte)], 0));
    hashes.add(scheduler.traceHash);
  }
  assert.equal(hashes.size, 2);
});

test('a machine more does not change the chance of the others', () => {
  const [one, other] = [new Simulation(1), new Simulation(1)];
  other.random.fork('new').next();
  assert.equal(one.random.fork('a').next(), other.random.fork('a').next());
});
