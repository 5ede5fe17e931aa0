/**
 * A whole server over real sockets: signed requests in, answers out, in memory and in a directory.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StoreLockedError } from '../storage/meta-store.ts';
import { startServer } from './index.ts';
import { call, fetchText, succeed, untilActive } from './server-calls.suite.ts';

interface Read {
  readonly SequenceNumber: string;
  readonly Data: string;
  readonly PartitionKey: string;
}

async function readAll(endpoint: string, StreamName: string): Promise<Read[]> {
  const { Shards } = await succeed(endpoint, 'ListShards', { StreamName });
  const records: Read[] = [];
  for (const { ShardId } of Shards as { ShardId: string }[]) {
    let { ShardIterator } = await succeed(endpoint, 'GetShardIterator', {
      StreamName,
      ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    for (;;) {
      const page = await succeed(endpoint, 'GetRecords', { ShardIterator });
      records.push(...(page['Records'] as Read[]));
      if (page['MillisBehindLatest'] === 0) break;
      ShardIterator = page['NextShardIterator'];
    }
  }
  return records;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const put = {
  StreamName: 'orders',
  Records: Array.from({ length: 20 }, (_, i) => ({
    Data: base64(`record ${i}`),
    PartitionKey: `key ${i}`,
  })),
};

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-server-'));
});
after(() => rm(directory, { recursive: true, force: true }));

for (const workers of [1, 2]) {
  describe(`embedded, ${workers} worker(s)`, () => {
    records(workers);
    ports(workers);
  });
}

function records(workers: number): void {
  test('in memory: create, put, get, delete; two servers do not see each other', async () => {
    const server = await startServer({ workers, limits: 'off' });
    const other = await startServer({ workers, limits: 'off' });
    const { endpoint } = server;
    await succeed(endpoint, 'CreateStream', { StreamName: 'orders', ShardCount: 3 });
    await untilActive(endpoint, 'orders');
    const answer = await succeed(endpoint, 'PutRecords', put);
    assert.equal(answer['FailedRecordCount'], 0);
    const numbers = (answer['Records'] as Read[]).map((record) => record.SequenceNumber);
    const read = await readAll(endpoint, 'orders');
    assert.deepEqual(read.map((record) => record.SequenceNumber).sort(), numbers.sort());
    const { PartitionKey, Data } = read[0]!;
    assert.equal(PartitionKey, `key ${Buffer.from(Data, 'base64').toString().slice(7)}`);
    assert.deepEqual((await succeed(other.endpoint, 'ListStreams', {}))['StreamNames'], []);
    await succeed(endpoint, 'DeleteStream', { StreamName: 'orders' });
    const missing = await call(endpoint, 'PutRecords', put);
    assert.equal(missing.status, 400);
    assert.equal(missing.body['__type'], 'ResourceNotFoundException');
    await server.close();
    await other.close();
    await assert.rejects(call(endpoint, 'ListStreams', {}), { code: 'ECONNREFUSED' });
  });

  test('in a directory: everything is there after a restart, iterators too', async () => {
    const dataDir = join(directory, `kept-${workers}`);
    const first = await startServer({ workers, dataDir, limits: 'off' });
    await succeed(first.endpoint, 'CreateStream', { StreamName: 'orders', ShardCount: 2 });
    await untilActive(first.endpoint, 'orders');
    const answer = await succeed(first.endpoint, 'PutRecords', put);
    const iterator = await succeed(first.endpoint, 'GetShardIterator', {
      StreamName: 'orders',
      ShardId: '0',
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      StartingSequenceNumber: (answer['Records'] as (Read & { ShardId: string })[]).find(
        (record) => record.ShardId === 'shardId-000000000000',
      )!.SequenceNumber,
    });
    const before = await readAll(first.endpoint, 'orders');
    assert.equal(before.length, 20);
    await first.close();

    const second = await startServer({ workers, dataDir, limits: 'off' });
    assert.deepEqual(await readAll(second.endpoint, 'orders'), before);
    const page = await succeed(second.endpoint, 'GetRecords', iterator);
    assert.deepEqual(page['Records'], before.slice(1, 1 + (page['Records'] as Read[]).length));
    const more = await succeed(second.endpoint, 'PutRecord', {
      StreamName: 'orders',
      Data: base64('later'),
      PartitionKey: 'k',
    });
    const after = await readAll(second.endpoint, 'orders');
    assert.equal(after.length, 21);
    assert.ok(after.some((record) => record.SequenceNumber === more['SequenceNumber']));
    await assert.rejects(startServer({ workers, dataDir, limits: 'off' }), StoreLockedError);
    await second.close();
  });
}

function ports(workers: number): void {
  test('answers over TLS on the same port, with a certificate that is kept', async () => {
    const dataDir = join(directory, `tls-${workers}`);
    const first = await startServer({ workers, dataDir, tls: 'auto' });
    assert.ok(first.tlsEndpoint !== null && first.tlsEndpoint.startsWith('https://127.0.0.1:'));
    await succeed(first.tlsEndpoint, 'ListStreams', {});
    await succeed(first.endpoint, 'ListStreams', {});
    await first.close();
    const key = join(dataDir, 'tls', 'key.pem');
    const { mtimeMs, mode } = await stat(key);
    assert.equal(mode & 0o777, 0o600);
    await (await startServer({ workers, dataDir, tls: 'auto' })).close();
    assert.equal((await stat(key)).mtimeMs, mtimeMs);
  });

  test('a failed start leaves nothing open', async () => {
    const dataDir = join(directory, `taken-${workers}`);
    const server = await startServer({ workers, limits: 'off' });
    await assert.rejects(startServer({ workers, dataDir, port: server.port }), {
      code: 'EADDRINUSE',
    });
    await server.close();
    await (await startServer({ workers, dataDir, port: server.port })).close();
  });

  test('the admin port tells health, readiness and metrics', async () => {
    const server = await startServer({ workers, adminPort: 0 });
    const admin = `http://127.0.0.1:${String(server.adminPort)}`;
    await succeed(server.endpoint, 'ListStreams', {});
    assert.deepEqual(await fetchText(`${admin}/healthz`), { status: 200, text: 'ok\n' });
    assert.deepEqual(await fetchText(`${admin}/readyz`), { status: 200, text: 'ready\n' });
    const { text } = await fetchText(`${admin}/metrics`);
    assert.match(text, /^tailrace_requests_total\{operation="ListStreams",code="OK"\} 1$/m);
    assert.match(text, /^process_resident_memory_bytes \d+$/m);
    assert.equal((await fetchText(`${admin}/other`)).status, 404);
    await server.close();
  });
}

describe('tailrace start', () => {
  const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));

  function start(...flags: string[]) {
    const child = spawn(process.execPath, [main, 'start', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
    const ready = new Promise<string>((resolve, reject) => {
      child.stdout.on('data', () => {
        const match = /endpoint +(http:\S+)/.exec(output.out);
        if (match !== null) resolve(match[1]!);
      });
      void exited.then(() => reject(new Error(`exited: ${output.err}`)));
    });
    ready.catch(() => undefined);
    return { child, exited, output, ready };
  }

  for (const workers of ['1', '2']) {
    test(`with ${workers} worker(s): serves, keeps out a second one, drains on SIGTERM`, () =>
      servesAndDrains(workers));
  }

  async function servesAndDrains(workers: string): Promise<void> {
    const dataDir = join(directory, `process-${workers}`);
    const free = ['--port', '0', '--admin-port', '0', '--workers', workers];
    const server = start(...free, '--data-dir', dataDir);
    const endpoint = await server.ready;
    const agent = new Agent({ keepAlive: true });
    assert.equal((await call(endpoint, 'ListStreams', {}, agent)).status, 200);

    const second = start(...free, '--data-dir', dataDir);
    const [code] = await second.exited;
    assert.equal(code, 1);
    assert.match(
      second.output.err,
      /^tailrace: the data directory .* is in use by another process/,
    );

    server.child.kill('SIGTERM');
    assert.deepEqual(await server.exited, [0, null]);
    agent.destroy();
    assert.ok((await readdir(dataDir)).includes('metadata.db'));
  }

  test('says clearly what is wrong with its options', async () => {
    const open = start('--host', '0.0.0.0');
    assert.equal((await open.exited)[0], 1);
    assert.match(open.output.err, /^tailrace: --auth open .* refused/);
    const port = start('--port', 'x');
    assert.equal((await port.exited)[0], 1);
    assert.match(port.output.err, /^tailrace: --port x: expected a whole number/);
  });
});
