/**
 * A back end behind a simulated link: the same outcomes as beside it, and defined ones without it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BackendHost, BACKEND_HOST_DEFAULTS } from '../backend/backend-host.ts';
import type { BackendHostOptions } from '../backend/backend-host.ts';
import { FollowerSet } from '../backend/follower-set.ts';
import { batchOf, Recorder, textsOf } from '../backend/test-parts.suite.ts';
import { readAppends, readAppendOutcomes, writeAppends } from '../backend/wire.ts';
import { readReturned, writeAppendOutcomes } from '../backend/wire.ts';
import { borrowedAppends, readLentAppends, writeLentAppends } from '../backend/wire-lent.ts';
import { readReadOutcome, writeReadOutcome } from '../backend/wire-records.ts';
import { BufferPool, freshBuffers } from '../common/buffer-pool.ts';
import { MessageError, MessageReader } from '../common/message-reader.ts';
import { MessageWriter } from '../common/message-writer.ts';
import { gatherFrom } from '../common/pieces.ts';
import { appendKinds } from '../model/data-plane.ts';
import type {
  AppendOutcomes,
  Backend,
  Follower,
  FollowOutcome,
  FollowRequest,
  PositionQuery,
  ReadOutcome,
  ReadRequest,
  ShardAppends,
} from '../model/data-plane.ts';
import { appendList, appendsFrom, appendsList, outcomesFrom } from '../model/append-lists.suite.ts';
import type { ShardAppend, ShardAppendOutcome } from '../model/append-lists.suite.ts';
import type { Section } from '../model/section.ts';
import type { ServiceError } from '../model/service-error.ts';
import { slotsRoom, targetOf } from '../runtime/body-slots.ts';
import type { Link } from '../runtime/link.ts';
import { turningKernels } from '../runtime/node/turning-kernels.suite.ts';
import { Rpc } from '../runtime/rpc.ts';
import { BodyBorrower } from '../runtime/shown-bodies.ts';
import type { Lender, Loan, ShownBodies } from '../runtime/shown-bodies.ts';
import { simLink } from '../runtime/sim/link.ts';
import type { SimLinkPair } from '../runtime/sim/link.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { RemoteBackend, REMOTE_BACKEND_DEFAULTS } from './remote-backend.ts';
import type { RemoteBackendOptions } from './remote-backend.ts';

const shard = 3;
const payload = (...texts: string[]): Uint8Array => batchOf(texts).packed.slice();
const append = (...texts: string[]): ShardAppend => ({
  shard,
  count: texts.length,
  payload: payload(...texts),
});

const section: Section = {
  ...{ shard, baseOrdinal: 1, count: 1, arrivalMs: 5, keyId: 0 },
  payload: payload('a'),
};

/** One shard in memory. Appends are answered when told to while `held`. */
class OneShard implements Backend {
  readonly sections: Section[] = [];
  readonly followers: FollowerSet;
  appends = 0;
  held: (() => void)[] | null = null;
  constructor(simulation: Simulation) {
    this.followers = new FollowerSet(
      {
        clock: simulation.clock(),
        nextOrdinal: () => this.next,
        read: (_shard, fromOrdinal) =>
          this.read({ shard, fromOrdinal, recordsMax: 2, bytesMax: 1e6 }),
      },
      { limits: 'off' },
    );
  }

  get next(): number {
    const last = this.sections.at(-1);
    return last === undefined ? 1 : last.baseOrdinal + last.count;
  }

  async append(appends: ShardAppends): Promise<AppendOutcomes> {
    this.appends++;
    if (this.held !== null) await new Promise<void>((resolve) => this.held!.push(resolve));
    const outcomes = appendsList(appends).map((given): ShardAppendOutcome => {
      if (given.shard !== shard) return { kind: 'moved' };
      const { count } = given;
      const stored = { ...section, baseOrdinal: this.next, count };
      // What is appended is lent.
      this.sections.push({ ...stored, payload: given.payload.slice() });
      this.followers.committed({ count: 1, shard: () => shard });
      const refused = count > 2 ? new Uint8Array(count).fill(1, 2) : null;
      return { ...stored, kind: 'stored', encrypted: false, refused };
    });
    return outcomesFrom(outcomes, appends);
  }

