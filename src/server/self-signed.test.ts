import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { selfSignedIdentity } from './self-signed.ts';

test('the certificate is for the loopback names and the given host, and signs itself', async () => {
  const nowMs = Date.UTC(2026, 0, 1);
  for (const host of ['127.0.0.1', 'kinesis.example', '10.1.2.3', 'fe80::1:2']) {
    const { certificate } = await selfSignedIdentity(host, nowMs);
    const parsed = new X509Certificate(certificate);
    assert.equal(parsed.checkHost('localhost'), 'localhost');
    assert.equal(parsed.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(parsed.checkIP('::1'), '::1');
    assert.ok(parsed.checkHost(host) ?? parsed.checkIP(host), host);
    assert.equal(parsed.checkHost('other.example'), undefined);
    assert.ok(parsed.verify(parsed.publicKey));
    assert.ok(parsed.ca);
    assert.equal(new Date(parsed.validFrom).getTime(), Date.UTC(2025, 11, 31));
  }
});

test('a client that trusts it connects', async () => {
  const { certificate, key } = await selfSignedIdentity('127.0.0.1', Date.now());
  const server = createServer({ cert: certificate, key }, (socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, ca: certificate });
  const [data] = (await once(socket, 'data')) as [Buffer];
  assert.equal(data.toString(), 'hello');
  assert.ok(socket.authorized);
  socket.destroy();
  server.close();
});
