import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { PlainHeads } from './plain-head.ts';
import type { PlainHead } from './plain-head.ts';

const parse = (text: string, max = 4096) => new PlainHeads(max).read(Buffer.from(text, 'latin1'));

/** What a head says. */
function contentOf(head: PlainHead | null): unknown {
  if (head === null) return null;
  const { target, headers, rawHeaders, headerNames, bytes, bodyBytes } = head;
  return { target, headers, rawHeaders, headerNames, bytes, bodyBytes };
}

const plain = (lines: string) => `POST / HTTP/1.1\r\n${lines}\r\n`;

/** What Node's server reads; null when it finds no whole and regular request. */
function readByNode(text: string): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    const server = createServer({ requireHostHeader: false }, (request) => resolve(request));
    server.on('checkContinue', () => resolve(null));
    server.on('clientError', () => resolve(null));
    const socket = new PassThrough();
    server.emit('connection', socket);
    socket.write(Buffer.from(text, 'latin1'));
    socket.on('close', () => resolve(null));
    setImmediate(() => setImmediate(() => resolve(null)));
  });
}

test('reads a plain head', () => {
  const body = 'abcde';
  const head =
    'POST /?x=1 HTTP/1.1\r\nHost: h:1\r\nX-Amz-Target:  a b \r\nContent-Length: 5\r\n\r\n';
  assert.deepEqual(contentOf(parse(head + body)), {
    target: '/?x=1',
    headers: { host: 'h:1', 'x-amz-target': 'a b', 'content-length': '5' },
    rawHeaders: ['Host', 'h:1', 'X-Amz-Target', 'a b', 'Content-Length', '5'],
    headerNames: ['host', 'x-amz-target', 'content-length'],
    bytes: head.length,
    bodyBytes: 5,
  });
});

test('leaves to Node what is not plain', () => {
  const fine = 'Host: h\r\nContent-Length: 5\r\n';
  assert.ok(parse(plain(fine)));
  assert.ok(parse(plain(`${fine}Connection: Keep-Alive\r\n`)));
  for (const text of [
    '',
    plain(fine).slice(0, -1),
    plain(fine).replace('POST', 'GET'),
    plain(fine).replace('HTTP/1.1', 'HTTP/1.0'),
    plain(fine).replace('POST /', 'POST http://h/'),
    plain(fine).replace('POST / ', 'POST /  '),
    plain(fine).replace('\r\nHost', '\nHost'),
    plain('Host: h\r\n'),
    plain(''),
    plain(`${fine}Content-Length: 5\r\n`),
    plain(`${fine}content-length: 6\r\n`),
    plain('Host: h\r\nContent-Length: +5\r\n'),
    plain('Host: h\r\nContent-Length: 5,5\r\n'),
    plain('Host: h\r\nContent-Length: 0x5\r\n'),
    plain('Host: h\r\nContent-Length: 99999999999\r\n'),
    plain('Host: h\r\nContent-Length : 5\r\n'),
    plain(`${fine}Transfer-Encoding: chunked\r\n`),
    plain(`${fine}transfer-ENCODING: identity\r\n`),
    plain(`${fine}Expect: 100-continue\r\n`),
    plain(`${fine}Upgrade: h2c\r\n`),
    plain(`${fine}Connection: close\r\n`),
    plain(`${fine}Connection: keep-alive, x\r\n`),
    plain(`${fine}X: a\r\n b\r\n`),
    plain(`${fine}X: a\rb\r\n`),
    plain(`${fine}X: a\nb\r\n`),
    plain(`${fine}X: a\0b\r\n`),
    plain(`${fine}X y: a\r\n`),
    plain(`${fine}: a\r\n`),
    plain(`${fine}no colon\r\n`),
    plain(`${fine}A: 1\r\na: 2\r\n`),
    plain(`${fine}__proto__: x\r\n`),
    plain(`${fine}constructor: x\r\n`),
  ]) {
    assert.equal(parse(text), null, JSON.stringify(text));
  }
  assert.equal(parse(plain(`${fine}X: ${'a'.repeat(100)}\r\n`), 64), null, 'too long');
});

test('what it takes, Node reads the same way', async () => {
  const fine = 'POST / HTTP/1.1\r\nHost: h\r\nX-Y: a b\tc\r\nContent-Length: 5\r\n\r\n';
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(fine.length - 1), fc.nat(255), async (at, code) => {
      const text = fine.slice(0, at) + String.fromCharCode(code) + fine.slice(at + 1);
      const head = parse(text);
      if (head === null) return;
      taken++;
      const request = await readByNode(text);
      assert.ok(request, JSON.stringify(text));
      assert.equal(request.method, 'POST');
      assert.equal(request.url, head.target);
      assert.deepEqual({ ...request.headers }, head.headers);
      assert.deepEqual(request.rawHeaders, head.rawHeaders);
    }),
    { numRuns: 2000 },
  );
  assert.ok(taken > 100);
});

test('reads heads alike as if each were the first', () => {
  const name = fc.constantFrom(
    'Host',
    'HOST',
    'host',
    'X-A',
    'X-AB',
    'Connection',
    'Content-Length',
  );
  const value = fc.constantFrom('', ' ', '5', ' 5', '5 ', '55', 'a b', 'keep-alive', 'close');
  const lines = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 });
  const target = fc.constantFrom('/', '/?a', '/b');
  const text = fc
    .tuple(target, lines)
    .map(
      ([path, list]) =>
        `POST ${path} HTTP/1.1\r\n${list.map(([n, v]) => `${n}:${v}\r\n`).join('')}Content-Length: 7\r\n\r\n`,
    );
  let again = 0;
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 20 }), (texts) => {
      const heads = new PlainHeads(4096);
      for (const each of [...texts, ...texts]) {
        const read = contentOf(heads.read(Buffer.from(each, 'latin1')));
        assert.deepEqual(read, contentOf(parse(each)));
        if (read !== null) again++;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(again > 100);
});

test('takes nothing of a head over to the next but what both say', () => {
  const heads = new PlainHeads(4096);
  const read = (lines: string) => heads.read(Buffer.from(plain(lines), 'latin1'));
  assert.equal(read('Host: h\r\nX: 1\r\nContent-Length: 5\r\n')?.headers['x'], '1');
  // The second line is like that of no head before, the third makes it one for Node.
  assert.equal(read('Host: h\r\nX: 2\r\nContent-Length: x\r\n'), null);
  const third = read('Host: h\r\nX: 1\r\nContent-Length: 6\r\n');
  assert.deepEqual(third?.headers, { host: 'h', x: '1', 'content-length': '6' });
  assert.equal(third.bodyBytes, 6);
  const fourth = read('Host: h\r\nX: 2\r\nContent-Length: 6\r\n');
  assert.deepEqual(fourth?.headers, { host: 'h', x: '2', 'content-length': '6' });
  assert.deepEqual(third.headers, { host: 'h', x: '1', 'content-length': '6' });
});
