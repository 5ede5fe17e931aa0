import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { StaticReads } from './static-read.ts';

const reads = new StaticReads();
const server = createServer();
let port = 0;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

/** An accepted socket that has been told to read, and what it was given. */
async function accepted(): Promise<{ client: Socket; socket: Socket; given: Buffer[] }> {
  const accepting = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect({ host: '127.0.0.1', port });
  const socket = await accepting;
  const given: Buffer[] = [];
  reads.begin(socket, (bytes) => {
    given.push(Buffer.from(bytes));
    socket.emit('given');
  });
  socket.on('data', () => assert.fail('a read that was not into the shared buffer'));
  return { client, socket, given };
}

test('accepted sockets read into the shared buffer, stop when paused, and end', async () => {
  const { client, socket, given } = await accepted();
  const sent = Buffer.alloc(3_000_000, 'abcdefg');
  const ended = new Promise((resolve) => socket.once('end', resolve));
  client.write(sent.subarray(0, 10));
  await new Promise((resolve) => socket.once('given', resolve));
  socket.pause();
  client.end(sent.subarray(10));
  assert.equal(Buffer.concat(given).length, 10);
  socket.resume();
  await ended;
  assert.ok(Buffer.concat(given).equals(sent));
  socket.destroy();
});

test('several sockets share the buffer', async () => {
  const all = [await accepted(), await accepted(), await accepted()];
  for (const { client, socket, given } of all) {
    const ended = new Promise((resolve) => socket.once('end', resolve));
    client.end('hello');
    await ended;
    assert.equal(Buffer.concat(given).toString(), 'hello');
    socket.destroy();
  }
});