  read({ fromOrdinal, recordsMax }: ReadRequest): ReadOutcome {
    const sections = this.sections
      .filter(({ baseOrdinal }) => baseOrdinal >= fromOrdinal)
      .slice(0, recordsMax);
    const last = sections.at(-1);
    const nextOrdinal = last === undefined ? fromOrdinal : last.baseOrdinal + last.count;
    return { kind: 'records', sections, nextOrdinal, atEnd: false, millisBehindLatest: 0 };
  }

  position(key: number, query: PositionQuery): Promise<number | null> {
    return Promise.resolve(key === shard ? (query.kind === 'latest' ? this.next : 1) : null);
  }

  follow(request: FollowRequest, follower: Follower): FollowOutcome {
    if (request.shard !== shard) return { kind: 'gone' };
    return this.followers.follow(request, follower);
  }

  seal(): Promise<number> {
    return Promise.resolve(0);
  }

  unseal(): void {}
}

const poolOptions = { idleBytesMax: 1e7, bufferBytesMax: 1e7 };

class World {
  readonly simulation = new Simulation(11);
  readonly problems: unknown[] = [];
  readonly link: SimLinkPair;
  readonly nearBuffers = new BufferPool(poolOptions);
  readonly farBuffers = new BufferPool(poolOptions);
  readonly near: Rpc;
  readonly far: Rpc;
  readonly backend = new OneShard(this.simulation);
  readonly borrower = new BodyBorrower(turningKernels);
  lent: Loan | null = null;
  readonly lender: Lender = { lend: () => this.lent };
  readonly host: BackendHost;
  readonly remote: RemoteBackend;

  constructor(
    options: Partial<BackendHostOptions> = {},
    remote: Partial<RemoteBackendOptions> = {},
    delayMsMax = 5,
  ) {
    this.link = simLink(this.simulation, { delayMsMax });
    this.near = this.rpc(this.link.left);
    this.far = this.rpc(this.link.right);
    const { backend } = this;
    const all = { ...BACKEND_HOST_DEFAULTS, ...options };
    const { near, far, farBuffers, lender, borrower } = this;
    far.onShown((bodies) => borrower.see(bodies));
    this.host = new BackendHost({ backend, rpc: far, buffers: farBuffers, borrower }, all);
    const parts = { rpc: near, buffers: this.nearBuffers, lender };
    this.remote = new RemoteBackend(parts, { ...REMOTE_BACKEND_DEFAULTS, ...remote });
    this.near.start();
    this.far.start();
  }

  rpc(link: Link): Rpc {
    const onProblem = (problem: unknown): number => this.problems.push(problem);
    const options = { callsMax: 1000, servedMax: 1000 };
    return new Rpc({ link, clock: this.simulation.clock(), onProblem }, options);
  }

  run(work: () => Promise<void>): Promise<void> {
    return this.simulation.scheduler.drive(work());
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.simulation.clock().sleep(1);
  }
}

test('appends, reads and positions are those of the back end', async () => {
  const world = new World();
  await world.run(async () => {
    const other = { ...append('x'), shard: 4 };
    const outcomes = await appendList(world.remote, [append('a'), other, append('b', 'c', 'd')]);
    const stored = { kind: 'stored', arrivalMs: 5, encrypted: false };
    assert.deepEqual(outcomes, [
      { ...stored, baseOrdinal: 1, refused: null },
      { kind: 'moved' },
      { ...stored, baseOrdinal: 2, refused: Buffer.from([0, 0, 1]) },
    ]);
    const request = { shard, fromOrdinal: 1, recordsMax: 10, bytesMax: 1000 };
    const read = await world.remote.read(request);
    assert.ok(read.kind === 'records' && read.nextOrdinal === 5);
    assert.deepEqual(textsOf(read.sections), ['a', 'b', 'c', 'd']);
    assert.equal(await world.remote.position(shard, { kind: 'latest' }), 5);
    assert.equal(await world.remote.position(9, { kind: 'latest' }), null);
  });
});

