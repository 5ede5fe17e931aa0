/**
 * Bodies on plain connections, on real sockets: however they arrive, what reaches the handler is
 * what was sent, and no connection writes into memory that is not its own any more.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { BufferPool } from '../common/buffer-pool.ts';
import { idleBodies } from '../runtime/body-buffers.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { BodyBudget } from './body-collector.ts';
import { Deadlines } from './deadlines.ts';
import type { HttpReply, HttpRequest } from './exchange.ts';
import { defaultHttpLimits } from './http-options.ts';
import { PlainHttp1 } from './plain-http1.ts';
import { StaticReads } from './static-read.ts';

const MiB = 1024 * 1024;
const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n';
const clock = new NodeClock();
const nothing = new Uint8Array(0);

/** Buffers that are lent again at once, the last one first; remembers what it gave. */
class Slots extends BufferPool {
  readonly taken: Uint8Array[] = [];
  readonly out = new Set<Uint8Array>();

  constructor() {
    super({ idleBytesMax: 64 * MiB, bufferBytesMax: 16 * MiB });
  }

  override take(bytes: number): Uint8Array {
    const buffer = super.take(bytes);
    this.taken.push(buffer);
    this.out.add(buffer);
    return buffer;
  }

  override give(buffer: Uint8Array): void {
    assert.ok(this.out.delete(buffer));
    super.give(buffer);
  }
}

/** Bytes that tell their place, of one sender. */
function bodyOf(length: number, sender: number): Buffer {
  const body = Buffer.alloc(length);
  for (let at = 0; at < length; at++) body[at] = (at * 31 + (at >> 8) * 7 + sender * 101) & 0xff;
  return body;
}

