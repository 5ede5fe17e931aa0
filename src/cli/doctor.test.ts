import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TransportError } from '../client/http-transport.ts';
import type { HttpRequest, HttpResponse, HttpTransport } from '../client/http-transport.ts';
import type { Disk } from '../runtime/disk.ts';
import { DiskError } from '../runtime/disk.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { startServer } from '../server/index.ts';
import type { Finding } from './doctor-finding.ts';
import type { Finished, TestSetting } from './test-context.suite.ts';
import { cli } from './test-context.suite.ts';

/** A machine without any server. */
const nobody: HttpTransport = {
  send: () => Promise.reject(new TransportError('refused', 'refused')),
  close: () => undefined,
};

function answering(answer: (request: HttpRequest) => Partial<HttpResponse>): HttpTransport {
  return {
    send: async (request) => ({ status: 200, headers: {}, body: '', ...answer(request) }),
    close: () => undefined,
  };
}

function boundTo(disk: Disk): Disk {
  return {
    room: (bytes) => disk.room(bytes),
    open: (path, mode) => disk.open(path, mode),
    makeDirectory: (path) => disk.makeDirectory(path),
    list: (path) => disk.list(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    space: (path) => disk.space(path),
    lock: (path) => disk.lock(path),
  };
}

/** Findings by subject, on a simulated machine. */
async function examine(
  setting: TestSetting,
  change: Partial<Disk> = {},
): Promise<{ code: number; of: (subject: string) => Finding }> {
  const simulation = new Simulation(1);
  const disk = simulation.disk('machine');
  const run = cli(['doctor', '--json'], {
    clock: simulation.clock(),
    transport: nobody,
    workingDirectory: '/',
    ...setting,
    disk: { ...boundTo(disk), ...change },
  });
  const { code, out, err } = await simulation.scheduler.drive(run);
  assert.equal(err, '');
  const findings = JSON.parse(out) as Finding[];
  const of = (wanted: string): Finding => findings.find(({ subject }) => subject === wanted)!;
  return { code, of };
}

test('a machine that lacks nothing passes', async () => {
  const { code, of } = await examine({});
  assert.equal(code, 0);
  assert.deepEqual(of('Node'), {
    verdict: 'good',
    subject: 'Node',
    found: '24.1.0 on linux x64',
    advice: null,
  });
  assert.equal(of('data directory').found, '/tailrace-data will be made at the first start');
  assert.equal(of('data port').found, '127.0.0.1:4567 is free');
  assert.equal(of('clock').verdict, 'good');
});

test('an old Node is a failure, the oldest that is tested is not', async () => {
  const withNode = (nodeVersion: string): ReturnType<typeof examine> =>
    examine({ machine: { nodeVersion } });
  const old = await withNode('20.18.9');
  assert.equal(old.code, 1);
  assert.match(old.of('Node').advice ?? '', /20\.19 or newer/);
  assert.equal((await withNode('20.19.0')).code, 0);
});

test('a directory that cannot be written, or has no room, is a failure', async () => {
  const locked = await examine(
    {},
    { open: (path) => Promise.reject(new DiskError('io', path, 'EACCES')) },
  );
  assert.equal(locked.code, 1);
  assert.match(locked.of('data directory').found, /cannot be written: .*EACCES/);
  const space = (freeBytes: number): ReturnType<typeof examine> =>
    examine({}, { space: async () => ({ freeBytes, totalBytes: 1e12 }) });
  assert.equal((await space(1e6)).of('disk space').verdict, 'failure');
  assert.equal((await space(1e9)).of('disk space').verdict, 'warning');
  assert.equal((await space(1e11)).of('disk space').verdict, 'good');
});

test('a port in use is a failure unless a server of ours has it', async () => {
  const machine = { portProblem: async () => 'EADDRINUSE' };
  const foreign = await examine({ machine });
  assert.equal(foreign.code, 1);
  assert.match(foreign.of('data port').found, /another program has it/);
  assert.match(foreign.of('admin port').advice ?? '', /--admin-port/);
  const transport = answering(({ path }) => (path === '/healthz' ? { body: 'ok\n' } : {}));
  const own = await examine({ machine, transport });
  assert.equal(own.code, 0);
});

test('a clock that is far from the server is a failure', async () => {
  const dated = (date: string): ReturnType<typeof examine> =>
    examine({ transport: answering(() => ({ headers: { date } })) });
  assert.equal((await dated('Thu, 01 Jan 2026 00:00:01 GMT')).of('clock').verdict, 'good');
  assert.equal((await dated('Thu, 01 Jan 2026 00:00:30 GMT')).of('clock').verdict, 'warning');
  assert.equal((await dated('Thu, 01 Jan 2026 00:06:00 GMT')).of('clock').verdict, 'failure');
  const past = await examine({ clock: new Simulation(1).clock({ startMs: 0 }) });
  assert.equal(past.of('clock').verdict, 'failure');
});

test('a short queue of new connections is worth a warning', async () => {
  const withQueue = (max: number | null): ReturnType<typeof examine> =>
    examine({ machine: { connectionQueueMax: async () => max } });
  const short = await withQueue(128);
  assert.equal(short.code, 0);
  assert.equal(short.of('connections').verdict, 'warning');
  assert.match(short.of('connections').advice ?? '', /net\.core\.somaxconn/);
  assert.equal((await withQueue(4096)).of('connections').verdict, 'good');
  assert.equal((await withQueue(null)).of('connections'), undefined);
});

describe('on this machine', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tailrace-doctor-'));
  });
  after(() => rm(directory, { recursive: true }));

  test('nothing is left in the data directory', async () => {
    const args = ['doctor', '--data-dir', directory, '--port', '0', '--admin-port', '0'];
    const { out } = await cli(args);
    assert.match(out, /^ok {4}data directory {2}\/.*\nok {4}disk space .*\n.* disk flush /m);
    assert.deepEqual(await readdir(directory), []);
  });
});

