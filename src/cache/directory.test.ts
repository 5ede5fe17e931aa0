/**
 * A replica of the directory over a simulated link: the same answers, never older ones, or none.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageError, MessageReader } from '../common/message-reader.ts';
import { MessageWriter } from '../common/message-writer.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import type { DirectoryEntry, DirectorySource } from '../model/directory.ts';
import { policyKey, policyOwner } from '../model/directory.ts';
import type { StreamDocument } from '../model/stream.ts';
import { Rpc } from '../runtime/rpc.ts';
import { simLink } from '../runtime/sim/link.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { ACCOUNT, splitShard, streamOf } from '../shardmap/stream-documents.suite.ts';
import { DirectoryFeed } from './directory-feed.ts';
import { DirectoryReplica } from './directory-replica.ts';
import { encodeEntry, readEntry, writeEntry } from './directory-wire.ts';

class Source implements DirectorySource {
  readonly known: DirectoryEntry[] = [];
  #listener: (entry: DirectoryEntry) => void = () => undefined;
  entries(): Iterable<DirectoryEntry> {
    return this.known;
  }
  onEntry(listener: (entry: DirectoryEntry) => void): () => void {
    this.#listener = listener;
    return () => (this.#listener = () => undefined);
  }
  change(entry: DirectoryEntry): void {
    this.#listener(entry);
  }
}

function stream(document: StreamDocument, rev: number): DirectoryEntry {
  const { account, name, uid } = document;
  return { kind: 'stream', account, name, uid, rev, document };
}

class World {
  readonly simulation = new Simulation(3);
  readonly source = new Source();
  readonly feed = new DirectoryFeed(
    { clock: this.simulation.clock(), source: this.source },
    { settleMs: 500 },
  );
  readonly problems: unknown[] = [];

  join(delayMsMax = 20): { replica: DirectoryReplica; rpc: Rpc; break: () => void } {
    const link = simLink(this.simulation, { delayMsMax });
    const onProblem = (problem: unknown): number => this.problems.push(problem);
    const options = { callsMax: 10, servedMax: 10 };
    const clock = this.simulation.clock();
    const near = new Rpc({ link: link.left, clock, onProblem }, options);
    const far = new Rpc({ link: link.right, clock, onProblem }, options);
    const replica = new DirectoryReplica({ rpc: far });
    this.feed.add(near);
    near.start();
    far.start();
    return { replica, rpc: near, break: link.break };
  }

  run(work: () => Promise<void>): Promise<void> {
    return this.simulation.scheduler.drive(work());
  }
}

const consumer: ConsumerDocument = {
  account: ACCOUNT,
  streamName: 'stream-1',
  streamUid: 1,
  streamArn: 'arn',
  name: 'reader',
  arn: 'arn:7',
  status: 'ACTIVE',
  settlesAtMs: null,
  createdSeconds: 7,
  tags: { team: 'a' },
};
const ref = { account: ACCOUNT, name: 'stream-1' };
const reader = { ...ref, consumer: 'reader', createdSeconds: 7 };

test('a replica has what there was, and follows what changes', async () => {
  const world = new World();
  const owner = { streamUid: 1, consumer: { name: 'reader', createdSeconds: 7 } };
  world.source.known.push(
    stream(streamOf(1, 2), 5),
    { kind: 'consumer', streamUid: 1, name: 'reader', document: consumer },
    { kind: 'policy', owner, policy: 'of the consumer' },
  );
  await world.run(async () => {
    const { replica } = world.join();
    await replica.complete;
    assert.equal(replica.map.stream(ACCOUNT, 'stream-1')!.version, 5);
    assert.deepEqual(replica.consumer(reader), consumer);
    assert.equal(replica.consumer({ ...reader, createdSeconds: 8 }), null);
    assert.equal(replica.policy(reader), 'of the consumer');
    assert.equal(replica.policy(ref), null);

    world.source.change(stream(splitShard(streamOf(1, 2), 0, 500n, 2_000), 6));
    world.source.change({
      kind: 'policy',
      owner: { streamUid: 1, consumer: null },
      policy: 'of the stream',
    });
    await world.feed.settled();
    assert.equal(replica.map.stream(ACCOUNT, 'stream-1')!.open.shards.length, 3);
    assert.equal(replica.policy(ref), 'of the stream');

    const deleting: StreamDocument = { ...streamOf(1, 2), status: 'DELETING' };
    world.source.change(stream(deleting, 7));
    await world.feed.settled();
    assert.equal(replica.map.stream(ACCOUNT, 'stream-1'), undefined);
    assert.equal(replica.stream(ACCOUNT, 'stream-1')!.status, 'DELETING');
    world.source.change({ kind: 'stream', ...ref, uid: 1, rev: 8, document: null });
    world.source.change({ kind: 'consumer', streamUid: 1, name: 'reader', document: null });
    await world.feed.settled();
    assert.equal(replica.stream(ACCOUNT, 'stream-1'), null);
    assert.equal(replica.consumer(reader), null);
    assert.deepEqual(world.problems, []);
    assert.equal(world.feed.unsettled, 0);
  });
});

test('a change is settled when every replica has it, and those that are gone do not count', async () => {
  const world = new World();
  await world.run(async () => {
    const near = world.join(0);
    const slow = world.join(300);
    await Promise.all([near.replica.complete, slow.replica.complete]);
    world.source.change(stream(streamOf(1, 1), 5));
    await world.feed.settled();
    assert.equal(slow.replica.map.streamByUid(1)?.version, 5);

    world.source.change(stream(streamOf(2, 1), 6));
    const settled = world.feed.settled();
    slow.break();
    await settled;
    assert.equal(near.replica.map.streamByUid(2)?.version, 6);
    assert.equal(world.feed.unsettled, 0);
  });
});

test('a replica that does not answer is waited for no longer than the bound', async () => {
  const world = new World();
  await world.run(async () => {
    const clock = world.simulation.clock();
    const { replica } = world.join(5_000);
    await replica.complete;
    world.source.change(stream(streamOf(1, 1), 5));
    const startMs = clock.monotonic();
    await world.feed.settled();
    assert.ok(clock.monotonic() - startMs <= 500);
    assert.equal(world.feed.unsettled, 1);
  });
});

test('what is older or unsound ends the link and changes nothing', async () => {
  const [first, second] = streamOf(1, 2).shards;
  const unsound: readonly DirectoryEntry[] = [
    stream(streamOf(1, 2), 5),
    stream(streamOf(1, 2), 4),
    stream({ ...streamOf(1, 2), shards: [first!, { ...second!, startingHashKey: '5' }] }, 6),
    { kind: 'other' } as unknown as DirectoryEntry,
  ];
  for (const entry of unsound) {
    const world = new World();
    world.source.known.push(stream(streamOf(1, 2), 5));
    await world.run(async () => {
      const { replica, rpc } = world.join();
      await replica.complete;
      const closed = new Promise<void>((resolve) => rpc.onClose(resolve));
      world.source.change(entry);
      await closed;
      assert.equal(replica.map.stream(ACCOUNT, 'stream-1')!.version, 5);
      assert.equal(world.problems.length, 1);
    });
  }
});

test('any changed byte of an entry is noticed', () => {
  const bytes = encodeEntry(stream(streamOf(1, 2), 5));
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const writer = new MessageWriter();
      writeEntry(writer, 1, bytes);
      const parts = writer.take();
      // Behind the number, which is not part of the entry.
      const place = 8 + (at % (parts[0]!.length - 8));
      parts[0]![place]! ^= change;
      assert.throws(() => readEntry(new MessageReader(parts)), MessageError);
    }),
  );
});

test('a policy key stands for one owner', () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,20}$/);
  const consumers = fc.option(fc.record({ name, createdSeconds: fc.nat() }), { nil: null });
  fc.assert(
    fc.property(fc.nat(), consumers, (streamUid, consumer) => {
      const owner = { streamUid, consumer: consumer === null ? null : { ...consumer } };
      assert.deepEqual(policyOwner(policyKey(owner)), owner);
    }),
  );
});