/** Bodies that the back end sees, and in slot 1 what was made of one of them: these records. */
function shownRecords(texts: string[]): { bodies: ShownBodies; appends: ShardAppends } {
  const [slots, slotBytes] = [2, 4096];
  const memory = turningKernels.memory(slotsRoom(slots, slotBytes))!;
  const loans = new Int32Array(new SharedArrayBuffer(4 * slots));
  const bodies = { slots, slotBytes, memory, loans };
  const { bytes, words } = targetOf(bodies, 1);
  const { packed, offsets } = batchOf(texts);
  bytes.set(packed);
  words.set(offsets, 5);
  return {
    bodies,
    appends: {
      count: 2,
      shards: Float64Array.of(4, shard),
      firsts: Uint32Array.of(0, 1, texts.length),
      // The last record is for the first shard.
      records: Uint32Array.of(texts.length - 1, ...texts.keys()).subarray(0, texts.length),
      packed: bytes.subarray(0, packed.length),
      offsets: words.subarray(5, 5 + offsets.length),
    },
  };
}

test('records that are lent are read where they lie, and given back before the answer', async () => {
  const world = new World();
  await world.run(async () => {
    const { bodies, appends } = shownRecords(['a', 'b', 'c']);
    world.near.show(bodies);
    for (const number of [1, 2]) {
      bodies.loans[1] = number;
      world.lent = { slot: 1, number };
      const outcomes = await world.remote.append(appends);
      assert.deepEqual([...outcomes.kinds], [appendKinds.moved, appendKinds.stored]);
      assert.equal(bodies.loans[1], 0);
    }
    assert.deepEqual(textsOf(world.backend.sections), ['a', 'b', 'a', 'b']);
    assert.equal(world.remote.lentAppends, 2);
    assert.deepEqual(world.problems, []);
  });
});

test('a void loan, and what is not among what was lent, is not stored', async () => {
  const world = new World();
  await world.run(async () => {
    const { bodies, appends } = shownRecords(['a', 'b', 'c']);
    const isRefused = async (some: ShardAppends, loan: Loan): Promise<void> => {
      bodies.loans[1] = 5;
      world.lent = loan;
      const { kinds, failure } = await world.remote.append(some);
      assert.ok(kinds.every((kind) => kind === appendKinds.unavailable));
      assert.equal(failure?.kind, 'unavailable');
      assert.equal(bodies.loans[1], 5);
    };
    const good = { slot: 1, number: 5 };
    await isRefused(appends, good);
    world.near.show(bodies);
    for (const number of [0, 4, 6]) await isRefused(appends, { slot: 1, number });
    await isRefused(appends, { slot: 2, number: 5 });
    await isRefused(appends, { slot: 0, number: 5 });
    const refused = async (change: Partial<ShardAppends>): Promise<void> => {
      bodies.loans[1] = 5;
      world.lent = good;
      const { failure } = await world.remote.append({ ...appends, ...change });
      assert.ok(failure?.kind === 'unavailable' && failure.reason.includes('malformed'));
    };
    const { offsets, packed } = appends;
    await refused({ records: Uint32Array.of(0, 1, 3) });
    await refused({ records: Uint32Array.of(0, 1) });
    await refused({ packed: packed.subarray(0, packed.length - 1) });
    await refused({ offsets: new Uint32Array(offsets.buffer, offsets.byteOffset - 4, 4) });
    await refused({ offsets: new Uint32Array(offsets.buffer, 0, 4) });
    await refused({ offsets: new Uint32Array(offsets.buffer, offsets.byteOffset + 8, 4) });
    assert.equal(world.backend.appends, 0);
    bodies.loans[1] = 5;
    assert.equal((await world.remote.append(appends)).kinds[1], appendKinds.stored);
  });
});

test('large payloads and answers cross in buffers that come back', async () => {
  const world = new World();
  await world.run(async () => {
    const text = 'x'.repeat(50_000);
    const given = append(text);
    await appendList(world.remote, [given]);
    assert.deepEqual(textsOf([{ ...section, payload: given.payload }]), [text]);
    const { idleBytes } = world.nearBuffers;
    assert.ok(idleBytes > 0);
    await appendList(world.remote, [append('y'.repeat(50_000))]);
    assert.equal(world.nearBuffers.idleBytes, idleBytes);

    const request = { shard, fromOrdinal: 1, recordsMax: 1, bytesMax: 1000 };
    const read = await world.remote.read(request);
    assert.ok(read.kind === 'records');
    assert.deepEqual(textsOf(read.sections), [text]);
    assert.equal(world.farBuffers.idleBytes, 0);
    read.release?.();
    read.release?.();
    await world.until(() => world.farBuffers.idleBytes > 0);
    assert.deepEqual(textsOf(world.backend.sections.slice(0, 1)), [text]);
  });
});