describe('status', () => {
  const status = (args: readonly string[]): Promise<Finished> => cli(['status', ...args]);

  test('of a server that runs, without and with its admin port', async () => {
    const server = await startServer({ adminPort: 0 });
    try {
      const admin = `http://127.0.0.1:${String(server.adminPort)}`;
      const endpoint = ['--endpoint', server.endpoint];
      const both = await status([...endpoint, '--admin', admin]);
      assert.equal(both.code, 0);
      assert.match(both.out, /answers in .*\nregion +us-east-1\nstreams +0 streams\n/);
      assert.match(both.out, /says the server is ready\n$/);
      const data = await status([...endpoint, '--admin', '127.0.0.1:1', '--json']);
      assert.equal(data.code, 0);
      assert.deepEqual((JSON.parse(data.out) as { Ready: unknown }).Ready, null);
    } finally {
      await server.close();
    }
  });

  test('of a server that does not answer', async () => {
    const { code, out } = await status(['--endpoint', '127.0.0.1:1', '--admin', '127.0.0.1:1']);
    assert.equal(code, 1);
    assert.match(out, /ECONNREFUSED.*\n +Is the server running\?/);
  });

  test('of a server that is there but not ready', async () => {
    const transport = answering(({ path }) =>
      path === '/readyz'
        ? { status: 503, body: 'recovering\n' }
        : { body: '{"StreamNames":[],"HasMoreStreams":false,"OpenShardCount":0,"ShardLimit":9}' },
    );
    const elsewhere = await cli(['status', '--endpoint', 'http://elsewhere:1'], { transport });
    assert.equal(elsewhere.code, 0);
    assert.match(elsewhere.out, /admin +not asked/);
    const { code, out } = await cli(['status'], { transport });
    assert.equal(code, 1);
    assert.match(out, /says not ready: recovering/);
  });
});
