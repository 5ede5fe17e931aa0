/**
 * Front ends in threads of their own, with real ones: what a client is told at one holds at the
 * others, rates are those of one server, and the death of one is the loss of its connections only.
 */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { describe, test } from 'node:test';
import { putRecordsKernels } from '../api/fast/put-records-kernel.ts';
import { BufferPool } from '../common/buffer-pool.ts';
import { DirectoryFeed, DIRECTORY_FEED_DEFAULTS } from '../cache/directory-feed.ts';
import { defaultHttpLimits } from '../frontend/http-options.ts';
import type { SocketHandle } from '../frontend/listener.ts';
import type { Backend } from '../model/data-plane.ts';
import type { Clock } from '../runtime/clock.ts';
import { leaveTurns, sharedCounts } from '../runtime/node/accept-turns.ts';
import { NodeClock } from '../runtime/node/clock.ts';
import { NodeOs } from '../runtime/node/os.ts';
import { NodeThreads } from '../runtime/node/threads.ts';
import type { Thread, Threads } from '../runtime/threads.ts';
import { BUFFER_OPTIONS } from './buffer-options.ts';
import { FRONT_ENDS_DEFAULTS, FrontEnds } from './front-ends.ts';
import { startServer } from './index.ts';
import type { TailraceServer } from './index.ts';
import { ListeningSocket } from './listening-socket.ts';
import { call, fetchText } from './server-calls.suite.ts';
import { copiedSocket } from './socket-copy.ts';

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

/** Threads that a test can kill, of which the first may be another program. */
class TestThreads implements Threads {
  readonly started: Thread[] = [];
  readonly #threads = new NodeThreads();
  readonly #first: URL | null;

  constructor(first: URL | null = null) {
    this.#first = first;
  }

  start(entry: URL, data: unknown): Thread {
    const program = this.started.length === 0 ? (this.#first ?? entry) : entry;
    const thread = this.#threads.start(program, data);
    this.started.push(thread);
    return thread;
  }
}

/** The clock of the system, but for intervals that a test makes longer. */
class HurriedClock extends NodeClock {
  #addedMs = 0;

  hurry(ms: number): void {
    this.#addedMs += ms;
  }

  override monotonic(): number {
    return super.monotonic() + this.#addedMs;
  }
}

const nothing: Backend = {
  append: () => Promise.reject(new Error('nobody appends')),
  read: () => ({ kind: 'gone' }),
  position: () => Promise.resolve(null),
  follow: () => ({ kind: 'gone' }),
  seal: () => Promise.resolve(0),
  unseal: () => undefined,
};

/** Front ends with nothing behind them. */
class Subject {
  readonly endpoint: string;
  readonly logged: string[];
  readonly frontEnds: FrontEnds;
  readonly #socket: SocketHandle;

  private constructor(socket: SocketHandle, port: number, logged: string[], frontEnds: FrontEnds) {
    this.#socket = socket;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.logged = logged;
    this.frontEnds = frontEnds;
  }

  static async open(count: number, clock: Clock, threads: Threads): Promise<Subject> {
    const bound = await ListeningSocket.open('127.0.0.1', 0);
    // This thread accepts nothing.
    const socket = await copiedSocket(bound.descriptor);
    bound.close();
    const acceptCounts = sharedCounts(count + 1);
    const logged: string[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (_fields: object, text: string) => logged.push(text),
      error: (_fields: object, text: string) => logged.push(text),
    };
    const source = { entries: () => [], onEntry: () => () => undefined };
    const frontEnds = await FrontEnds.open(
      {
        ...{ clock, threads, log },
        feed: new DirectoryFeed({ clock, source }, DIRECTORY_FEED_DEFAULTS),
        buffers: new BufferPool(BUFFER_OPTIONS),
        kernels: putRecordsKernels,
        os: new NodeOs(),
        backend: nothing,
        host: { add: () => undefined },
        credentials: null,
        left: (number) => leaveTurns(acceptCounts, number),
      },
      {
        ...FRONT_ENDS_DEFAULTS,
        count,
        lookMs: 20,
        certificate: null,
        data: {
          acceptCounts,
          descriptor: socket.fd,
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
    return new Subject(socket, bound.port, logged, frontEnds);
  }

  /** Over a connection of its own. */
  async ask(): Promise<number> {
    const agent = new Agent();
    const asked = call(this.endpoint, 'PutRecord', { StreamName: 'none' }, agent);
    return (await asked.finally(() => agent.destroy())).status;
  }

  /** Until as many requests are counted. A front end that is slow is shown as it was before. */
  async untilAsked(times: number): Promise<void> {
    let seen = 0;
    while (seen < times) {
      seen = (await this.frontEnds.metrics())
        .split('\n')
        .filter((line) => line.startsWith('tailrace_requests_total{'))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    }
    assert.equal(seen, times);
  }

  async close(): Promise<void> {
    await this.frontEnds.close(1_000);
    this.#socket.close();
    await assert.rejects(this.ask(), { code: 'ECONNREFUSED' });
  }
}

test('a front end that dies is replaced, and its counts are kept', async () => {
  const threads = new TestThreads();
  const subject = await Subject.open(2, new NodeClock(), threads);
  const { frontEnds, logged } = subject;
  for (let i = 0; i < 10; i++) assert.equal(await subject.ask(), 400);
  await subject.untilAsked(10);
  await threads.started[0]!.terminate();
  for (let i = 0; i < 10; i++) assert.equal(await subject.ask(), 400);
  while (frontEnds.count < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(threads.started.length, 3);
  assert.equal(frontEnds.deaths, 1);
  for (let i = 0; i < 10; i++) assert.equal(await subject.ask(), 400);
  await subject.untilAsked(30);
  assert.deepEqual(logged, ['a front end died; another one takes its place']);
  await subject.close();
});

test('a front end that hangs is ended when its time is up, and replaced', async () => {
  const clock = new HurriedClock();
  const threads = new TestThreads(new URL('./hanging-front-end.suite.js', import.meta.url));
  const subject = await Subject.open(1, clock, threads);
  const { frontEnds, logged } = subject;
  assert.equal(frontEnds.count, 1);
  while (frontEnds.deaths === 0) {
    clock.hurry(FRONT_ENDS_DEFAULTS.stuckMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (frontEnds.count < 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await subject.ask(), 400);
  assert.equal(threads.started.length, 2);
  assert.deepEqual(logged, [
    'a front end is stuck',
    'a front end died; another one takes its place',
  ]);
  await subject.close();
});