test('an append without an answer in time, or on a link that breaks, is unavailable', async () => {
  const world = new World({}, { appendMs: 1000 });
  await world.run(async () => {
    world.backend.held = [];
    const [late] = await appendList(world.remote, [append('a')]);
    assert.equal(late!.kind, 'unavailable');
    const broken = appendList(world.remote, [append('b')]);
    await world.until(() => world.backend.appends === 2);
    world.link.break();
    assert.equal((await broken)[0]!.kind, 'unavailable');
    assert.equal((await appendList(world.remote, [append('c')]))[0]!.kind, 'unavailable');
    // Stored all the same: nobody was told that it was not.
    for (const release of world.backend.held.splice(0)) release();
    await world.until(() => world.backend.sections.length === 2);
    const read = world.remote.read({ shard, fromOrdinal: 1, recordsMax: 1, bytesMax: 1 });
    await assert.rejects(read, (error) => (error as ServiceError).code === 'ServiceUnavailable');
  });
});

test('appends over a bound of bytes are refused at once at either end', async () => {
  for (const world of [
    new World({ appendBytesMax: 100 }),
    new World({}, { appendBytesMax: 100 }),
  ]) {
    await world.run(async () => {
      world.backend.held = [];
      const first = appendList(world.remote, [append('x'.repeat(90))]);
      await world.until(() => world.backend.appends === 1);
      const [refused] = await appendList(world.remote, [append('y'.repeat(90))]);
      assert.equal(refused!.kind, 'unavailable');
      assert.equal(world.backend.appends, 1);
      world.backend.held.forEach((release) => release());
      world.backend.held = null;
      assert.equal((await first)[0]!.kind, 'stored');
      assert.equal((await appendList(world.remote, [append('z')]))[0]!.kind, 'stored');
    });
  }
});

test('reads over a bound are refused, and those answered too late give their room back', async () => {
  const world = new World({ readBytesMax: 10 }, { readMs: 1 }, 2_000);
  await world.run(async () => {
    await appendList(world.backend, [append('x'.repeat(50))]);
    const read = (): Promise<string> =>
      world.remote.read({ shard, fromOrdinal: 1, recordsMax: 1, bytesMax: 1 }).then(
        ({ kind }) => kind,
        () => 'refused',
      );
    const kinds = await Promise.all(Array.from({ length: 5 }, read));
    assert.ok(kinds.includes('refused'), kinds.join(' '));
    await world.until(() => world.host.readBytes > 0);
    await world.until(() => world.host.readBytes === 0);
    assert.deepEqual(world.problems, []);
  });
});

test('followers at one place share what crosses the link', async () => {
  const world = new World();
  await world.run(async () => {
    const followers = Array.from({ length: 5 }, () => new Recorder());
    for (const [i, follower] of followers.entries()) {
      const request = { shard, fromOrdinal: 1, consumer: `c${i}` };
      assert.equal((await world.remote.follow(request, follower)).kind, 'following');
    }
    const text = 'x'.repeat(20_000);
    await appendList(world.remote, [append(text)]);
    await world.until(() => followers.every(({ deliveries }) => deliveries.length === 1));
    const [first] = followers[0]!.deliveries;
    for (const { deliveries } of followers) assert.equal(deliveries[0], first);
    assert.deepEqual(followers[0]!.texts, [text]);
    assert.equal(world.host.followerCount, 5);
  });
});

test('a follower without room gets no more than its share, in order, and all in the end', async () => {
  const world = new World({ deliveriesMax: 2 });
  await world.run(async () => {
    const follower = new Recorder();
    follower.roomFor = 1;
    const outcome = await world.remote.follow({ shard, fromOrdinal: 1, consumer: 'c' }, follower);
    assert.ok(outcome.kind === 'following');
    const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
    for (const text of texts) {
      await appendList(world.remote, [append(text)]);
      await world.simulation.clock().sleep(20);
    }
    assert.equal(follower.deliveries.length, 2);
    follower.roomFor = Infinity;
    outcome.following.resume();
    await world.until(() => follower.texts.length === texts.length);
    assert.deepEqual(follower.texts, texts);
    outcome.following.stop();
    await world.until(() => world.host.followerCount === 0);
    assert.equal(world.remote.followingCount, 0);
  });
});

