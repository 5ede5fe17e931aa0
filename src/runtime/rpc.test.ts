/** Calls over a simulated link: answers, bounds, time, breaks, and whatever else may arrive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageError, MessageReader } from '../common/message-reader.ts';
import { MessageWriter } from '../common/message-writer.ts';
import type { Link } from './link.ts';
import { Rpc, RpcError } from './rpc.ts';
import type { Answer } from './rpc.ts';
import { beginFrame, endFrame, frameForms, readFrame, rpcVersion } from './rpc-frame.ts';
import { simLink } from './sim/link.ts';
import { Simulation } from './sim/simulation.ts';

const kind = 5;

class World {
  readonly simulation = new Simulation(7);
  readonly problems: unknown[] = [];
  messages = 0;
  readonly link = simLink(this.simulation, { delayMsMax: 3 });
  readonly here = this.end(this.counted(this.link.left));
  readonly there = this.end(this.link.right);

  end(link: Link): Rpc {
    const onProblem = (problem: unknown): number => this.problems.push(problem);
    const clock = this.simulation.clock();
    return new Rpc({ link, clock, onProblem }, { callsMax: 10, servedMax: 4 });
  }

  counted(link: Link): Link {
    return {
      send: (parts) => {
        this.messages++;
        link.send(parts);
      },
      onMessage: (receive) => link.onMessage(receive),
      show: (bodies) => link.show(bodies),
      onShown: (shown) => link.onShown(shown),
      onClose: (closed) => link.onClose(closed),
      close: () => link.close(),
    };
  }

  start(): void {
    this.here.start();
    this.there.start();
  }

  run(work: () => Promise<void>): Promise<void> {
    return this.simulation.scheduler.drive(work());
  }

  double(value: number, deadlineMs = 1000): Promise<number> {
    return this.here
      .call(kind, deadlineMs, (writer) => writer.u32(value))
      .then((body) => body.u32());
  }
}

function doubling(body: MessageReader, answer: Answer): void {
  const value = body.u32();
  answer.send((writer) => writer.u32(value * 2));
}

function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof RpcError ? error.reason : String(error)),
  );
}

test('calls of one turn share a message and have their own answers', async () => {
  const world = new World();
  world.there.serve(kind, doubling);
  world.start();
  await world.run(async () => {
    const answers = await Promise.all([1, 2, 3].map((value) => world.double(value)));
    assert.deepEqual(answers, [2, 4, 6]);
    assert.equal(world.messages, 1);
    assert.equal(world.here.pending, 0);
  });
});

test('calls over a bound are refused at either end, and there is room again after', async () => {
  const world = new World();
  const held: Answer[] = [];
  world.there.serve(kind, (_body, answer) => held.push(answer));
  world.start();
  await world.run(async () => {
    const calls = Array.from({ length: 12 }, (_, i) => world.double(i, 60_000));
    const reasons = calls.map(reasonOf);
    assert.deepEqual(await Promise.all(reasons.slice(4)), Array(8).fill('busy'));
    assert.equal(held.length, 4);
    for (const answer of held.splice(0)) {
      answer.send((writer) => writer.u32(1));
      answer.send((writer) => writer.u32(2));
    }
    assert.deepEqual(await Promise.all(reasons.slice(0, 4)), Array(4).fill('answered'));
    const again = world.double(1);
    while (held.at(0) === undefined) await world.simulation.clock().sleep(1);
    held[0]!.send((writer) => writer.u32(2));
    assert.equal(await again, 2);
  });
});

test('a call without an answer ends in time, and its late answer is offered', async () => {
  const world = new World();
  const held: Answer[] = [];
  const late: number[] = [];
  world.there.serve(kind, (_body, answer) => held.push(answer));
  world.here.hearLate(kind, (body) => late.push(body.u32()));
  world.start();
  await world.run(async () => {
    assert.equal(await reasonOf(world.double(1, 500)), 'late');
    held[0]!.send((writer) => writer.u32(7));
    await world.simulation.clock().sleep(10);
    assert.deepEqual(late, [7]);
  });
});

test('a broken link ends what waits at once, and later calls too', async () => {
  const world = new World();
  let closed = 0;
  world.there.serve(kind, () => undefined);
  world.here.onClose(() => closed++);
  world.start();
  await world.run(async () => {
    const waiting = reasonOf(world.double(1, 60_000));
    await world.simulation.clock().sleep(10);
    world.link.break();
    assert.equal(await waiting, 'closed');
    assert.equal(await reasonOf(world.double(1)), 'closed');
    assert.equal(closed, 1);
  });
});

test('what cannot be served is refused by name', async () => {
  const world = new World();
  world.there.serve(kind, (body) => {
    body.text();
  });
  world.there.serve(kind + 1, () => {
    throw new Error('a defect');
  });
  world.start();
  const call = (of: number): Promise<string> =>
    reasonOf(world.here.call(of, 1000, (writer) => writer.u32(9)));
  await world.run(async () => {
    assert.equal(await call(kind), 'malformed');
    assert.equal(await call(kind + 1), 'failed');
    assert.equal(await call(kind + 2), 'kind');
    assert.deepEqual(world.problems.map(String), ['Error: a defect']);
  });
});

test('another version is refused, and the link goes on', async () => {
  const world = new World();
  world.there.serve(kind, doubling);
  world.start();
  await world.run(async () => {
    const writer = new MessageWriter();
    const from = beginFrame(writer, frameForms.call, kind, 99);
    writer.u32(1);
    endFrame(writer, from);
    const parts = writer.take();
    parts[0]![4] = rpcVersion + 1;
    world.link.left.send(parts);
    assert.equal(await world.double(21), 42);
    assert.deepEqual(world.problems, []);
  });
});

test('a message that is no message closes the link with a reason', async () => {
  const world = new World();
  world.start();
  await world.run(async () => {
    const waiting = reasonOf(world.double(1, 60_000));
    world.link.right.send([Uint8Array.of(1, 2, 3)]);
    assert.equal(await waiting, 'closed');
    assert.ok(world.problems.some((problem) => problem instanceof MessageError));
  });
});

test('damaged frames give frames or an error, never anything else', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(fc.nat(200), damage, (bytes, flips) => {
      const writer = new MessageWriter();
      for (const form of [frameForms.call, frameForms.answer]) {
        const from = beginFrame(writer, form, kind, 3, 500);
        writer.payload(new Uint8Array(bytes));
        endFrame(writer, from);
      }
      const parts = writer.take();
      for (const [at, value] of flips) parts[0]![at % parts[0]!.length] = value;
      const message = new MessageReader(parts);
      try {
        while (message.left > 0) readFrame(message).body.payload();
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }),
  );
});
