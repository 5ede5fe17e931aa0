import assert from 'node:assert/strict';
import { connect as http2Connect } from 'node:http2';
import { request } from 'node:http';
import { connect as netConnect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { PoisoningPool } from '../common/poisoning-pool.suite.ts';
import { idleBodies } from '../runtime/body-buffers.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import type { ResponseStream } from '../api/response-stream.ts';
import type { ExchangeHandler } from './exchange.ts';
import { defaultHttpLimits } from './http-options.ts';
import type { HttpLimits } from './http-options.ts';
import { HttpListener } from './listener.ts';
import { makeIdentity, sendBytes, ways } from './test-clients.suite.ts';

const clock = new NodeClock();
const identity = await makeIdentity();

/** Tells back what it got; `/stream` opens a stream that the test writes. */
class Echo implements ExchangeHandler {
  streams: ResponseStream[] = [];

  handle: ExchangeHandler['handle'] = (request, reply) => {
    const headers = ['X-Method', request.method, 'X-Secure', String(request.secure)];
    if (request.target === '/stream') {
      this.streams.push(reply.stream(200, headers));
    } else {
      reply.send(200, headers, [request.body.slice()]);
    }
  };

  refuse: ExchangeHandler['refuse'] = (_request, reply, why) => {
    reply.send(why === 'too-large' ? 413 : 503, [], []);
  };
}

async function listenWith(
  limits: Partial<HttpLimits>,
): Promise<{ listener: HttpListener; port: number; echo: Echo }> {
  const echo = new Echo();
  const buffers = new PoisoningPool();
  const listener = new HttpListener(
    { clock, handler: echo, bodies: idleBodies(buffers), buffers },
    { limits: { ...defaultHttpLimits, ...limits }, tls: identity },
  );
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
  return { listener, port, echo };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await clock.sleep(2);
  }
}

describe('the data port', () => {
  let listener: HttpListener;
  let port: number;
  let echo: Echo;
  before(async () => {
    ({ listener, port, echo } = await listenWith({ bodyBytesMax: 3_000_000 }));
  });
  after(() => listener.close(1_000));

  for (const [way, ask] of Object.entries(ways)) {
    it(`carries bodies both ways over ${way}`, async () => {
      for (const length of [0, 1, 70_000, 2_999_999]) {
        const body = Buffer.alloc(length, 'b');
        for (const headers of [{ 'content-length': String(length) }, {}]) {
          const answer = await ask(port, { body, headers });
          assert.equal(answer.status, 200);
          assert.equal(answer.headers['x-method'], 'POST');
          assert.equal(answer.headers['x-secure'], String(way.startsWith('TLS')));
          assert.ok(answer.body.equals(body));
        }
      }
      assert.equal(listener.bodies.bytes, 0);
    });

    it(`refuses a body over the cap over ${way}, whether announced or not`, async () => {
      const body = Buffer.alloc(3_000_001);
      for (const headers of [{ 'content-length': '3000001' }, {}]) {
        const answer = await ask(port, { body, headers });
        assert.equal(answer.status, 413);
      }
      assert.equal(listener.bodies.bytes, 0);
    });
  }

  it('knows the protocol over TLS where the client did not negotiate it', async () => {
    const secure = () =>
      tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: [] });
    const session = http2Connect(`https://127.0.0.1:${port}`, { createConnection: secure });
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    const status = await new Promise((resolve, reject) => {
      session.on('error', reject);
      stream.on('response', (headers) => resolve(headers[':status']));
      stream.end('h2');
    });
    session.close();
    assert.equal(status, 200);

    const socket = secure();
    socket.write('POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    await new Promise((resolve) => socket.on('close', resolve));
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  });

  it('knows the protocol when the first bytes come one at a time', async () => {
    const message = 'POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';
    const answer = await sendBytes(port, [...message]);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n(.*\r\n)+\r\nok$/);
  });

  it('answers a client that has closed its sending side', async () => {
    const received = await new Promise<string>((resolve) => {
      const socket = netConnect({ host: '127.0.0.1', port, allowHalfOpen: true });
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.on('end', () => resolve(text));
      socket.end('POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok');
    });
    assert.match(received, /^HTTP\/1\.1 200 OK/);
  });

  it('gives bytes that are no protocol a plain 400, and closes', async () => {
    assert.match(await sendBytes(port, ['\0\0garbage\r\n\r\n']), /^HTTP\/1\.1 400 Bad Request/);
    assert.match(
      await sendBytes(port, [`POST / HTTP/1.1\r\nX: ${'x'.repeat(300_000)}\r\n\r\n`]),
      /^HTTP\/1\.1 431 /,
    );
    // A TLS alert, since it began like TLS.
    assert.match(await sendBytes(port, [Buffer.from('16030100050100000100', 'hex')]), /^\x15\x03/);
  });

  for (const [way, scheme] of [
    ['HTTP/1.1', null],
    ['h2c', 'http'],
  ] as const) {
    it(`streams a response over ${way} with backpressure and notices the peer leaving`, async () => {
      echo.streams = [];
      let pause: () => void = () => {};
      let resume: () => void = () => {};
      let leave: () => void = () => {};
      let received = 0;
      if (scheme === null) {
        const call = request({ port, method: 'POST', path: '/stream' }, (response) => {
          response.on('data', (chunk: Buffer) => (received += chunk.length));
          response.on('error', () => {});
          pause = () => response.pause();
          resume = () => response.resume();
          leave = () => call.destroy();
        });
        call.on('error', () => {});
        call.end();
      } else {
        const session = http2Connect(`${scheme}://127.0.0.1:${port}`);
        const stream = session.request({ ':method': 'POST', ':path': '/stream' });
        stream.on('data', (chunk: Buffer) => (received += chunk.length));
        stream.on('error', () => {});
        stream.end();
        pause = () => stream.pause();
        resume = () => stream.resume();
        leave = () => session.destroy();
      }
      await until(() => echo.streams.length === 1);
      const stream = echo.streams[0] as ResponseStream;
      let closed = 0;
      let drains = 0;
      stream.onClose(() => closed++);
      stream.onDrain(() => drains++);
      stream.write(Buffer.from('hello'));
      await until(() => received === 5);
      pause();
      let sent = 5;
      // The kernel's buffers are finite, so a reader that stopped must show at some point.
      do {
        sent += 100_000;
      } while (stream.write(Buffer.alloc(100_000)) || sent < 30_000_000);
      assert.equal(drains, 0);
      resume();
      await until(() => drains > 0 && received === sent);
      assert.equal(closed, 0);
      leave();
      await until(() => closed === 1);
      assert.equal(stream.open, false);
      assert.equal(stream.write(Buffer.from('late')), false);
    });
  }
});

