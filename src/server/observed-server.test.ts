/**
 * A whole server seen from beside: what enhanced monitoring switches on the metrics page, and what
 * lies in the data directory of an encrypted stream.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Keyring, keyringPath } from '../keys/keyring.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeDisk } from '../runtime/node/disk.ts';
import { NodeRandom } from '../runtime/node/random.ts';
import { call, fetchText, succeed, untilActive } from './server-calls.suite.ts';
import { startServer } from './index.ts';

async function shardLines(adminPort: number | null): Promise<string[]> {
  const { text } = await fetchText(`http://127.0.0.1:${String(adminPort)}/metrics`);
  return text.split('\n').filter((line) => line.startsWith('tailrace_shard_'));
}

for (const workers of [1, 2]) {
  test(`enhanced monitoring shows and hides the metrics of shards, ${workers} worker(s)`, () =>
    showsShardMetrics(workers));
}

async function showsShardMetrics(workers: number): Promise<void> {
  const server = await startServer({ workers, adminPort: 0 });
  try {
    const { endpoint, adminPort } = server;
    await succeed(endpoint, 'CreateStream', { StreamName: 'seen', ShardCount: 2 });
    await untilActive(endpoint, 'seen');
    const record = { StreamName: 'seen', PartitionKey: 'a', Data: 'AAAA' };
    await succeed(endpoint, 'PutRecord', record);
    assert.deepEqual(await shardLines(adminPort), []);
    const monitoring = {
      StreamName: 'seen',
      ShardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'],
    };
    await succeed(endpoint, 'EnableEnhancedMonitoring', monitoring);
    await untilActive(endpoint, 'seen');
    const labels = (shard: number) =>
      `{account="000000000000",stream="seen",shard="shardId-00000000000${shard}"}`;
    assert.deepEqual((await shardLines(adminPort)).sort(), [
      `tailrace_shard_incoming_bytes${labels(0)} 4`,
      `tailrace_shard_incoming_bytes${labels(1)} 0`,
      `tailrace_shard_outgoing_bytes${labels(0)} 0`,
      `tailrace_shard_outgoing_bytes${labels(1)} 0`,
    ]);
    await succeed(endpoint, 'DisableEnhancedMonitoring', {
      StreamName: 'seen',
      ShardLevelMetrics: ['ALL'],
    });
    await untilActive(endpoint, 'seen');
    assert.deepEqual(await shardLines(adminPort), []);
  } finally {
    await server.close();
  }
}

describe('a stream with encryption', () => {
  let dataDir = '';
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tailrace-encrypted-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const plainMark = 'written in the clear, before and after';
  const secretMark = 'nobody must find this on the disk';

  async function put(endpoint: string, text: string): Promise<void> {
    const Data = Buffer.from(text).toString('base64');
    await succeed(endpoint, 'PutRecord', { StreamName: 'vault', PartitionKey: text, Data });
  }

  async function readAll(endpoint: string) {
    const { ShardIterator } = await succeed(endpoint, 'GetShardIterator', {
      StreamName: 'vault',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    });
    return call(endpoint, 'GetRecords', { ShardIterator });
  }

  /** Everything below the data directory that contains `text`. */
  async function filesWith(text: string): Promise<string[]> {
    const found: string[] = [];
    for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      if (bytes.includes(text) || bytes.includes(Buffer.from(text).toString('base64'))) {
        found.push(path);
      }
    }
    return found;
  }

  test('has ciphertext only on disk, reads back exactly, and survives the loss of its key', async () => {
    let server = await startServer({ workers: 2, dataDir });
    await succeed(server.endpoint, 'CreateStream', { StreamName: 'vault', ShardCount: 1 });
    await untilActive(server.endpoint, 'vault');
    await put(server.endpoint, plainMark);
    const key = { StreamName: 'vault', EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' };
    await succeed(server.endpoint, 'StartStreamEncryption', key);
    await untilActive(server.endpoint, 'vault');
    await put(server.endpoint, secretMark);
    await succeed(server.endpoint, 'StopStreamEncryption', key);
    await untilActive(server.endpoint, 'vault');
    await put(server.endpoint, `${plainMark}, again`);
    await server.close();
    assert.ok((await filesWith(plainMark)).length > 0, 'the search finds what is in the clear');
    assert.deepEqual(await filesWith(secretMark), []);

    server = await startServer({ dataDir });
    const { status, body } = await readAll(server.endpoint);
    assert.equal(status, 200);
    const records = body['Records'] as { Data: string; EncryptionType?: string }[];
    assert.deepEqual(
      records.map(({ Data, EncryptionType }) => [
        Buffer.from(Data, 'base64').toString(),
        EncryptionType,
      ]),
      [
        [plainMark, undefined],
        [secretMark, 'KMS'],
        [`${plainMark}, again`, undefined],
      ],
    );
    await server.close();

    const account = '000000000000';
    const path = keyringPath(dataDir);
    const keyring = await Keyring.open(
      { disk: new NodeDisk(), clock: new NodeClock(), random: new NodeRandom() },
      { path, region: 'us-east-1', watchMs: 1000, onProblem: assert.fail },
    );
    for (const { arn } of keyring.list()) await keyring.destroyKey(account, arn);
    await keyring.close();
    server = await startServer({ dataDir });
    await put(server.endpoint, 'the server goes on');
    let lost = await readAll(server.endpoint);
    if (lost.status === 200) {
      // What lies before the ciphertext is still given; the next read meets it.
      const { NextShardIterator } = lost.body as { NextShardIterator: string };
      lost = await call(server.endpoint, 'GetRecords', { ShardIterator: NextShardIterator });
    }
    assert.equal(lost.status, 400);
    assert.equal(lost.body['__type'], 'KMSNotFoundException');
    await server.close();
  });

  test('a keyring that is named stays outside of the data directory', async () => {
    const keyring = join(await mkdtemp(join(tmpdir(), 'tailrace-keyring-')), 'new', 'keys.json');
    const key = { StreamName: 'vault', EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' };
    for (const start of ['first', 'again']) {
      const server = await startServer({ dataDir, keyring });
      if (start === 'first') {
        await succeed(server.endpoint, 'CreateStream', { StreamName: 'vault', ShardCount: 1 });
        await untilActive(server.endpoint, 'vault');
        await succeed(server.endpoint, 'StartStreamEncryption', key);
        await untilActive(server.endpoint, 'vault');
        await put(server.endpoint, secretMark);
      }
      const { body } = await readAll(server.endpoint);
      const [record] = body['Records'] as { Data: string }[];
      assert.equal(Buffer.from(record!.Data, 'base64').toString(), secretMark);
      await server.close();
    }
    assert.deepEqual(await filesWith('"material"'), []);
    assert.match(await readFile(keyring, 'utf8'), /"material"/);
    await rm(dirname(dirname(keyring)), { recursive: true });
  });
});
