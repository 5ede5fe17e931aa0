import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { StaticReads } from './static-read.ts';
import type { SocketReader, SocketReads } from './static-read.ts';

const MiB = 1024 * 1024;
const reads = new StaticReads();
const server = createServer({ allowHalfOpen: true });
let port = 0;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

/** Keeps all it is given; has the reads go to its places, as long as there are some. */
class Keeper implements SocketReader {
  readonly given: Buffer[] = [];
  places: Uint8Array[] = [];
  /** Bytes that went to places. */
  placedBytes = 0;
  /** Called after each read. */
  seen: () => void = () => undefined;

  read(bytes: Buffer): void {
    this.given.push(Buffer.from(bytes));
    this.seen();
  }

  place(): Uint8Array | null {
    return this.places[0] ?? null;
  }

  placed(bytes: number): void {
    const place = this.places.shift() as Uint8Array;
    this.given.push(Buffer.from(place.subarray(0, bytes)));
    this.placedBytes += bytes;
    if (bytes < place.length) {
      this.places.unshift(place.subarray(bytes));
    }
    this.seen();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.given);
  }

  async until(bytes: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.seen = (): void => {
        if (this.bytes.length >= bytes) resolve();
      };
      this.seen();
    });
  }
}

interface Accepted {
  readonly client: Socket;
  readonly socket: Socket;
  readonly keeper: Keeper;
  readonly reads: SocketReads;
}

/** An accepted socket that has been told to read, and what it was given. */
async function accepted(): Promise<Accepted> {
  const accepting = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect({ host: '127.0.0.1', port, noDelay: true });
  const socket = await accepting;
  const keeper = new Keeper();
  const begun = reads.begin(socket, keeper);
  assert.ok(begun);
  const onData = (): void => assert.fail('a read that was not into the shared buffer');
  socket.on('data', onData);
  return { client, socket, keeper, reads: begun };
}

/** Bytes that are not the same a little further on. */
function pattern(length: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: length / 4 }, (_, i) => i * 2654435761).buffer);
}

test('accepted sockets read into the shared buffer, stop when paused, and end', async () => {
  const { client, socket, keeper } = await accepted();
  const sent = pattern(3_000_000);
  const ended = once(socket, 'end');
  client.write(sent.subarray(0, 10));
  await keeper.until(10);
  socket.pause();
  client.end(sent.subarray(10));
  assert.equal(keeper.bytes.length, 10);
  socket.resume();
  await ended;
  assert.ok(keeper.bytes.equals(sent));
  socket.destroy();
});

test('several sockets share the buffer', async () => {
  const all = [await accepted(), await accepted(), await accepted()];
  for (const { client, socket, keeper } of all) {
    const ended = once(socket, 'end');
    client.end('hello');
    await ended;
    assert.equal(keeper.bytes.toString(), 'hello');
    socket.destroy();
  }
});

for (const shared of [false, true]) {
  test(`reads go to places in ${shared ? 'shared' : 'ordinary'} memory, no byte beyond`, async () => {
    const { client, socket, keeper } = await accepted();
    const sent = pattern(2 * MiB);
    const memory = new Uint8Array(shared ? new SharedArrayBuffer(MiB) : new ArrayBuffer(MiB));
    const places = [
      memory.subarray(7, 8),
      memory.subarray(1000, 5000),
      memory.subarray(5001, 999_999),
    ];
    const placeable = places.reduce((sum, { length }) => sum + length, 0);
    client.write(sent.subarray(0, 100));
    keeper.places = [...places];
    const ended = once(socket, 'end');
    client.end(sent.subarray(100));
    await ended;
    assert.ok(keeper.bytes.equals(sent));
    assert.equal(keeper.placedBytes, placeable);
    for (const at of [0, 6, 8, 999, 5000, 999_999]) assert.equal(memory[at], 0);
    socket.destroy();
  });
}

test('a place is filled while the socket is paused and resumed', async () => {
  const { client, socket, keeper } = await accepted();
  const sent = pattern(800_000);
  keeper.places = [new Uint8Array(700_000)];
  client.write(sent.subarray(0, 8));
  await keeper.until(8);
  socket.pause();
  client.write(sent.subarray(8, 400_000));
  socket.resume();
  await keeper.until(400_000);
  socket.pause();
  const ended = once(socket, 'end');
  client.end(sent.subarray(400_000));
  socket.resume();
  await ended;
  assert.ok(keeper.bytes.equals(sent));
  assert.equal(keeper.placedBytes, 700_000);
  socket.destroy();
});

test('nothing is read into a place that was withdrawn', async () => {
  const { client, socket, keeper, reads: begun } = await accepted();
  const place = new Uint8Array(1000);
  keeper.places = [place];
  client.write('first');
  await keeper.until(5);
  client.write('second');
  await keeper.until(11);
  assert.equal(keeper.placedBytes, 6);
  keeper.places = [];
  begun.withdraw();
  begun.withdraw();
  place.fill(0xee);
  client.write('third');
  await keeper.until(16);
  assert.equal(keeper.bytes.toString(), 'firstsecondthird');
  assert.ok(place.every((byte) => byte === 0xee));
  // And it may have places again.
  const another = new Uint8Array(1000);
  keeper.places = [another];
  client.write('4');
  await keeper.until(17);
  client.write('5');
  await keeper.until(18);
  assert.equal(String.fromCharCode(another[0] as number), '5');
  socket.destroy();
  client.destroy();
});

test('after its end the reads come by events, none of them into the last place', async () => {
  const { client, socket, keeper, reads: begun } = await accepted();
  const place = new Uint8Array(1000);
  keeper.places = [place];
  client.write('first');
  await keeper.until(5);
  begun.end();
  socket.removeAllListeners('data');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(socket, 'end');
  client.end(pattern(500_000));
  await ended;
  assert.ok(Buffer.concat(chunks).equals(pattern(500_000)));
  assert.ok(place.every((byte) => byte === 0));
  socket.destroy();
});

test('a socket without one of the switches is left as it is', async () => {
  const accepting = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect({ host: '127.0.0.1', port });
  const socket = await accepting;
  const symbols = Object.getOwnPropertySymbols(socket);
  for (const missing of ['kBuffer', 'kBufferCb', 'kBufferGen', 'useUserBuffer']) {
    const without = new Proxy(socket, {
      ownKeys: () => symbols.filter(({ description }) => description !== missing),
      get: (_, name) => (name === '_handle' && missing === 'useUserBuffer' ? {} : undefined),
      set: () => assert.fail('a switch was set'),
    });
    assert.equal(reads.begin(without, new Keeper()), null);
  }
  const ended = once(socket, 'end');
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  client.end('by events');
  await ended;
  assert.equal(received, 'by events');
  socket.destroy();
});
