/**
 * Front ends in threads of their own, with real ones: what a client is told at one holds at the
 * others, rates are those of one server, and the death of one is the loss of its connections only.
 */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { describe, test } from 'node:test';
import { BufferPool } from '../common/buffer-pool.ts';
import { DirectoryFeed, DIRECTORY_FEED_DEFAULTS } from '../cache/directory-feed.ts';
import { defaultHttpLimits } from '../frontend/http-options.ts';
import type { Backend } from '../model/data-plane.ts';
import { leaveTurns, sharedCounts } from '../runtime/node/accept-turns.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeOs } from '../runtime/node/os.ts';
import { NodeThreads } from '../runtime/node/threads.ts';
import type { Thread, Threads } from '../runtime/threads.ts';
import { BUFFER_OPTIONS } from './buffer-options.ts';
import { FrontEnds } from './front-ends.ts';
import { startServer } from './index.ts';
import type { TailraceServer } from './index.ts';
import { call, fetchText } from './server-calls.suite.ts';
import { SharedPort } from './shared-port.ts';

/** Asks over this many connections at once, so that every front end is asked. */
const connections = 24;

async function everywhere(server: TailraceServer, operation: string, input: object) {
  const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true }));
  const asked = agents.map((agent) => call(server.endpoint, operation, input, agent));
  const answers = await Promise.all(asked);
  for (const agent of agents) agent.destroy();
  return answers;
}

async function only(server: TailraceServer, operation: string, input: object) {
  const { status, body } = await call(server.endpoint, operation, input);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

describe('a server with three workers', () => {
  test('says the same wherever it is asked, right after an answer', async () => {
    const server = await startServer({ workers: 3, limits: 'off', adminPort: 0 });
    const put = { StreamName: 's', PartitionKey: 'p', Data: 'AAAA' };
    for (let round = 0; round < 5; round++) {
      await only(server, 'CreateStream', { StreamName: 's', ShardCount: 2 });
      for (;;) {
        const body = await only(server, 'DescribeStreamSummary', { StreamName: 's' });
        const summary = body['StreamDescriptionSummary'] as { StreamStatus: string };
        if (summary.StreamStatus === 'ACTIVE') break;
      }
      for (const { status } of await everywhere(server, 'PutRecord', put)) {
        assert.equal(status, 200);
      }
      await only(server, 'DeleteStream', { StreamName: 's' });
      for (const { body } of await everywhere(server, 'PutRecord', put)) {
        assert.equal(body['__type'], 'ResourceNotFoundException');
      }
      while ((await call(server.endpoint, 'DescribeStreamSummary', put)).status === 200);
    }
    const { text } = await fetchText(`http://127.0.0.1:${String(server.adminPort)}/metrics`);
    assert.match(text, /^tailrace_requests_total\{operation="CreateStream",code="OK"\} 5$/m);
    assert.match(text, /^tailrace_requests_total\{operation="PutRecord",code="OK"\} 120$/m);
    assert.match(text, /^tailrace_front_ends 3$/m);
    assert.match(text, /^tailrace_directory_unsettled_total 0$/m);
    await server.close();
  });

  test('has the rates of one server', async () => {
    const server = await startServer({ workers: 3 });
    await only(server, 'CreateStream', { StreamName: 's', ShardCount: 1 });
    while (
      (await call(server.endpoint, 'PutRecord', { StreamName: 's', PartitionKey: 'p', Data: '' }))
        .status !== 200
    );
    const startMs = performance.now();
    const answers = await everywhere(server, 'GetShardIterator', {
      StreamName: 's',
      ShardId: '0',
      ShardIteratorType: 'LATEST',
    });
    const seconds = (performance.now() - startMs) / 1000;
    const admitted = answers.filter(({ status }) => status === 200).length;
    assert.ok(admitted >= 5 && admitted <= 5 + 5 * seconds, `${admitted} within ${seconds} s`);
    for (const { status, body } of answers) {
      if (status !== 200) assert.equal(body['__type'], 'ProvisionedThroughputExceededException');
    }
    await server.close();
  });
});

/** Threads that a test can kill. */
class MortalThreads implements Threads {
  readonly started: Thread[] = [];
  readonly #threads = new NodeThreads();
  start(entry: URL, data: unknown): Thread {
    const thread = this.#threads.start(entry, data);
    this.started.push(thread);
    return thread;
  }
}

const nothing: Backend = {
  append: () => Promise.resolve([]),
  read: () => ({ kind: 'gone' }),
  position: () => Promise.resolve(null),
  follow: () => ({ kind: 'gone' }),
  seal: () => Promise.resolve(0),
  unseal: () => undefined,
};

test('a front end that dies is replaced, and its counts are kept', async () => {
  const count = 2;
  const clock = new NodeClock();
  const port = await SharedPort.open('127.0.0.1', 0, count);
  const threads = new MortalThreads();
  const acceptCounts = sharedCounts(count);
  const logged: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_fields: object, text: string) => logged.push(text),
    error: (_fields: object, text: string) => logged.push(text),
  };
  const source = { entries: () => [], onEntry: () => () => undefined };
  const feed = new DirectoryFeed({ clock, source }, DIRECTORY_FEED_DEFAULTS);
  const frontEnds = await FrontEnds.open(
    {
      ...{ clock, threads, log, feed },
      buffers: new BufferPool(BUFFER_OPTIONS),
      os: new NodeOs(),
      backend: nothing,
      host: { add: () => undefined },
      credentials: null,
      descriptor: () => port.descriptor(),
      left: (number) => leaveTurns(acceptCounts, number),
    },
    {
      count,
      certificate: null,
      data: {
        acceptCounts,
        region: 'us-east-1',
        auth: 'open',
        limited: false,
        sealingKey: new Uint8Array(32),
        http: defaultHttpLimits,
        drainMs: 1_000,
        log: { level: 'silent', format: 'json' },
        credentialsPath: '',
      },
    },
  );
  // A connection for each: one kept alive may be that of a front end that has just died.
  const endpoint = `http://127.0.0.1:${port.port}`;
  const ask = () => call(endpoint, 'PutRecord', { StreamName: 'none' }, new Agent());
  const asked = async () =>
    (await frontEnds.metrics())
      .split('\n')
      .filter((line) => line.startsWith('tailrace_requests_total{'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  /** A front end that is slow to answer is shown as it was before. */
  const untilAsked = async (times: number) => {
    let seen = 0;
    while (seen < times) seen = await asked();
    assert.equal(seen, times);
  };
  for (let i = 0; i < 10; i++) assert.equal((await ask()).status, 400);
  await untilAsked(10);
  await threads.started[0]!.terminate();
  for (let i = 0; i < 10; i++) assert.equal((await ask()).status, 400);
  while (frontEnds.count < count) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(threads.started.length, 3);
  assert.equal(frontEnds.deaths, 1);
  for (let i = 0; i < 10; i++) assert.equal((await ask()).status, 400);
  await untilAsked(30);
  assert.deepEqual(logged, ['a front end died; another one takes its place']);
  await frontEnds.close(1_000);
  port.close();
  await assert.rejects(ask(), { code: 'ECONNREFUSED' });
});
