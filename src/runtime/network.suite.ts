/**
 * What every Network must do, whichever form, as long as nothing breaks it from outside.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Connection, Listener, Network } from './network.ts';

export interface NetworkSubject {
  readonly network: Network;
  /** Does the work to its end, moving time where time has to be moved. */
  readonly run: (work: () => Promise<void>) => Promise<void>;
}

type Make = () => NetworkSubject;

const TIMEOUT_MS = 30_000;

export function networkSuite(name: string, make: Make): void {
  describe(`${name} as a Network`, () => {
    listening(make);
    carrying(make);
    slowing(make);
    ending(make);
  });
}

/** A connected pair: `client` called, `server` was accepted. */
interface Pair {
  readonly listener: Listener;
  readonly client: Connection;
  readonly server: Connection;
}

async function connectPair(network: Network): Promise<Pair> {
  let accepted: (connection: Connection) => void;
  const server = new Promise<Connection>((resolve) => (accepted = resolve));
  const listener = await network.listen('127.0.0.1:0', (connection) => accepted(connection));
  const client = await network.connect(listener.address, TIMEOUT_MS);
  return { listener, client, server: await server };
}

function pairTest(name: string, make: Make, body: (pair: Pair) => Promise<void>): void {
  test(name, async () => {
    const { network, run } = make();
    await run(async () => {
      const pair = await connectPair(network);
      await body(pair);
      pair.client.destroy();
      pair.server.destroy();
      await pair.listener.close();
    });
  });
}

function closeOf(connection: Connection): Promise<Error | null> {
  return new Promise((resolve) => connection.onClose(resolve));
}

/** Resolves with the first `count` bytes that arrive. */
function receive(connection: Connection, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  let filled = 0;
  return new Promise((resolve) =>
    connection.onData((piece) => {
      assert.ok(filled + piece.byteLength <= count, 'no more arrives than was sent');
      bytes.set(piece, filled);
      filled += piece.byteLength;
      if (filled === count) {
        resolve(bytes);
      }
    }),
  );
}

function listening(make: Make): void {
  test('a listener tells the port that was chosen for it', async () => {
    const { network, run } = make();
    await run(async () => {
      const listener = await network.listen('127.0.0.1:0', () => undefined);
      assert.match(listener.address, /^127\.0\.0\.1:[1-9]\d*$/);
      await assert.rejects(network.listen(listener.address, () => undefined));
      await listener.close();
      const again = await network.listen(listener.address, () => undefined);
      await again.close();
    });
  });

  test('where nobody listens, nobody answers', async () => {
    const { network, run } = make();
    await run(async () => {
      const listener = await network.listen('127.0.0.1:0', () => undefined);
      await listener.close();
      await assert.rejects(network.connect(listener.address, TIMEOUT_MS));
    });
  });

  test('refuses what is no address', async () => {
    const { network, run } = make();
    await run(async () => {
      for (const address of ['', 'host', ':80', 'host:', 'host:70000', '::1:80']) {
        await assert.rejects(async () => network.listen(address, () => undefined), RangeError);
        await assert.rejects(async () => network.connect(address, TIMEOUT_MS), RangeError);
      }
    });
  });

  pairTest('closing a listener leaves its connections', make, async (pair) => {
    await pair.listener.close();
    const arrived = receive(pair.server, 3);
    pair.client.write(Uint8Array.of(1, 2, 3));
    assert.deepEqual(await arrived, Uint8Array.of(1, 2, 3));
  });

  pairTest('both ends know where the other is', make, async ({ client, server, listener }) => {
    assert.equal(client.remoteAddress, listener.address);
    assert.match(server.remoteAddress, /:\d+$/);
    await Promise.resolve();
  });
}

function carrying(make: Make): void {
  pairTest('bytes arrive complete and in order, both ways', make, async ({ client, server }) => {
    const count = 300_000;
    const sent = Uint8Array.from({ length: count }, (_, at) => (at * 7 + (at >> 8)) & 255);
    const arrived = Promise.all([receive(server, count), receive(client, count)]);
    for (let at = 0, step = 1; at < count; at += step, step = (step * 5 + 1) % 7919) {
      client.write(sent.subarray(at, at + step));
      server.write(sent.subarray(at, at + step));
    }
    const [there, back] = await arrived;
    assert.equal(Buffer.compare(there, sent), 0);
    assert.equal(Buffer.compare(back, sent), 0);
  });

  pairTest('what arrives before somebody listens is kept', make, async ({ client, server }) => {
    client.write(Uint8Array.of(1, 2));
    const echo = receive(client, 1);
    server.write(Uint8Array.of(9));
    await echo; // By now the bytes of the client have had a chance to arrive.
    client.write(Uint8Array.of(3));
    assert.deepEqual(await receive(server, 3), Uint8Array.of(1, 2, 3));
  });
}

function slowing(make: Make): void {
  pairTest('a sender is told to wait, and when to go on', make, async ({ client, server }) => {
    const piece = new Uint8Array(256 * 1024);
    let drained = 0;
    const drain = new Promise<void>((resolve) =>
      client.onDrain(() => {
        drained += 1;
        resolve();
      }),
    );
    let pieces = 1;
    while (client.write(piece)) {
      pieces += 1;
      assert.ok(pieces < 1000, 'the peer does not read, so the queue must fill up');
    }
    assert.equal(drained, 0);
    const arrived = receive(server, pieces * piece.byteLength);
    await drain;
    assert.equal((await arrived).byteLength, pieces * piece.byteLength);
  });
}

function ending(make: Make): void {
  pairTest('an end lets through what was written before', make, async ({ client, server }) => {
    const arrived = receive(server, 100_000);
    const closed = Promise.all([closeOf(client), closeOf(server)]);
    client.onData(() => undefined);
    client.write(new Uint8Array(100_000).fill(1));
    client.end();
    client.end();
    assert.equal(client.write(Uint8Array.of(1)), false);
    assert.ok((await arrived).every((byte) => byte === 1));
    assert.deepEqual(await closed, [null, null]);
  });

  pairTest('the other end may still answer an end', make, async ({ client, server }) => {
    const answer = receive(client, 50_000);
    server.onData(() => {
      server.write(new Uint8Array(50_000));
      server.end();
    });
    const closed = closeOf(client);
    client.write(Uint8Array.of(1));
    assert.equal((await answer).byteLength, 50_000);
    assert.equal(await closed, null);
  });

  pairTest('destroying closes both ends', make, async ({ client, server }) => {
    const reason = new Error('enough');
    server.onData(() => undefined);
    const closed = Promise.all([closeOf(client), closeOf(server)]);
    client.destroy(reason);
    client.destroy();
    assert.equal((await closed)[0], reason);
    assert.equal(client.write(Uint8Array.of(1)), false);
    client.end();
  });

  pairTest('who asks late for the close is still told', make, async ({ client }) => {
    client.destroy();
    await closeOf(client);
    assert.equal(await closeOf(client), null);
  });
}
