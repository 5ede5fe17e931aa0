/**
 * Clients that break HTTP itself, on real sockets: each gets a defined answer or is cut, and the
 * next honest client is served as if nothing had happened.
 */
import assert from 'node:assert/strict';
import { connect as http2Connect } from 'node:http2';
import { connect as netConnect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { PoisoningPool } from '../common/poisoning-pool.suite.ts';
import { idleBodies } from '../runtime/body-buffers.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import type { ExchangeHandler } from './exchange.ts';
import { defaultHttpLimits } from './http-options.ts';
import { HttpListener } from './listener.ts';
import { makeIdentity, sendBytes, ways } from './test-clients.suite.ts';

const clock = new NodeClock();
const identity = await makeIdentity();

/** Answers with the length of the body it got. */
class Counter implements ExchangeHandler {
  handled = 0;

  handle: ExchangeHandler['handle'] = ({ body }, reply) => {
    this.handled += 1;
    reply.send(200, [], [Buffer.from(String(body.length))]);
  };

  refuse: ExchangeHandler['refuse'] = (_request, reply) => {
    reply.send(413, [], []);
  };
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** One HTTP/2 frame. */
function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;

const settings = frame(SETTINGS, 0, 0, Buffer.alloc(0));
/** `:method POST`, `:scheme http`, `:path /` from the static table. */
const postHead = Buffer.from([0x83, 0x86, 0x84]);
const post = (stream: number, flags = 4): Buffer => frame(HEADERS, flags, stream, postHead);
const zero32 = Buffer.alloc(4);

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await clock.sleep(2);
  }
}

/** Types of the frames in what a server sent. */
function frameTypes(received: string): number[] {
  const bytes = Buffer.from(received, 'latin1');
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    types.push(bytes[at + 3] as number);
  }
  return types;
}

