/** Retention tells every store what may go, and drops closed shards with their last record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShardKey } from '../model/stream.ts';
import { ControlHarness } from './control-harness.suite.ts';
import { RetentionDriver } from './retention.ts';

test('the driver runs periodically, one run at a time, and survives failures', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s');
  const { key } = harness.stream('s').shards[0]!;
  const asked: number[] = [];
  let fail = true;
  const failing = {
    retain: async (): Promise<void> => {
      if (fail) {
        throw new Error('no');
      }
    },
  };
  const store = {
    retain: async (horizonMs: (shard: ShardKey) => number): Promise<void> => {
      asked.push(horizonMs(key));
    },
  };
  const log = { warn: (_: object, text: string) => harness.warnings.push(text) };
  const { clock, control } = harness;
  const driver = new RetentionDriver(
    { clock, control, stores: [failing, store], log },
    { periodMs: 1_000 },
  );
  await harness.simulation.scheduler.advance(2_500);
  assert.equal(asked.length, 2);
  assert.equal(asked[1]! - asked[0]!, 1_000);
  assert.equal(harness.warnings.length, 2);
  fail = false;
  await Promise.all([driver.run(), driver.run()]);
  assert.equal(asked.length, 3);
  await driver.close();
  await harness.simulation.scheduler.advance(5_000);
  assert.equal(asked.length, 3);
});