describe('bounds of the data port', () => {
  it('cuts connections that are silent, slow or half a request', async () => {
    const { listener, port } = await listenWith({ headerTimeoutMs: 50, requestTimeoutMs: 100 });
    const slow = [
      sendBytes(port, []),
      sendBytes(port, ['P']),
      sendBytes(port, ['POST / HTTP/1.1\r\nX: ']),
      sendBytes(port, ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab']),
      sendBytes(port, ['PRI * HTTP/2.0\r\n']),
      sendBytes(port, [Buffer.from('1603010200', 'hex')]),
    ];
    const answers = await Promise.all(slow);
    assert.deepEqual(
      answers.map((answer) => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'cut'),
      ['cut', 'cut', '408', '408', 'cut', 'cut'],
    );
    await until(() => listener.connectionCount === 0);
    await listener.close(0);
  });

  it('notices at once that a TLS client has gone away during the handshake', async () => {
    const { listener, port } = await listenWith({ headerTimeoutMs: 3_600_000 });
    const client = tlsConnect({ host: '127.0.0.1', port });
    await new Promise((resolve) => client.on('error', resolve));
    await until(() => listener.connectionCount === 0);
    await listener.close(3_600_000);
  });

  it('resets an HTTP/2 stream whose body stops coming, and keeps the session', async () => {
    const { listener, port } = await listenWith({ requestTimeoutMs: 50 });
    const session = http2Connect(`http://127.0.0.1:${port}`);
    const stuck = session.request({ ':method': 'POST' });
    stuck.on('error', () => {});
    stuck.write('never finished');
    await new Promise((resolve) => stuck.on('close', resolve));
    assert.equal(stuck.rstCode, 8);
    const fine = session.request({ ':method': 'POST' });
    fine.end('ok');
    const status = await new Promise((resolve) => {
      fine.on('response', (headers) => resolve(headers[':status']));
    });
    assert.equal(status, 200);
    session.destroy();
    await listener.close(1_000);
  });

  it('drops connections over the limit', async () => {
    const { listener, port } = await listenWith({ connectionsMax: 2 });
    const first = netConnect(port, '127.0.0.1');
    const second = netConnect(port, '127.0.0.1');
    await until(() => listener.connectionCount === 2);
    assert.equal(await sendBytes(port, []), '');
    first.destroy();
    second.destroy();
    await listener.close(1_000);
  });

  it('refuses bodies while the bodies in memory exceed the budget, then takes them again', async () => {
    const { listener, port, echo } = await listenWith({ bodiesBytesMax: 100_000 });
    const ask = ways['h2c'] as (typeof ways)[string];
    const held = http2Connect(`http://127.0.0.1:${port}`);
    const stream = held.request({ ':method': 'POST', ':path': '/stream' });
    stream.on('error', () => {});
    stream.end(Buffer.alloc(80_000));
    await until(() => echo.streams.length === 1);
    assert.equal((await ask(port, { body: Buffer.alloc(30_000) })).status, 503);
    held.destroy();
    await until(() => listener.bodies.bytes === 0);
    assert.equal((await ask(port, { body: Buffer.alloc(30_000) })).status, 200);
    await listener.close(1_000);
  });
});

describe('closing the data port', () => {
  it('sends GOAWAY, lets the stream finish, closes idle connections and then stops', async () => {
    const { listener, port, echo } = await listenWith({});
    const idle = netConnect(port, '127.0.0.1');
    const idleClosed = new Promise((resolve) => idle.on('close', resolve));
    const session = http2Connect(`http://127.0.0.1:${port}`);
    const goaway = new Promise((resolve) => session.on('goaway', resolve));
    const stream = session.request({ ':method': 'POST', ':path': '/stream' });
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.end();
    await until(() => echo.streams.length === 1);
    const closing = listener.close(10_000);
    await goaway;
    await idleClosed;
    echo.streams[0]?.write(Buffer.from('last words'));
    echo.streams[0]?.end();
    await closing;
    assert.equal(text, 'last words');
    assert.equal(listener.connectionCount, 0);
    await assert.rejects(
      new Promise((resolve, reject) => {
        netConnect(port, '127.0.0.1').on('connect', resolve).on('error', reject);
      }),
      { code: 'ECONNREFUSED' },
    );
  });

  it('cuts what is left at the deadline', async () => {
    const { listener, port, echo } = await listenWith({});
    const session = http2Connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    const stream = session.request({ ':method': 'POST', ':path': '/stream' });
    stream.on('error', () => {});
    stream.end();
    await until(() => echo.streams.length === 1);
    await listener.close(10);
    assert.equal(listener.connectionCount, 0);
  });
});
