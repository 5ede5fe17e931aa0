// @ts-check
// What users get: the tarball installed into an empty folder without development tools, and
// `npm start` in a checkout. Both run as real processes, signals included.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createActiveStream, KinesisClient } from '../harness/kinesis-client.mjs';
import { freePorts } from '../harness/ports.mjs';
import {
  accepts,
  CHECKOUT,
  httpStatus,
  startProcess,
  untilReady,
} from '../harness/server-process.mjs';

const READY_TIMEOUT_MS = 60_000;
/** Node's own exit, npm's and the drain of an idle server together take far less. */
const EXIT_TIMEOUT_MS = 15_000;

const folder = mkdtempSync(join(tmpdir(), 'tailrace-package-'));
const app = join(folder, 'app');
const command = join(app, 'node_modules/.bin/tailrace');
const manifest = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'));
/** @type {string[]} */
let packed = [];

/**
 * @param {string} cwd
 * @param {string} name
 * @param {string[]} args
 */
function run(cwd, name, args) {
  return execFileSync(name, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

before(() => {
  mkdirSync(app);
  run(CHECKOUT, 'npm', ['run', '--silent', 'build']);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [facts] = JSON.parse(run(CHECKOUT, 'npm', args));
  packed = facts.files.map((/** @type {{ path: string }} */ file) => file.path);
  writeFileSync(join(app, 'package.json'), '{"private": true, "type": "module"}');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  run(app, 'npm', ['install', '--omit=dev', ...quiet, join(folder, facts.filename)]);
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Starts `tailrace start` from the installed package and waits until it is ready.
 * @param {string} dataDir
 */
async function startInstalled(dataDir) {
  const [port, adminPort] = /** @type {[number, number]} */ (await freePorts(2));
  const ports = ['--port', String(port), '--admin-port', String(adminPort)];
  const server = startProcess(command, ['start', ...ports, '--data-dir', dataDir], { cwd: app });
  await untilReady(server, () => isReady(adminPort), READY_TIMEOUT_MS);
  return { ...server, client: new KinesisClient(`http://127.0.0.1:${String(port)}`) };
}

/** @param {number} adminPort */
async function isReady(adminPort) {
  return (await httpStatus(`http://127.0.0.1:${String(adminPort)}/readyz`)) === 200;
}

test('the tarball holds what users need and nothing of the tests', () => {
  const bundle = packed.filter((path) => path.startsWith('dist/bundle/'));
  assert.deepEqual(
    packed.filter((path) => !bundle.includes(path)),
    ['LICENSE', 'README.md', 'dist/server/index.d.ts', 'package.json'],
  );
  for (const name of ['tailrace.js', 'index.js', 'LICENSES.txt']) {
    assert.ok(bundle.includes(`dist/bundle/${name}`), name);
  }
});

test('the command is there', () => {
  assert.match(run(app, command, ['--help']), /\bstart\b/);
  assert.equal(run(app, command, ['--version']).trim(), manifest.version);
});

test('the library starts a server, serves, stops, and lets the process end by itself', () => {
  writeFileSync(
    join(app, 'embed.js'),
    `import { startServer } from 'tailrace';
     const server = await startServer();
     const answer = await fetch(server.endpoint + '/healthz').catch((error) => error);
     await server.close();
     console.log(server.port > 0, answer instanceof Error);`,
  );
  assert.equal(run(app, process.execPath, ['embed.js']).trim(), 'true false');
});

test('the library serves TLS, and with threads', () => {
  writeFileSync(
    join(app, 'secure.js'),
    `import { connect } from 'node:tls';
     import { startServer } from 'tailrace';
     const server = await startServer({ tls: 'auto', workers: 2 });
     const { host, port } = { host: '127.0.0.1', port: server.port };
     const socket = connect({ host, port, rejectUnauthorized: false });
     await new Promise((done, failed) => socket.on('secureConnect', done).on('error', failed));
     console.log(socket.getPeerCertificate().subject.CN);
     socket.destroy();
     await server.close();`,
  );
  assert.equal(run(app, process.execPath, ['secure.js']).trim(), 'tailrace');
});

test('the types of the library compile in a strict project', () => {
  writeFileSync(
    join(app, 'typed.ts'),
    `import { startServer } from 'tailrace';
     const server = await startServer({ region: 'eu-west-1' });
     export const port: number = server.port;
     // @ts-expect-error no such option
     await startServer({ colour: 'red' });`,
  );
  const flags = ['--strict', '--noEmit', '--module', 'node20', '--target', 'es2023'];
  run(app, process.execPath, [
    join(CHECKOUT, 'node_modules/typescript/bin/tsc'),
    ...flags,
    'typed.ts',
  ]);
});

test('the command keeps records over a restart and excludes a second process', async () => {
  const dataDir = join(folder, 'data');
  const first = await startInstalled(dataDir);
  await createActiveStream(first.client, 'orders', 1);
  const record = { StreamName: 'orders', PartitionKey: 'a', Data: 'aGVsbG8=' };
  const { SequenceNumber } = await first.client.call('PutRecord', record);

  const [port, adminPort] = await freePorts(2);
  const ports = ['--port', String(port), '--admin-port', String(adminPort)];
  const second = startProcess(command, ['start', ...ports, '--data-dir', dataDir], { cwd: app });
  assert.equal((await second.exited).code, 1);
  assert.match(second.output(), /in use by another process/);

  first.client.close();
  assert.deepEqual(await first.stop('SIGTERM'), { code: 0, signal: null });
  const again = await startInstalled(dataDir);
  const { ShardIterator } = await again.client.call('GetShardIterator', {
    StreamName: 'orders',
    ShardId: 'shardId-000000000000',
    ShardIteratorType: 'TRIM_HORIZON',
  });
  const { Records } = await again.client.call('GetRecords', { ShardIterator });
  assert.deepEqual(
    Records.map((/** @type {any} */ read) => [read.SequenceNumber, read.Data]),
    [[SequenceNumber, record.Data]],
  );
  again.client.close();
  assert.deepEqual(await again.stop('SIGTERM'), { code: 0, signal: null });
});

/**
 * Opens a connection and sends half of a request.
 * @param {number} port
 */
async function halfRequest(port) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const half = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf';
  await new Promise((resolve) => {
    socket.write(half, resolve);
  });
  return socket;
}

/**
 * Runs `npm start` in the checkout, in a process group of its own as a terminal would, and ends it.
 * @param {(pid: number) => void} end sends the signal; `pid` is npm's and the group's
 * @param {{ busy: boolean }} options busy: with a request in flight, so that draining takes time
 */
async function npmStart(end, { busy }) {
  const [port, adminPort] = /** @type {[number, number]} */ (await freePorts(2));
  const args = ['start', '--', '--port', String(port), '--admin-port', String(adminPort)];
  args.push('--data-dir', join(folder, `data-${String(port)}`));
  const options = { cwd: CHECKOUT, detached: true, stdio: /** @type {const} */ ('ignore') };
  const npm = spawn('npm', args, options);
  const pid = npm.pid ?? 0;
  const exited = new Promise((resolve) => {
    npm.once('exit', (code) => {
      resolve(code);
    });
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(adminPort))) {
    assert.ok(npm.exitCode === null && Date.now() < deadline, 'npm start is not ready');
  }
  const socket = busy ? await halfRequest(port) : null;
  end(pid);
  const killer = setTimeout(() => process.kill(-pid, 'SIGKILL'), EXIT_TIMEOUT_MS);
  const code = await exited;
  clearTimeout(killer);
  socket?.destroy();
  return { code, stillServing: await accepts(port) };
}

test('SIGTERM to npm start drains the server before npm ends', async () => {
  const result = await npmStart((pid) => process.kill(pid, 'SIGTERM'), { busy: false });
  assert.deepEqual(result, { code: 0, stillServing: false });
});

test('Ctrl-C at npm start drains too, though npm makes two signals of it', async () => {
  const result = await npmStart((pid) => process.kill(-pid, 'SIGINT'), { busy: true });
  assert.deepEqual(result, { code: 0, stillServing: false });
});
