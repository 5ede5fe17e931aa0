/**
 * Large puts, on which a second thread works or whose records one thread leaves to another where
 * they lie, arrive as they were sent, with the checksums under which they are stored.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer } from './index.ts';
import { call, fetchText, succeed, untilActive } from './server-calls.suite.ts';

interface Read {
  readonly Data: string;
  readonly PartitionKey: string;
}

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-large-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const bodyWork = /^tailrace_body_work_total [1-9]/m;
const lentAppends = /^tailrace_appends_lent_total [1-9]/m;

/** What a batch holds follows from its number. */
function batch(number: number): { Data: string; PartitionKey: string }[] {
  return Array.from({ length: 150 }, (_, i) => ({
    Data: Buffer.alloc(1000 + (i % 3), `${number} ${i} `).toString('base64'),
    PartitionKey: `key-${number}-${i}`,
  }));
}

async function shardContent(
  endpoint: string,
  StreamName: string,
  ShardId: string,
): Promise<Read[]> {
  const from = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
  let { ShardIterator } = await succeed(endpoint, 'GetShardIterator', from);
  const records: Read[] = [];
  for (;;) {
    const page = await succeed(endpoint, 'GetRecords', { ShardIterator });
    records.push(...(page['Records'] as Read[]));
    if (page['MillisBehindLatest'] === 0) return records;
    ShardIterator = page['NextShardIterator'];
  }
}

function digest(records: readonly Read[]): string {
  const lines = records.map(({ Data, PartitionKey }) => `${PartitionKey} ${Data}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

for (const { ShardCount, workers } of [
  { ShardCount: 1, workers: 1 },
  { ShardCount: 4, workers: 1 },
  // So many that most records are alone in their section.
  { ShardCount: 600, workers: 1 },
  { ShardCount: 1, workers: 2 },
  { ShardCount: 4, workers: 2 },
]) {
  test(`large puts over ${ShardCount} shard(s) by ${workers} worker(s)`, async () => {
    const dataDir = join(directory, `${ShardCount}-${workers}`);
    const options = { dataDir, workers, limits: 'off', adminPort: 0 } as const;
    let server = await startServer(options);
    try {
      const { endpoint, adminPort } = server;
      const StreamName = 'large';
      await succeed(endpoint, 'CreateStream', { StreamName, ShardCount });
      await untilActive(endpoint, StreamName);
      const worked = async (): Promise<boolean> => {
        const { text } = await fetchText(`http://127.0.0.1:${adminPort}/metrics`);
        return (workers === 1 ? bodyWork : lentAppends).test(text);
      };
      const sent: Read[] = [];
      const put = async (number: number): Promise<void> => {
        const Records = batch(number);
        const answer = await succeed(endpoint, 'PutRecords', { StreamName, Records });
        assert.equal(answer['FailedRecordCount'], 0);
        sent.push(...Records);
      };
      let number = 0;
      // Until the thread is there and has had its share; with one processor there may be none.
      const isThere = workers > 1 || availableParallelism() > 1;
      while (number < 96 || (isThere && !(await worked()))) {
        await Promise.all(Array.from({ length: 8 }, () => put(number++)));
      }
      // What is not plain is left to the general decoder, which words the error.
      const Records = [...batch(number), { Data: '-_==', PartitionKey: 'k' }];
      const refused = await call(endpoint, 'PutRecords', { StreamName, Records });
      assert.equal(refused.status, 400);
      // From files, whose checksums are looked at.
      await server.close();
      server = await startServer(options);
      const { Shards } = await succeed(server.endpoint, 'ListShards', { StreamName });
      const read: Read[] = [];
      for (const { ShardId } of Shards as { ShardId: string }[]) {
        read.push(...(await shardContent(server.endpoint, StreamName, ShardId)));
      }
      assert.equal(read.length, sent.length);
      assert.equal(digest(read), digest(sent));
    } finally {
      await server.close();
    }
  });
}