function requestOf(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${HEAD}Content-Length: ${body.length}\r\n\r\n`), body]);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await clock.sleep(1);
  }
}

class World {
  readonly simulation: Simulation = new Simulation(1);
  readonly slots: Slots = new Slots();
  readonly bodies: BodyBudget;
  readonly deadlines: Deadlines;
  readonly requests: { readonly request: HttpRequest; readonly reply: HttpReply }[] = [];
  /** Copies made when the request was handled. */
  readonly received: Buffer[] = [];
  refused = 0;
  /** Whether requests are answered at once. */
  answers = true;
  readonly handedOver: Socket[] = [];
  /** What was read from those that were handed over. */
  handedBytes = '';
  readonly plain: PlainHttp1;
  readonly server: Server;
  readonly clients: Socket[] = [];
  /** The other ends, in the same order where clients connect one after the other. */
  readonly accepted: Socket[] = [];
  port = 0;

  constructor(bodiesBytesMax: number) {
    this.bodies = new BodyBudget(bodiesBytesMax, idleBodies(this.slots));
    this.deadlines = new Deadlines(this.simulation.clock());
    const handler = {
      handle: (request: HttpRequest, reply: HttpReply): void => {
        this.received.push(Buffer.from(request.body));
        this.requests.push({ request, reply });
        if (this.answers) reply.send(200, [], [Buffer.from(`got ${request.body.length};`)]);
      },
      refuse: (_: HttpRequest, reply: HttpReply): void => {
        this.refused++;
        reply.send(503, [], []);
      },
    };
    const { bodies, deadlines, slots: buffers } = this;
    const parts = { clock, limits: defaultHttpLimits, handler, bodies, deadlines, buffers };
    this.plain = new PlainHttp1(parts, {
      accept: (socket) => {
        this.handedOver.push(socket);
        socket.on('data', (chunk: Buffer) => (this.handedBytes += chunk.toString('latin1')));
      },
    });
    this.server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      this.accepted.push(socket);
      this.plain.accept(socket);
    });
  }

  async connect(): Promise<{ socket: Socket; text: () => string }> {
    // Goes on sending when the server has ended its side.
    const ends = { noDelay: true, allowHalfOpen: true };
    const socket = connect({ host: '127.0.0.1', port: this.port, ...ends });
    this.clients.push(socket);
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    await once(socket, 'connect');
    return { socket, text: () => text };
  }

  /** Waits until the server has read `bytes` of the client that connected as the nth. */
  async untilRead(nth: number, bytes: number): Promise<void> {
    await until(() => this.accepted[nth]?.bytesRead === bytes);
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.deadlines.stop();
    for (const socket of [...this.clients, ...this.handedOver]) socket.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}

describe('bodies on plain connections', () => {
  let world: World;
  beforeEach(async () => {
    world = new World(64 * MiB);
    await world.listen();
  });
  afterEach(async () => {
    for (const client of world.clients) client.destroy();
    await until(() => world.bodies.bytes === 0);
    await world.close();
  });

  const splits: readonly (readonly [string, readonly number[]])[] = [
    ['whole', []],
    ['in the head', [20]],
    ['head and body apart', [-1]],
    ['after the first byte of the body', [-2]],
    ['into equal parts', [100_000, 200_000, 300_000, 400_000, 500_000, 600_000]],
    ['before the last byte', [699_999 + 60]],
    ['into many', Array.from({ length: 60 }, (_, i) => 1000 + i * i * 190)],
  ];
  for (const [name, cuts] of splits) {
    it(`arrive as they were sent: ${name}`, async () => {
      const { socket, text } = await world.connect();
      let sent = 0;
      for (let round = 0; round < 3; round++) {
        const body = bodyOf(700_000, round);
        const bytes = requestOf(body);
        const headBytes = bytes.length - body.length;
        let from = 0;
        // A request cut within its head goes to the other half.
        if (name === 'in the head' && round > 0) break;
        for (const cut of [...cuts, bytes.length]) {
          const to = cut < 0 ? headBytes - 1 - cut : cut;
          if (to > bytes.length) break;
          socket.write(bytes.subarray(from, to));
          if (cuts.length < 10) await world.untilRead(0, sent + to);
          from = to;
        }
        socket.write(bytes.subarray(from));
        sent += bytes.length;
        if (name === 'in the head') {
          await until(() => world.handedOver.length === 1);
          break;
        }
        await until(() => world.received.length > round);
        assert.ok(world.received[round]?.equals(body));
      }
      if (name !== 'in the head') {
        await until(() => text().split('got 700000;').length === 4);
        assert.ok(world.slots.taken.length <= 3);
      }
    });
  }

  it('of all sizes, one after the other', async () => {
    const { socket, text } = await world.connect();
    const sizes = [1, 16_000, 32_000, 33_000, 64_000, 65_536, 66_000, MiB, MiB + 1, 5 * MiB];
    let answers = '';
    for (const [round, size] of sizes.entries()) {
      const body = bodyOf(size, round);
      socket.write(requestOf(body));
      await until(() => world.received.length > round);
      assert.ok(world.received[round]?.equals(body));
      answers += `got ${size};`;
      await until(() => text().endsWith(`got ${size};`));
    }
    assert.equal(
      text()
        .match(/got \d+;/g)
        ?.join(''),
      answers,
    );
  });

  it('of a fast sender that does not wait for answers', async () => {
    const { socket, text } = await world.connect();
    const sizes = [700_000, 100, 300_000, 0, 900_000, 900_000, 40_000, 2 * MiB];
    const bodies = sizes.map((size, sender) => bodyOf(size, sender));
    socket.write(Buffer.concat(bodies.map(requestOf)));
    await until(() => text().match(/got/g)?.length === sizes.length);
    for (const [i, body] of bodies.entries()) assert.ok(world.received[i]?.equals(body));
  });

  it('are handed on in their own memory while others arrive', async () => {
    world.answers = false;
    const all = await Promise.all(Array.from({ length: 6 }, () => world.connect()));
    const bodies = all.map((_, sender) => bodyOf(600_000, sender));
    for (let from = 0; from < 600_100; from += 50_000) {
      for (const [i, { socket }] of all.entries()) {
        socket.write(requestOf(bodies[i] as Buffer).subarray(from, from + 50_000));
      }
    }
    await until(() => world.requests.length === 6);
    for (const { request } of world.requests) {
      assert.ok(bodies.some((body) => body.equals(request.body)));
    }
    for (const { reply } of world.requests) reply.send(200, [], []);
  });

  it('that end early leave their memory alone once it is given up', async () => {
    const slow = await world.connect();
    const body = bodyOf(700_000, 1);
    slow.socket.write(requestOf(body).subarray(0, 300_000));
    await world.untilRead(0, 300_000);
    assert.equal(world.slots.out.size, 1);
    await world.simulation.scheduler.advance(defaultHttpLimits.requestTimeoutMs + 2_500);
    await until(() => /^HTTP\/1\.1 408 /.test(slow.text()));
    assert.equal(world.slots.out.size, 0);

    // Another gets the same memory, and while its body arrives the first goes on sending.
    const other = await world.connect();
    const expected = bodyOf(700_000, 2);
    const bytes = requestOf(expected);
    other.socket.write(bytes.subarray(0, 600_000));
    await world.untilRead(1, 600_000);
    assert.ok(world.slots.taken[1] === world.slots.taken[0]);
    slow.socket.write(requestOf(body).subarray(300_000));
    await world.untilRead(0, requestOf(body).length);
    other.socket.write(bytes.subarray(600_000));
    await until(() => world.received.length === 1);
    assert.ok(world.received[0]?.equals(expected));
  });

  for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
    it(`give their memory back when the client goes: ${how}`, async () => {
      const { socket, text } = await world.connect();
      socket.write(requestOf(bodyOf(700_000, 1)).subarray(0, 300_000));
      await world.untilRead(0, 300_000);
      assert.equal(world.slots.out.size, 1);
      socket[how]();
      await until(() => world.slots.out.size === 0);
      if (how === 'end') await until(() => /^HTTP\/1\.1 400 /.test(text()));
      const other = await world.connect();
      const expected = bodyOf(710_000, 2);
      other.socket.write(requestOf(expected));
      await until(() => world.received.length === 1);
      assert.ok(world.received[0]?.equals(expected));
      assert.ok(world.slots.taken[1] === world.slots.taken[0]);
    });
  }

  it('that are handled on when the client has gone keep their memory', async () => {
    world.answers = false;
    const { socket } = await world.connect();
    const body = bodyOf(700_000, 1);
    socket.write(requestOf(body));
    await until(() => world.requests.length === 1);
    socket.resetAndDestroy();
    await until(() => world.bodies.bytes === 0);
    const other = await world.connect();
    other.socket.write(requestOf(bodyOf(700_000, 2)));
    await until(() => world.requests.length === 2);
    assert.ok(body.equals(world.requests[0]?.request.body ?? nothing));
    world.requests[1]?.reply.send(200, [], []);
  });

  it('are followed by a request for the other half, whole', async () => {
    const { socket } = await world.connect();
    const body = bodyOf(700_000, 1);
    const strange = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(Buffer.concat([requestOf(body), Buffer.from(strange)]));
    await until(() => world.handedOver.length === 1);
    assert.ok(world.received[0]?.equals(body));
    const long = bodyOf(400_000, 3);
    socket.write(long);
    await until(() => world.handedBytes.length === strange.length + long.length);
    assert.ok(world.handedBytes === strange + long.toString('latin1'));
    assert.equal(world.slots.out.size, 0);
  });

  it('cost what has arrived of them, not what was said', async () => {
    const { socket } = await world.connect();
    const body = bodyOf(8 * MiB, 1);
    const bytes = requestOf(body);
    socket.write(bytes.subarray(0, 10_000));
    await until(() => world.bodies.bytes > 0);
    assert.equal(world.bodies.bytes, MiB);
    socket.write(bytes.subarray(10_000, 3 * MiB));
    await until(() => world.bodies.bytes >= 3 * MiB);
    assert.ok(world.bodies.bytes <= 6 * MiB);
    socket.write(bytes.subarray(3 * MiB));
    await until(() => world.received.length === 1);
    assert.ok(world.received[0]?.equals(body));
  });
});

describe('bodies that are too many', () => {
  it('are refused while they arrive, and read without being kept', async () => {
    const world = new World(3 * MiB);
    await world.listen();
    world.answers = false;
    const first = await world.connect();
    const kept = bodyOf(1_500_000, 1);
    first.socket.write(requestOf(kept));
    await until(() => world.requests.length === 1);
    const second = await world.connect();
    second.socket.write(requestOf(bodyOf(4 * MiB, 2)));
    await until(() => second.text().startsWith('HTTP/1.1 503 '));
    assert.equal(world.refused, 1);
    assert.ok(kept.equals(world.requests[0]?.request.body ?? nothing));
    world.requests[0]?.reply.send(200, [], []);
    await until(() => world.bodies.bytes === 0);
    await world.close();
  });
});

describe('where Node has no switches for it', () => {
  const { begin } = StaticReads.prototype;
  after(() => {
    StaticReads.prototype.begin = begin;
  });

  it('bodies come by events', async () => {
    StaticReads.prototype.begin = () => null;
    const world = new World(64 * MiB);
    await world.listen();
    const { socket, text } = await world.connect();
    const bodies = [700_000, 10, 2 * MiB].map((size, sender) => bodyOf(size, sender));
    socket.write(Buffer.concat(bodies.map(requestOf)));
    await until(() => text().match(/got/g)?.length === bodies.length);
    for (const [i, body] of bodies.entries()) assert.ok(world.received[i]?.equals(body));
    await world.close();
  });
});