describe('hostile clients', () => {
  let listener: HttpListener;
  let port: number;
  const counter = new Counter();

  before(async () => {
    const limits = {
      ...defaultHttpLimits,
      headerTimeoutMs: 500,
      requestTimeoutMs: 1_000,
      bodyBytesMax: 100_000,
    };
    const buffers = new PoisoningPool();
    listener = new HttpListener(
      { clock, handler: counter, bodies: idleBodies(buffers), buffers },
      { limits, tls: identity },
    );
    ({ port } = await listener.listen({ host: '127.0.0.1', port: 0 }));
  });
  after(() => listener.close(1_000));

  afterEach(async () => {
    for (const ask of Object.values(ways)) {
      const answer = await ask(port, { body: 'still there?' });
      assert.equal(answer.body.toString(), '12');
    }
    await until(() => listener.connectionCount === 0);
    assert.equal(listener.bodies.bytes, 0);
  });

  const head = 'POST / HTTP/1.1\r\nHost: x\r\n';
  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['no protocol at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['zero bytes', '\0\0\0\0\0\0\0\0', /^HTTP\/1\.1 400 /],
    ['a header without colon', `${head}garbage\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['a blank in a header name', `${head}a b: c\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['a NUL in a header', `${head}a: \0\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['headers beyond the limit', `${head}a: ${'b'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['many headers beyond it', head + 'abc: defg\r\n'.repeat(10_000), /^HTTP\/1\.1 431 /],
    ['a path beyond it', `POST /${'p'.repeat(40_000)} HTTP/1.1\r\n`, /^HTTP\/1\.1 431 /],
    ['a length that is no number', `${head}Content-Length: x\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['a negative length', `${head}Content-Length: -1\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['two lengths', `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, /^HTTP\/1\.1 400 /],
    [
      'a length and chunks',
      `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    ['an unknown encoding', `${head}Transfer-Encoding: brotli\r\n\r\n`, /^HTTP\/1\.1 400 /],
    ['chunks that are none', `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, /^HTTP\/1\.1 400 /],
    ['a body that does not come', `${head}Content-Length: 9\r\n\r\nab`, /^HTTP\/1\.1 408 /],
    [
      'more than the length says',
      `${head}Content-Length: 2\r\n\r\nabGARBAGE\r\n\r\n`,
      /HTTP\/1\.1 400 [^]*\r\n\r\n$/,
    ],
    [
      'a length over the cap, and nothing else',
      `${head}Content-Length: 99999999\r\n\r\n`,
      /^HTTP\/1\.1 413 /,
    ],
    ['a proxy request', 'CONNECT example.com:443 HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 200 /],
  ];
  for (const [name, bytes, answer] of broken) {
    it(`HTTP/1.1: ${name}`, async () => {
      assert.match(await sendBytes(port, [bytes]), answer);
    });
  }

  it('HTTP/1.1: a header at a time, for ever', async () => {
    const socket = netConnect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => {});
    socket.write(head);
    const drip = clock.every(20, () => socket.write('a: b\r\n'));
    await new Promise((resolve) => socket.on('close', resolve));
    drip.cancel();
    assert.match(received, /^HTTP\/1\.1 408 /);
  });

  it('HTTP/1.1: a request behind a broken one is not read', async () => {
    const { handled } = counter;
    const request = `${head}Content-Length: 2\r\n\r\n`;
    const socket = netConnect(port, '127.0.0.1');
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      // Each piece answers what the server said to the one before.
      if (received.endsWith('2')) socket.write(`${head}a b: c\r\n\r\n`);
      if (/ 400 /.test(received)) socket.end(`${request}no`);
    });
    socket.write(`${request}ok`);
    await new Promise((resolve) => socket.on('close', resolve));
    assert.match(received, /^HTTP\/1\.1 200 [^]*\r\n\r\n2HTTP\/1\.1 400 [^]*\r\n\r\n$/);
    assert.equal(counter.handled, handled + 1);
  });

  it('HTTP/1.1: asks for an upgrade to h2c and is served as it is', async () => {
    const upgrade = `${head}Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n`;
    const answer = await sendBytes(port, [
      `${upgrade}HTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\nok`,
    ]);
    assert.match(answer, /^HTTP\/1\.1 200 [^]*\r\n\r\n2$/);
  });

  const invalid: readonly (readonly [string, readonly (string | Buffer)[]])[] = [
    ['a preface cut off', [preface.slice(0, 18)]],
    ['a preface gone wrong', ['PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n', settings]],
    ['a preface and nothing more', [preface]],
    ['no settings first', [preface, post(1)]],
    ['garbage after the preface', [preface, Buffer.alloc(64, 0xee)]],
    ['a frame over the size', [preface, settings, frame(DATA, 0, 1, Buffer.alloc(20_000))]],
    ['data of no stream', [preface, settings, frame(DATA, 0, 1, Buffer.from('x'))]],
    [
      'headers that do not decode',
      [preface, settings, frame(HEADERS, 4, 1, Buffer.alloc(9, 0xff))],
    ],
    ['half of the headers', [preface, settings, post(1, 0)]],
    [
      'headers without end',
      [
        ...[preface, settings, post(1, 0)],
        ...Array.from({ length: 500 }, () => frame(CONTINUATION, 0, 1, Buffer.alloc(200))),
      ],
    ],
    ['a stream with an even number', [preface, settings, post(2)]],
    ['a window of nothing', [preface, settings, post(1), frame(WINDOW_UPDATE, 0, 0, zero32)]],
    ['a ping of a wrong size', [preface, settings, frame(PING, 0, 0, zero32)]],
  ];
  for (const [name, pieces] of invalid) {
    it(`HTTP/2: ${name}`, async () => {
      const { handled } = counter;
      const received = await sendBytes(port, [
        Buffer.concat(pieces.map((one) => Buffer.from(one))),
      ]);
      assert.equal(counter.handled, handled);
      const types = frameTypes(received);
      assert.ok(types.length === 0 || types[0] === SETTINGS);
    });
  }

  it('HTTP/2: a body of another length than was said is refused', async () => {
    const { handled } = counter;
    for (const said of ['5', '1']) {
      const session = http2Connect(`http://127.0.0.1:${port}`);
      session.on('error', () => {});
      const stream = session.request({ ':method': 'POST', 'content-length': said });
      stream.on('error', () => {});
      const closed = new Promise((resolve) => stream.on('close', resolve));
      stream.end('abc');
      await closed;
      // Newer versions of the protocol layer end the whole session.
      assert.ok(session.destroyed || (stream.rstCode ?? 0) > 0);
      session.destroy();
    }
    assert.equal(counter.handled, handled);
  });

  it('HTTP/2: headers beyond the limit reach no handler', async () => {
    const { handled } = counter;
    const session = http2Connect(`http://127.0.0.1:${port}`, { maxSendHeaderBlockLength: 1e6 });
    session.on('error', () => {});
    const stream = session.request({ ':method': 'POST', long: 'x'.repeat(60_000) });
    const status = new Promise((resolve) => {
      stream.on('response', (headers) => resolve(headers[':status']));
    });
    stream.end('abc');
    assert.equal(await status, 431);
    assert.equal(counter.handled, handled);
    session.destroy();
  });

  it('HTTP/2: streams opened and reset at once end the session, not the server', async () => {
    const burst: Buffer[] = [Buffer.from(preface), settings];
    for (let stream = 1; stream < 40_000; stream += 2) {
      burst.push(post(stream), frame(RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8])));
    }
    const received = await sendBytes(port, [Buffer.concat(burst)]);
    assert.ok(frameTypes(received).includes(GOAWAY));
  });

  it('HTTP/2: pings and settings without end are bounded', async () => {
    for (const flood of [frame(PING, 0, 0, Buffer.alloc(8)), settings]) {
      const socket = netConnect(port, '127.0.0.1');
      socket.on('error', () => {});
      await until(() => listener.connectionCount > 0);
      socket.write(preface);
      socket.write(settings);
      // Never reads, so that the answers pile up on the other side.
      socket.pause();
      socket.write(Buffer.concat(Array.from({ length: 50_000 }, () => flood)));
      await until(() => listener.connectionCount === 0);
      socket.destroy();
    }
  });

  it('TLS: what is no handshake, and half of one', async () => {
    for (const start of ['1603010200', '160301000401000000', '16030100050100000100']) {
      const received = await sendBytes(port, [Buffer.from(start, 'hex')]);
      assert.ok(received === '' || received.startsWith('\x15\x03'));
    }
  });
});
