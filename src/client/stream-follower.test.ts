import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimRandom } from '../runtime/sim/random.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import { TransportError } from './http-transport.ts';
import { KinesisClient } from './kinesis-client.ts';
import type { Answer, Asked } from './scripted-transport.suite.ts';
import { refusal, ScriptedTransport } from './scripted-transport.suite.ts';
import type { FollowerOptions } from './stream-follower.ts';
import { StreamFollower } from './stream-follower.ts';

interface FakeShard {
  readonly parents: readonly string[];
  readonly records: readonly string[];
  /** Children; null while the shard is open. */
  readonly children: readonly string[] | null;
}

/** Answers like a stream; an iterator is `shard:position`, two records are read at a time. */
function fakeStream(shards: Readonly<Record<string, FakeShard>>): (asked: Asked) => Answer {
  return ({ operation, input }) => {
    if (operation === 'ListShards') {
      const filter = input['ShardFilter'] as { readonly Type: string };
      const all = Object.entries(shards).filter(([, shard]) => {
        if (filter.Type === 'AT_TRIM_HORIZON') return shard.parents.length === 0;
        return filter.Type === 'AT_LATEST' ? shard.children === null : true;
      });
      return {
        Shards: all.map(([ShardId, { parents }]) => ({
          ShardId,
          ...(parents[0] === undefined ? {} : { ParentShardId: parents[0] }),
          ...(parents[1] === undefined ? {} : { AdjacentParentShardId: parents[1] }),
        })),
      };
    }
    if (operation === 'GetShardIterator') {
      const id = String(input['ShardId']);
      const { records } = shards[id]!;
      const last = records.indexOf(String(input['StartingSequenceNumber']));
      const at = input['ShardIteratorType'] === 'LATEST' ? records.length : last + 1;
      return { ShardIterator: `${id}:${at}` };
    }
    const [id = '', from = ''] = String(input['ShardIterator']).split(':');
    const { records, children } = shards[id]!;
    const to = Math.min(Number(from) + 2, records.length);
    const Records = records
      .slice(Number(from), to)
      .map((text) => ({ SequenceNumber: text, Data: '', PartitionKey: 'k' }));
    if (children !== null && to === records.length) {
      const ChildShards = children.map((ShardId) => ({
        ShardId,
        ParentShards: shards[ShardId]!.parents,
      }));
      return { Records, ChildShards };
    }
    const MillisBehindLatest = to === records.length ? 0 : 1;
    return { Records, NextShardIterator: `${id}:${to}`, MillisBehindLatest };
  };
}

interface Followed {
  /** `shard record`, `shard ended`, `outage`, `recovered`, in order. */
  readonly log: readonly string[];
  readonly transport: ScriptedTransport;
  readonly elapsedMs: number;
}

async function follow(
  answer: (asked: Asked, number: number) => Answer | Promise<Answer>,
  given: Partial<FollowerOptions> = {},
  onLog: (line: string) => void = () => undefined,
): Promise<Followed> {
  const simulation = new Simulation(1);
  const clock = simulation.clock();
  const transport = new ScriptedTransport(answer);
  const client = new KinesisClient(
    { transport, clock, random: new SimRandom(1) },
    {
      host: 'h',
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      attemptsMax: 2,
      timeoutMs: 1_000,
    },
  );
  const log: string[] = [];
  const note = (line: string): void => {
    log.push(line);
    onLog(line);
  };
  const follower = new StreamFollower(
    { client, clock },
    {
      streamName: 's',
      start: { kind: 'trim-horizon' },
      shardId: null,
      follow: false,
      signal: new AbortController().signal,
      ...given,
    },
    {
      started: async () => undefined,
      records: async (id, records) => {
        for (const { SequenceNumber } of records) note(`${id} ${SequenceNumber}`);
      },
      ended: async (id, children) => note(`${id} ended: ${children.join(' ')}`),
      outage: async () => note('outage'),
      recovered: async () => note('recovered'),
    },
  );
  await simulation.scheduler.drive(follower.run());
  return { log, transport, elapsedMs: simulation.scheduler.nowMs };
}

const resharded: Readonly<Record<string, FakeShard>> = {
  p: { parents: [], records: ['1', '2', '3', '4', '5'], children: ['a', 'b'] },
  q: { parents: [], records: ['1'], children: ['m'] },
  a: { parents: ['p'], records: ['6'], children: null },
  b: { parents: ['p'], records: ['7', '8', '9'], children: ['m'] },
  m: { parents: ['b', 'q'], records: ['10'], children: null },
};