test('a front end that is gone takes its followers along; one without a back end is told', async () => {
  const world = new World();
  await world.run(async () => {
    const follower = new Recorder();
    const request = { shard, fromOrdinal: 1, consumer: 'c' };
    assert.equal((await world.remote.follow(request, follower)).kind, 'following');
    const again = await world.remote.follow(request, new Recorder());
    assert.equal(again.kind, 'in-use');
    const missing = await world.remote.follow({ ...request, shard: 8 }, new Recorder());
    assert.equal(missing.kind, 'gone');
    world.link.break();
    await world.until(() => follower.failures.length === 1);
    assert.deepEqual(follower.failures, [{ kind: 'gone' }]);
    assert.equal(world.host.followerCount, 0);
    await appendList(world.backend, [append('nobody hears it')]);
    assert.equal(follower.deliveries.length, 0);
  });
});

test('a payload that is not packed records never reaches the back end', async () => {
  const world = new World();
  await world.run(async () => {
    const whole = appendsFrom([append('one')]);
    for (const cut of [0, 3, whole.packed.length]) {
      const offsets = Uint32Array.of(0, cut, whole.packed.length);
      const broken = { ...whole, firsts: Uint32Array.of(0, 2), offsets };
      const { failure } = await world.remote.append(broken);
      assert.equal(failure?.kind, 'unavailable');
    }
    assert.equal(world.backend.appends, 0);
  });
});

/** Runs `read` over damaged forms of what `write` writes. */
function damaged(write: (writer: MessageWriter) => void, read: (body: MessageReader) => unknown) {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(flips, fc.nat(), (changes, cut) => {
      const writer = new MessageWriter();
      write(writer);
      const parts = writer.take();
      const fields = parts[0]!;
      for (const [at, value] of changes) fields[at % fields.length] = value;
      parts[0] = cut % 3 === 0 ? fields.subarray(0, cut % fields.length) : fields;
      try {
        read(new MessageReader(parts));
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }),
    { numRuns: 500 },
  );
}

test('damaged bodies give values or an error, never anything else', () => {
  const appends = appendsFrom([append('a', 'b'), append('x'.repeat(30_000))]);
  const small = appendsFrom([append('a', 'b'), append('c')]);
  damaged((writer) => writeAppends(writer, small, freshBuffers), readAppends);
  damaged((writer) => writeAppends(writer, appends, freshBuffers), readAppends);
  const { bodies, appends: shown } = shownRecords(['a', 'b', 'c']);
  const borrowed = { ...targetOf(bodies, 1), gather: gatherFrom(new Uint8Array(0)) };
  damaged(
    (writer) => writeLentAppends(writer, shown, { slot: 1, number: 2 }),
    (body) => appendsList(borrowedAppends(readLentAppends(body), borrowed)),
  );
  const outcomes: ShardAppendOutcome[] = [
    {
      kind: 'stored',
      baseOrdinal: 1,
      arrivalMs: 2,
      encrypted: true,
      refused: Uint8Array.of(0, 1),
    },
    { kind: 'key', code: 'KMSDisabledException', text: 'text' },
  ];
  damaged(
    (writer) => writeAppendOutcomes(writer, outcomesFrom(outcomes, appends), null),
    (body) => [readReturned(body), readAppendOutcomes(body, appends)],
  );
  const section = {
    shard,
    baseOrdinal: 1,
    count: 1,
    arrivalMs: 5,
    keyId: 0,
    payload: payload('a'),
  };
  const read: ReadOutcome = {
    kind: 'records',
    sections: [section, section],
    nextOrdinal: 2,
    atEnd: false,
    millisBehindLatest: 7,
  };
  damaged(
    (writer) => writeReadOutcome(writer, read, freshBuffers),
    (body) => readReadOutcome(body, () => undefined),
  );
});
