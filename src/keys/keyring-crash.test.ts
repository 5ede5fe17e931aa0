import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equal } from '../common/bytes.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { Keyring } from './keyring.ts';

const ACCOUNT = '000000000000';
const ALIAS = 'alias/orders';

test('a key that wrapped a data key is there after a power loss', async () => {
  let killedEarly = 0;
  for (let seed = 1; seed <= 60; seed += 1) {
    const simulation = new Simulation(seed);
    const { scheduler } = simulation;
    const disk = simulation.disk('machine');
    const open = () =>
      Keyring.open(
        { disk: disk.session(), clock: simulation.clock(), random: simulation.random.fork('keys') },
        { path: '/etc/keyring.json', region: 'us-east-1', watchMs: 1000, onProblem: assert.fail },
      );
    const maker = await scheduler.drive(open());
    const made = maker.createKey(ACCOUNT, ALIAS).then(
      () => undefined,
      () => killedEarly++,
    );
    await scheduler.advance(simulation.random.fork('moment').next() * 20);
    disk.kill();
    await scheduler.drive(made);
    const server = await scheduler.drive(open());
    if (server.list().length > 0) {
      const { plain, wrapped, keyArn } = await scheduler.drive(
        server.generateDataKey(ALIAS, ACCOUNT),
      );
      disk.powerLoss();
      const again = await scheduler.drive(open());
      const opened = await again.unwrap(keyArn, wrapped, ACCOUNT);
      assert.ok(equal(opened, plain), `seed ${seed}`);
    }
  }
  assert.ok(killedEarly > 10);
});
