import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, parseAddress } from './address.ts';

test('splits names, IPv4 and IPv6 addresses, and puts them together again', () => {
  for (const [text, host, port] of [
    ['localhost:80', 'localhost', 80],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['back-end.example.com:65535', 'back-end.example.com', 65_535],
    ['[::1]:4567', '::1', 4567],
    ['[::ffff:10.0.0.1]:1', '::ffff:10.0.0.1', 1],
  ] as const) {
    assert.deepEqual(parseAddress(text), { host, port });
    assert.equal(formatAddress(host, port), text);
  }
});

test('refuses what is no address', () => {
  for (const text of [
    ...['', ':', 'host', 'host:', ':80', 'host:x', 'host:-1', 'host:65536', 'host:1.5'],
    ...['::1:80', '[::1]', '[]:80', '[host]:80', 'a b:80', 'host:80 ', 'http://host:80'],
  ]) {
    assert.throws(() => parseAddress(text), RangeError, text);
  }
});
