/**
 * Any sequence of commands, lost commits and crashes leaves streams sound: open shards tile the
 * ring (I4), parents close before children begin (I5), ids are never given twice, versions never go
 * back (I6), and every reshard is there as a whole or not at all (I19).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../model/service-error.ts';
import type { ShardDocument, StreamDocument } from '../model/stream.ts';
import { documentProblem } from '../shardmap/stream-entry.ts';
import type { Fault } from './control-harness.suite.ts';
import { ACCOUNT, ControlHarness, createCommand, ref } from './control-harness.suite.ts';

type Command =
  | { readonly do: 'create'; readonly name: string; readonly shards: number }
  | { readonly do: 'split' | 'merge' | 'count'; readonly name: string; readonly pick: number }
  | { readonly do: 'delete' | 'mode' | 'retention' | 'consumer'; readonly name: string }
  | { readonly do: 'expire' };

type Step =
  | Command
  | { readonly do: 'fault'; readonly fault: Fault }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'heal' | 'crash' | 'restart' };

const name = fc.constantFrom('a', 'b');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('create' as const), name, shards: fc.integer({ min: 1, max: 5 }) }),
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('split', 'merge', 'count'), name, pick: fc.nat() }),
  },
  fc.record({ do: fc.constant('delete' as const), name }),
  fc.record({ do: fc.constantFrom('mode', 'retention', 'consumer'), name }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      fault: fc.constantFrom<Fault>('refuse', 'forget', 'silence', 'lose'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 300, 2_000, 90_000_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('heal', 'crash', 'restart', 'expire') }),
  },
);

class World {
  readonly harness: ControlHarness;
  /** Every shard ever published, by key. */
  readonly #shards = new Map<number, ShardDocument & { readonly uid: number }>();
  readonly #uids = new Map<number, string>();
  #version = 0;

  constructor(harness: ControlHarness) {
    this.harness = harness;
    this.#follow();
  }

  async run(step: Step): Promise<void> {
    const { harness } = this;
    switch (step.do) {
      case 'fault':
        harness.store.faults.push(step.fault);
        return;
      case 'heal':
        harness.store.silent = false;
        return;
      case 'wait':
        // A store that does not answer is asked again every second.
        await harness.simulation.scheduler.advance(
          harness.store.silent ? Math.min(step.ms, 5_000) : step.ms,
        );
        return;
      case 'crash':
        await harness.crash();
        this.#follow();
        return;
      case 'restart':
        harness.store.silent = false;
        await harness.restart();
        this.#follow();
        return;
      default:
        await this.#attempt(async () => this.#command(step));
    }
  }

  /** Refusals are fine, and so are failures that were injected; nothing else is. */
  async #attempt(command: () => Promise<unknown>): Promise<void> {
    try {
      await command();
    } catch (error) {
      assert.ok(error instanceof ServiceError, String(error));
    }
  }

  async #command(step: Command): Promise<unknown> {
    const { control } = this.harness;
    switch (step.do) {
      case 'create':
        return control.createStream(createCommand(step.name, step.shards));
      case 'delete':
        return control.deleteStream(ACCOUNT, step.name, true);
      case 'expire':
        return control.removeExpiredShards();
      case 'mode':
        return control.updateStreamMode(ref(step.name), 'PROVISIONED', null);
      case 'retention':
        return control.increaseRetention(ref(step.name), 30);
      case 'consumer':
        return control.registerConsumer(ref(step.name), 'c', {});
      case 'split':
      case 'merge':
      case 'count':
        return this.#reshard(step.do, step.name, step.pick);
    }
  }

  async #reshard(
    kind: 'split' | 'merge' | 'count',
    stream: string,
    pick: number,
  ): Promise<unknown> {
    const { control } = this.harness;
    const open = (control.stream(ACCOUNT, stream)?.shards ?? [])
      .filter((shard) => shard.closedSeconds === null)
      .sort((left, right) =>
        BigInt(left.startingHashKey) < BigInt(right.startingHashKey) ? -1 : 1,
      );
    const shard = open[pick % Math.max(1, open.length)];
    const next = open[(pick % Math.max(1, open.length)) + 1];
    if (kind === 'count') {
      return control.updateShardCount(ref(stream), 1 + (pick % 12));
    }
    if (shard === undefined) {
      return control.splitShard(ref(stream), 0, '7');
    }
    const middle = (BigInt(shard.startingHashKey) + BigInt(shard.endingHashKey)) / 2n;
    return kind === 'split'
      ? control.splitShard(ref(stream), shard.index, `${middle}`)
      : control.mergeShards(ref(stream), shard.index, next?.index ?? shard.index);
  }

  /** Watches what a new life of the process publishes; what it begins with counts as well. */
  #follow(): void {
    const { shardMap } = this.harness;
    for (const { document, version } of shardMap.streams()) {
      this.#check(document, version);
    }
    shardMap.onChange((_uid, entry) => {
      if (entry !== null) {
        this.#check(entry.document, entry.version);
      }
    });
  }

  #check(document: StreamDocument, version: number): void {
    assert.equal(documentProblem(document), null);
    assert.ok(version <= this.harness.image.rev, 'published before it was stored');
    this.#version = Math.max(this.#version, version);
    const owner = this.#uids.get(document.uid) ?? document.name;
    assert.equal(owner, document.name, 'a uid was given twice');
    this.#uids.set(document.uid, owner);
    for (const shard of document.shards) {
      assert.ok(shard.index < document.nextShardIndex);
      const known = this.#shards.get(shard.key);
      if (known !== undefined) {
        assert.equal(known.uid, document.uid, 'a shard key was given twice');
        assert.equal(known.index, shard.index, 'a shard changed its index');
        assert.equal(known.startingHashKey, shard.startingHashKey);
        assert.equal(known.endingHashKey, shard.endingHashKey);
        assert.ok(known.closedSeconds === null || known.closedSeconds === shard.closedSeconds);
      }
      this.#shards.set(shard.key, { ...shard, uid: document.uid });
    }
  }

  /** In the end everything settles, memory and store agree, and no open shard is sealed. */
  async finish(): Promise<void> {
    const { harness } = this;
    harness.store.faults.length = 0;
    harness.store.silent = false;
    await harness.settle();
    const before = harness.control.streams(ACCOUNT, null, 10);
    for (const document of before) {
      assert.equal(document.status, 'ACTIVE');
      assert.equal(harness.shardMap.stream(ACCOUNT, document.name)?.document, document);
      for (const shard of document.shards) {
        const sealed = harness.backend.sealed.has(shard.key);
        assert.ok(!sealed || shard.closedSeconds !== null, 'an open shard takes no records');
      }
    }
    // As many as may be made at once: whatever failed has given back what it had reserved.
    const names = ['v', 'w', 'x', 'y', 'z'];
    await Promise.all(names.map(async (each) => harness.control.createStream(createCommand(each))));
    await harness.settle();
    await this.#compareWithStore();
  }

  async #compareWithStore(): Promise<void> {
    const { harness } = this;
    const before = harness.control.streams(ACCOUNT, null, 10);
    const use = harness.control.accountUse(ACCOUNT);
    await harness.crash();
    this.#follow();
    assert.deepEqual(harness.control.streams(ACCOUNT, null, 10), before);
    assert.deepEqual(harness.control.accountUse(ACCOUNT), use);
  }
}

test('any sequence of commands, faults and crashes leaves sound streams', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const world = new World(await ControlHarness.start());
      for (const next of steps) {
        await world.run(next);
      }
      await world.finish();
    }),
    { numRuns: 250 },
  );
});
