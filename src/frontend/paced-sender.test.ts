import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { PacedBody } from '../api/paced-body.ts';
import { PoisoningPool } from '../common/poisoning-pool.suite.ts';
import { idleBodies } from '../runtime/body-buffers.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import type { ExchangeHandler } from './exchange.ts';
import { defaultHttpLimits } from './http-options.ts';
import { HttpListener } from './listener.ts';
import { makeIdentity, ways } from './test-clients.suite.ts';

const MiB = 1024 * 1024;

class SlicedBody extends PacedBody {
  readonly length: number;
  readonly #bytes: Uint8Array;
  #at = 0;
  releases = 0;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  fill(out: Uint8Array): number {
    assert.equal(this.releases, 0);
    const part = this.#bytes.subarray(this.#at, this.#at + out.length);
    out.set(part);
    this.#at += part.length;
    return part.length;
  }

  release(): void {
    this.releases++;
  }
}

/** Answers `/n` with the first n of some random bytes. */
class Sending implements ExchangeHandler {
  readonly bytes: Buffer = randomBytes(9 * MiB);
  readonly bodies: SlicedBody[] = [];

  handle: ExchangeHandler['handle'] = (request, reply) => {
    const body = new SlicedBody(this.bytes.subarray(0, Number(request.target.slice(1))));
    this.bodies.push(body);
    reply.send(200, [], body);
  };

  refuse: ExchangeHandler['refuse'] = (_request, reply) => reply.send(503, [], []);
}

describe('paced bodies', () => {
  const clock = new NodeClock();
  const sending = new Sending();
  const buffers = new PoisoningPool();
  let listener: HttpListener;
  let port = 0;

  before(async () => {
    listener = new HttpListener(
      { clock, handler: sending, bodies: idleBodies(buffers), buffers },
      { limits: defaultHttpLimits, tls: await makeIdentity() },
    );
    ({ port } = await listener.listen({ host: '127.0.0.1', port: 0 }));
  });
  after(() => listener.close(0));

  for (const [way, ask] of Object.entries(ways)) {
    it(`arrive whole over ${way} while their buffers are used again`, async () => {
      const sizes = [0, 1, 32 * 1024, 32 * 1024 + 1, 700_000, 3 * MiB, 9 * MiB];
      const asked = [...sizes, ...sizes, ...sizes];
      const answers = await Promise.all(asked.map((size) => ask(port, { path: `/${size}` })));
      for (const [i, { headers, body }] of answers.entries()) {
        assert.equal(Number(headers['content-length']), asked[i]);
        assert.ok(body.equals(sending.bytes.subarray(0, asked[i])), `${asked[i]} bytes`);
      }
      assert.ok(sending.bodies.every((body) => body.releases > 0));
      assert.ok(buffers.given > 0);
    });
  }

  it('are given up with their connection, and their pieces with them', async () => {
    const { taken } = buffers;
    const socket = connect({ host: '127.0.0.1', port });
    socket.write(`POST /${9 * MiB} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx`);
    await new Promise((resolve) => socket.once('readable', resolve));
    socket.destroy();
    const body = sending.bodies.at(-1)!;
    while (body.releases === 0) await clock.sleep(2);
    // All but the pieces under way have come back; those must never.
    assert.ok(buffers.taken > taken);
    assert.ok(buffers.given <= buffers.taken);
  });
});
