import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exclusively, FileBusyError } from './exclusive.ts';
import { Simulation } from './sim/simulation.ts';
import { readTextFile, replaceTextFile } from './text-file.ts';

const PATH = '/etc/number';

function machine(seed: number) {
  const simulation = new Simulation(seed);
  const disk = simulation.disk('machine');
  const process = (name: string) => ({
    disk: disk.session(),
    clock: simulation.clock(),
    random: simulation.random.fork(name),
  });
  return { disk, scheduler: simulation.scheduler, process };
}

type Process = ReturnType<ReturnType<typeof machine>['process']>;

function increment(process: Process): Promise<number> {
  return exclusively(process, PATH, async () => {
    const next = Number((await readTextFile(process.disk, PATH)) ?? '0') + 1;
    await replaceTextFile(process.disk, PATH, String(next));
    return next;
  });
}

describe('exclusive work on a file', () => {
  test('is done one after the other, by whichever process', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { scheduler, process } = machine(seed);
      const processes = [process('a'), process('b'), process('c')];
      const results = await scheduler.drive(
        Promise.all(processes.flatMap((one) => [increment(one), increment(one), increment(one)])),
      );
      assert.deepEqual(
        results.sort((a, b) => a - b),
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
    }
  });

  test('lets others go on when it fails', async () => {
    const { scheduler, process } = machine(1);
    const one = process('a');
    const failing = exclusively(one, PATH, () => Promise.reject(new Error('no')));
    await assert.rejects(scheduler.drive(failing), /no/);
    assert.equal(await scheduler.drive(increment(one)), 1);
  });

  test('lets others go on when its process dies', async () => {
    const { disk, scheduler, process } = machine(1);
    const stuck = exclusively(process('a'), PATH, () => new Promise(() => undefined));
    stuck.catch(() => undefined);
    await scheduler.advance(100);
    disk.kill();
    assert.equal(await scheduler.drive(increment(process('b'))), 1);
  });

  test('does not wait for ever', async () => {
    const { scheduler, process } = machine(1);
    const stuck = exclusively(process('a'), PATH, () => new Promise(() => undefined));
    stuck.catch(() => undefined);
    await scheduler.advance(100);
    await assert.rejects(scheduler.drive(increment(process('b'))), FileBusyError);
  });
});