test('every record is read once and no shard before its ancestors', async () => {
  const { log } = await follow(fakeStream(resharded));
  const position = (line: string): number => log.indexOf(line);
  const records = Object.entries(resharded).flatMap(([id, shard]) =>
    shard.records.map((record) => `${id} ${record}`),
  );
  const read = log.filter((line) => !line.includes('ended'));
  assert.deepEqual(read.toSorted(), records.toSorted());
  assert.ok(position('p ended: a b') < position('a 6'));
  assert.ok(position('p ended: a b') < position('b 7'));
  assert.ok(position('b 7') < position('b 8') && position('b 8') < position('b 9'));
  // q ends long before b, which m comes from too.
  assert.ok(position('q ended: m') < position('p 5'));
  assert.ok(position('b ended: m') < position('m 10'));
});

test('from the latest only the open shards are read', async () => {
  const { log, transport } = await follow(fakeStream(resharded), { start: { kind: 'latest' } });
  assert.deepEqual(log, []);
  const types = transport.asked
    .filter(({ operation }) => operation === 'GetShardIterator')
    .map(({ input }) => `${String(input['ShardId'])} ${String(input['ShardIteratorType'])}`);
  assert.deepEqual(types, ['a LATEST', 'm LATEST']);
});

test('one shard is read without its children', async () => {
  const { log } = await follow(fakeStream(resharded), { shardId: 'q' });
  assert.deepEqual(log, ['q 1']);
});

test('children are found also where the end of a shard does not name them', async () => {
  const stream = fakeStream(resharded);
  const { log } = await follow((asked) => {
    const answer = stream(asked) as { readonly ChildShards?: unknown };
    return 'ChildShards' in answer ? { ...answer, ChildShards: undefined } : answer;
  });
  assert.ok(log.includes('m 10') && log.includes('a 6'));
});

test('a shard is read at most four times a second', async () => {
  const { transport, elapsedMs } = await follow(fakeStream(resharded), { shardId: 'p' });
  const reads = transport.asked.filter(({ operation }) => operation === 'GetRecords').length;
  assert.deepEqual([reads, elapsedMs], [3, 500]);
});

test('a throttled or expired iterator loses and repeats nothing', async () => {
  const stream = fakeStream(resharded);
  const failures = [
    refusal('ProvisionedThroughputExceededException', 'Rate exceeded'),
    refusal('ExpiredIteratorException', 'Iterator expired.'),
  ];
  let reads = 0;
  const answer = (asked: Asked): Answer => {
    if (asked.operation !== 'GetRecords') return stream(asked);
    reads++;
    return reads % 2 === 0 ? failures[(reads / 2) % 2]! : stream(asked);
  };
  const { log } = await follow(answer, { shardId: 'p' });
  assert.deepEqual(log, ['p 1', 'p 2', 'p 3', 'p 4', 'p 5']);
});

test('an outage is waited out and told of once', async () => {
  const stream = fakeStream(resharded);
  let reads = 0;
  const answer = (asked: Asked): Answer => {
    if (asked.operation !== 'GetRecords') return stream(asked);
    reads++;
    if (reads === 2 || reads === 3) return new TransportError('refused', 'nobody');
    return reads === 4 ? refusal('InternalFailure', '', 500) : stream(asked);
  };
  const { log } = await follow(answer, { shardId: 'p' });
  const read = ['p 1', 'p 2', 'outage', 'recovered', 'p 3', 'p 4', 'p 5'];
  assert.deepEqual(log, read);
});

test('an outage that does not end, ends the reading', async () => {
  const stream = fakeStream(resharded);
  let reads = 0;
  const answer = (asked: Asked): Answer => {
    reads += asked.operation === 'GetRecords' ? 1 : 0;
    return reads > 1 ? new TransportError('refused', 'nobody') : stream(asked);
  };
  await assert.rejects(follow(answer, { shardId: 'p' }), { failure: 'refused' });
});

test('who is not there from the start is not waited for', async () => {
  const answer = (): Answer => new TransportError('refused', 'nobody');
  await assert.rejects(follow(answer), { failure: 'refused' });
});

test('a stream that is deleted ends the reading of all shards', async () => {
  const stream = fakeStream(resharded);
  let reads = 0;
  const answer = (asked: Asked): Answer => {
    reads += asked.operation === 'GetRecords' ? 1 : 0;
    return reads > 3 ? refusal('ResourceNotFoundException', 'gone') : stream(asked);
  };
  await assert.rejects(follow(answer, { follow: true }), { code: 'ResourceNotFoundException' });
});

test('following goes on at the end of what is there until it is stopped', async () => {
  const stop = new AbortController();
  const shards = { a: { parents: [], records: ['1'], children: null } };
  const stream = fakeStream(shards);
  let reads = 0;
  const answer = (asked: Asked): Answer => {
    if (asked.operation === 'GetRecords' && ++reads === 5) stop.abort();
    return stream(asked);
  };
  const { log } = await follow(answer, { follow: true, signal: stop.signal });
  assert.deepEqual(log, ['a 1']);
  assert.equal(reads, 5);
});
