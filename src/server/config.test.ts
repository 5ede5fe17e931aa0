import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, isLoopback, loadConfig } from './config.ts';
import type { ConfigSources } from './config.ts';

function load(part: Partial<ConfigSources>) {
  return loadConfig({ flags: {}, environment: {}, file: null, ...part });
}

function file(values: unknown) {
  return { path: 'tailrace.json', values };
}

test('defaults', () => {
  const config = load({});
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.port, 4567);
  assert.equal(config.adminPort, 4580);
  assert.equal(config.dataDir, './tailrace-data');
  assert.equal(config.auth, 'open');
  assert.equal(config.limits, 'aws');
  assert.equal(config.tailRingBytes, 32 * 1024 * 1024);
  assert.equal(config.inMemory, false);
});

test('flags win over environment, environment over file, file over defaults', () => {
  const sources = {
    flags: { port: '1' },
    environment: { TAILRACE_PORT: '2', TAILRACE_DATA_DIR: '/e', TAILRACE_REGION: '' },
    file: file({ port: 3, dataDir: '/f', region: 'eu-west-1', volumes: 4 }),
  };
  const config = load(sources);
  assert.equal(config.port, 1);
  assert.equal(config.dataDir, '/e');
  assert.equal(config.region, 'eu-west-1');
  assert.equal(config.volumes, 4);
});

test('reads switches and sizes in the forms people write', () => {
  for (const [given, bytes] of [
    ['1', 1],
    ['64KiB', 65_536],
    ['64k', 65_536],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['2MB', 2 * 2 ** 20],
  ] as const) {
    const config = load({ environment: { TAILRACE_TAIL_RING_BYTES: given } });
    assert.equal(config.tailRingBytes, bytes, given);
  }
  assert.equal(load({ environment: { TAILRACE_IN_MEMORY: 'true' } }).inMemory, true);
  assert.equal(load({ environment: { TAILRACE_IN_MEMORY: '0' } }).inMemory, false);
  assert.equal(load({ flags: { inMemory: true } }).inMemory, true);
});

test('takes a number of workers, or leaves it to the machine', () => {
  assert.equal(load({}).workers, 1);
  assert.equal(load({ flags: { workers: '2' } }).workers, 2);
  assert.equal(load({ environment: { TAILRACE_WORKERS: 'auto' } }).workers, 'auto');
  assert.equal(load({ file: file({ workers: 64 }) }).workers, 64);
});

test('refuses what does not fit, naming it as the user did', () => {
  const cases: readonly (readonly [Partial<ConfigSources>, RegExp])[] = [
    [{ flags: { port: '70000' } }, /^--port 70000: /],
    [{ flags: { port: 'http' } }, /^--port http: /],
    [{ flags: { workers: '0' } }, /^--workers 0: expected auto or a whole number from 1 to 64$/],
    [{ environment: { TAILRACE_WORKERS: '65' } }, /^TAILRACE_WORKERS=65: /],
    [{ environment: { TAILRACE_AUTH: 'none' } }, /^TAILRACE_AUTH=none: /],
    [{ file: file({ tailRingBytes: 'lots' }) }, /^tailRingBytes in tailrace\.json: /],
    [{ file: file({ ports: 1 }) }, /^tailrace\.json: unknown option ports$/],
    [{ file: file([]) }, /^tailrace\.json: expected a JSON object$/],
    [{ flags: { tlsCert: 'a.pem' } }, /--tls-cert and --tls-key belong together/],
  ];
  for (const [sources, message] of cases) {
    assert.throws(
      () => load(sources),
      (error) => error instanceof ConfigError && message.test(error.message),
      String(message),
    );
  }
});

test('open authentication is refused on every address others can reach', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.1', 'example.org', '127.0.0.1.example.org']) {
    assert.equal(isLoopback(host), false, host);
    assert.throws(() => load({ flags: { host } }), /--auth open .* refused/);
    assert.equal(load({ flags: { host, auth: 'verify' } }).host, host);
  }
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    assert.equal(load({ flags: { host } }).host, host);
  }
});
