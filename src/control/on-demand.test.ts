/** Hot shards of on-demand streams split in even halves, with a reason; one hot key does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShardKey } from '../model/stream.ts';
import { ACCOUNT, ControlHarness, ref } from './control-harness.suite.ts';
import { HotShards } from './hot-shards.ts';
import type { OnDemandScaler } from './on-demand.ts';
import { ON_DEMAND_DEFAULTS } from './on-demand.ts';

/** Writes to a stream: so many bytes per second to the open shard that holds a hash key. */
class Traffic {
  readonly #harness: ControlHarness;
  readonly bytes: Map<ShardKey, number> = new Map<ShardKey, number>();
  readonly scaler: OnDemandScaler;

  constructor(harness: ControlHarness) {
    this.#harness = harness;
    this.scaler = harness.control.scaleOnDemand((key) => this.bytes.get(key), {
      ...ON_DEMAND_DEFAULTS,
      splitsMax: 2,
    });
  }

  async minutes(count: number, rates: ReadonlyMap<bigint, number>): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) {
      for (const shard of this.#harness.stream('s').shards) {
        const from = BigInt(shard.startingHashKey);
        const to = BigInt(shard.endingHashKey);
        for (const [key, rate] of shard.closedSeconds === null ? rates : []) {
          if (from <= key && key <= to) {
            this.bytes.set(shard.key, (this.bytes.get(shard.key) ?? 0) + 60 * rate);
          }
        }
      }
      await this.#harness.simulation.scheduler.advance(60_000);
    }
  }

  get open(): number {
    const { shards } = this.#harness.stream('s');
    return shards.filter((shard) => shard.closedSeconds === null).length;
  }
}

/** Evenly over the ring. */
function even(bytesPerSecond: number): ReadonlyMap<bigint, number> {
  const step = (1n << 128n) / 256n;
  return new Map(
    Array.from({ length: 256 }, (_, at) => [BigInt(at) * step + 1n, bytesPerSecond / 256]),
  );
}

test('an even load splits shards until each takes at most 500 KB/s, and says why', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 1, { mode: 'ON_DEMAND' });
  const traffic = new Traffic(harness);
  await traffic.minutes(15, even(1_900_000));
  assert.equal(traffic.open, 4);
  await traffic.minutes(30, even(3_000_000));
  assert.equal(traffic.open, 8);
  const { document } = harness.shardMap.stream(ACCOUNT, 's')!;
  assert.equal(document.status, 'ACTIVE');
  const history = harness.control.scalingHistory(harness.stream('s'));
  assert.deepEqual(
    history.map(({ reason, shardsBefore, shardsAfter }) => [reason, shardsBefore, shardsAfter]),
    [
      ['created', 0, 4],
      ['hot-shard', 4, 6],
      ['hot-shard', 6, 8],
    ],
  );
  assert.match(
    history[1]!.detail,
    /^shardId-00000000000\d took \d+ KB\/s, .* over 180 s, more than 500 KB\/s; split in even halv/,
  );
  await traffic.scaler.close();
});

test('a hot half is split, not its quiet neighbours; one hot key is given up on', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 1, { mode: 'ON_DEMAND' });
  const traffic = new Traffic(harness);
  await traffic.minutes(60, new Map([[5n, 900_000]]));
  assert.equal(traffic.open, 7);
  const hot = harness.stream('s').shards.at(-2)!;
  assert.equal(hot.startingHashKey, '0');
  assert.equal(hot.endingHashKey, `${(1n << 123n) - 1n}`);
  await traffic.scaler.close();
});

test('provisioned streams and full quotas are left alone', async () => {
  const harness = await ControlHarness.start({ shardLimit: 5 });
  await harness.created('s', 1);
  const traffic = new Traffic(harness);
  await traffic.minutes(10, even(3_000_000));
  assert.equal(traffic.open, 1);
  await harness.control.updateStreamMode(ref('s'), 'ON_DEMAND', null);
  await traffic.minutes(20, even(10_000_000));
  assert.equal(traffic.open, 5);
  assert.ok(harness.warnings.some((text) => text.includes('the shard limit')));
  await traffic.scaler.close();
});

test('lowering warm throughput keeps what the last hour needed', async () => {
  const harness = await ControlHarness.start();
  await harness.control.updateAccountSettings(ACCOUNT, true);
  await harness.created('s', 1, { mode: 'ON_DEMAND', warmThroughputMiBps: 40 });
  const traffic = new Traffic(harness);
  await traffic.minutes(5, even(5 * 1_048_576));
  await harness.control.updateWarmThroughput(ref('s'), 1);
  assert.equal(traffic.open, 10);
  await traffic.minutes(70, even(0));
  await harness.control.updateWarmThroughput(ref('s'), 1);
  assert.equal(traffic.open, 4);
  await traffic.scaler.close();
});

test('a counter that begins again is not taken for a burst', () => {
  const shards = new HotShards({ hotBytesPerSecond: 1_000, samples: 2 });
  const observe = (second: number, bytesWritten: number): number =>
    shards.observe(second * 1_000, [{ key: 1, parent: null, bytesWritten }]);
  assert.equal(observe(0, 1_000_000), 0);
  assert.equal(observe(1, 1_000_900), 900);
  assert.equal(observe(2, 500), 500);
  assert.equal(observe(3, 1_400), 900);
  assert.deepEqual(shards.hot(3_000), []);
  observe(4, 3_000);
  assert.deepEqual(shards.hot(4_000), [{ key: 1, bytesPerSecond: 1_250 }]);
});
