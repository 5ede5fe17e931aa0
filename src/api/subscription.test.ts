import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { RecordsOutcome } from '../model/data-plane.ts';
import type { Section } from '../model/section.ts';
import { decodeSequenceNumber } from '../model/sequence-number.ts';
import { RecordBatchBuilder } from '../model/record-batch-builder.ts';
import { Simulation } from '../runtime/sim/simulation.ts';
import type { ShardEntry } from '../shardmap/shard-map.ts';
import { encodeException, initialResponse } from './protocol/event-stream.ts';
import type { ResponseStream } from './response-stream.ts';
import { Subscription } from './subscription.ts';
import { ACCOUNT, START_MS, TestWorld } from './test-world.suite.ts';

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

/** A response that keeps what it was sent, as a library reads it. */
class Recorder implements ResponseStream {
  readonly bytes: Uint8Array[] = [];
  open = true;
  ended = false;
  roomFor = Infinity;
  #drained: () => void = () => undefined;
  #closed: () => void = () => undefined;
  write(bytes: Uint8Array): boolean {
    assert.ok(this.open, 'written after the end');
    this.bytes.push(bytes);
    return --this.roomFor > 0;
  }
  onDrain(drained: () => void): void {
    this.#drained = drained;
  }
  onClose(closed: () => void): void {
    this.#closed = closed;
  }
  end(): void {
    this.open = false;
    this.ended = true;
    this.#closed();
  }
  destroy(): void {
    this.end();
  }
  drain(): void {
    this.roomFor = Infinity;
    this.#drained();
  }
  hangUp(): void {
    this.open = false;
    this.#closed();
  }
  get messages(): { type: string; body: Record<string, unknown> }[] {
    return this.bytes.map((bytes) => {
      const { headers, body } = codec.decode(bytes);
      const name = headers[':event-type'] ?? headers[':exception-type'];
      return {
        type: String(name?.value),
        body: JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>,
      };
    });
  }
}

async function setUp() {
  const simulation = new Simulation(1);
  const clock = simulation.clock({ startMs: START_MS });
  const world = new TestWorld();
  await world.stream('s');
  const shard = world.data.stream(ACCOUNT, 's')!.byIndex.get(0)!;
  const state: { shard: ShardEntry; consumer: boolean; resumed: number; stopped: number } = {
    shard,
    consumer: true,
    resumed: 0,
    stopped: 0,
  };
  const make = (fromOrdinal = 1) => {
    const subscription = new Subscription(
      { clock, currentShard: () => state.shard, consumerStays: () => state.consumer },
      { shard, fromOrdinal, consumerName: 'reader', consumerArn: 'arn:of:reader' },
    );
    subscription.attach({ resume: () => state.resumed++, stop: () => state.stopped++ });
    return subscription;
  };
  return { clock, shard, state, make, advance: (ms: number) => simulation.scheduler.advance(ms) };
}

function outcome(shard: ShardEntry, from: number, texts: readonly string[]): RecordsOutcome {
  const builder = new RecordBatchBuilder(texts.length, 0);
  for (const text of texts) builder.add('k', Buffer.from(text));
  const section: Section = {
    shard: shard.document.key,
    baseOrdinal: from,
    count: texts.length,
    arrivalMs: START_MS + 1_000,
    keyId: 0,
    payload: builder.build().packed,
  };
  return {
    kind: 'records',
    sections: texts.length === 0 ? [] : [section],
    nextOrdinal: from + texts.length,
    atEnd: false,
    millisBehindLatest: 7,
  };
}

describe('event-stream messages', () => {
  test('are the known bytes', () => {
    // The order of headers is free; these are what other implementations read.
    assert.equal(initialResponse.length, 104);
    const decoded = codec.decode(initialResponse);
    assert.equal(decoded.headers[':event-type']?.value, 'initial-response');
    assert.equal(Buffer.from(decoded.body).toString(), '{}');
    const exception = codec.decode(encodeException('ResourceNotFoundException', 'x'));
    assert.deepEqual(
      Object.fromEntries(Object.entries(exception.headers).map(([name, h]) => [name, h.value])),
      {
        ':message-type': 'exception',
        ':exception-type': 'ResourceNotFoundException',
        ':content-type': 'application/json',
      },
    );
    assert.equal(Buffer.from(exception.body).toString(), '{"message":"x"}');
  });
});

describe('a subscription', () => {
  test('sends the initial response at once and a first event that marks the place', async () => {
    const { make, advance } = await setUp();
    const stream = new Recorder();
    make(42).start(stream);
    assert.deepEqual(
      stream.messages.map((message) => message.type),
      ['initial-response'],
    );
    await advance(100);
    const { body } = stream.messages[1]!;
    assert.deepEqual(body['Records'], []);
    assert.equal(decodeSequenceNumber(String(body['ContinuationSequenceNumber']))?.ordinal, 41);
    assert.equal('ChildShards' in body, false);
  });

  test('sends records with the number to go on from', async () => {
    const { make, shard } = await setUp();
    const stream = new Recorder();
    const subscription = make();
    subscription.start(stream);
    assert.equal(subscription.deliver(outcome(shard, 1, ['a', 'b'])), true);
    const { body } = stream.messages[1]!;
    const records = body['Records'] as { Data: string; SequenceNumber: string }[];
    assert.deepEqual(
      records.map((record) => Buffer.from(record.Data, 'base64').toString()),
      ['a', 'b'],
    );
    assert.equal(body['ContinuationSequenceNumber'], records[1]!.SequenceNumber);
    assert.equal(body['MillisBehindLatest'], 7);
  });

  test('shares the bytes of an event with others that are given the same outcome', async () => {
    const { make, shard } = await setUp();
    const streams = [new Recorder(), new Recorder()];
    const given = outcome(shard, 1, ['a']);
    for (const stream of streams) {
      const subscription = make();
      subscription.start(stream);
      subscription.deliver(given);
    }
    assert.equal(streams[0]!.bytes[1], streams[1]!.bytes[1]);
  });

  test('beats every five seconds with numbers that move forward', async () => {
    const { make, shard, advance } = await setUp();
    const stream = new Recorder();
    const subscription = make();
    subscription.start(stream);
    await advance(1_000);
    subscription.deliver(outcome(shard, 1, ['a']));
    await advance(10_500);
    const numbers = stream.messages
      .slice(1)
      .map(({ body }) => BigInt(String(body['ContinuationSequenceNumber'])));
    assert.equal(numbers.length, 4);
    for (let i = 1; i < numbers.length; i++) assert.ok(numbers[i]! > numbers[i - 1]!);
  });

  test('waits for room, and lets no empty events pile up meanwhile', async () => {
    const { make, shard, state, advance } = await setUp();
    const stream = new Recorder();
    const subscription = make();
    subscription.start(stream);
    stream.roomFor = 1;
    assert.equal(subscription.deliver(outcome(shard, 1, ['a'])), false);
    await advance(30_000);
    assert.equal(stream.bytes.length, 2);
    const before = state.resumed;
    stream.drain();
    assert.equal(state.resumed, before + 1);
  });

  test('holds a little that came before the response began', async () => {
    const { make, shard, state } = await setUp();
    const stream = new Recorder();
    const subscription = make();
    assert.equal(subscription.deliver(outcome(shard, 1, ['a'])), true);
    assert.equal(subscription.deliver(outcome(shard, 2, ['b'])), false);
    subscription.start(stream);
    assert.equal(stream.messages.length, 3);
    assert.equal(state.resumed, 1);
  });

  test('ends a shard with its children and without a number', async () => {
    const { make, shard, state } = await setUp();
    const { document } = shard;
    const child = { ...document, key: 99, index: 1, parent: 0, createdSeconds: 1 };
    state.shard = { ...shard, children: [child] };
    const stream = new Recorder();
    const subscription = make();
    subscription.start(stream);
    subscription.deliver({ ...outcome(shard, 1, ['last']), atEnd: true });
    const { body } = stream.messages[1]!;
    assert.equal('ContinuationSequenceNumber' in body, false);
    assert.deepEqual(body['ChildShards'], [
      {
        ShardId: 'shardId-000000000001',
        ParentShards: ['shardId-000000000000'],
        HashKeyRange: {
          StartingHashKey: document.startingHashKey,
          EndingHashKey: document.endingHashKey,
        },
      },
    ]);
    assert.ok(stream.ended);
    assert.ok(state.stopped > 0);
  });

  const failures = {
    'taken-over': [
      { kind: 'taken-over' },
      'ResourceInUseException',
      /^Another active subscription exists for this consumer: \d{12}:s:shardId-0+:reader$/,
    ],
    gone: [
      { kind: 'gone' },
      'ResourceNotFoundException',
      /^Shard shardId-000000000000 in stream s/,
    ],
    key: [
      { kind: 'key', code: 'KMSDisabledException', text: 'off' },
      'KMSDisabledException',
      /^off$/,
    ],
    corrupt: [{ kind: 'corrupt' }, 'InternalFailureException', /./],
  } as const;
  for (const [name, [failure, type, text]] of Object.entries(failures)) {
    test(`tells in the stream when it fails: ${name}`, async () => {
      const { make } = await setUp();
      const stream = new Recorder();
      const subscription = make();
      subscription.start(stream);
      subscription.fail(failure);
      const last = stream.messages.at(-1)!;
      assert.equal(last.type, type);
      assert.match(String(last.body['message']), text);
      assert.ok(stream.ended);
    });
  }

  test('ends in the regular way after five minutes and follows no more', async () => {
    const { make, state, advance } = await setUp();
    const stream = new Recorder();
    make().start(stream);
    await advance(299_999);
    assert.equal(stream.ended, false);
    await advance(1);
    assert.deepEqual([stream.ended, state.stopped > 0], [true, true]);
    const sent = stream.bytes.length;
    await advance(60_000);
    assert.equal(stream.bytes.length, sent);
  });

  test('ends when its consumer is deregistered, in place of the next event', async () => {
    for (const next of ['heartbeat', 'records'] as const) {
      const { make, shard, state, advance } = await setUp();
      const stream = new Recorder();
      const subscription = make();
      subscription.start(stream);
      await advance(100);
      state.consumer = false;
      if (next === 'heartbeat') await advance(5_000);
      else assert.equal(subscription.deliver(outcome(shard, 1, ['late'])), false);
      const { type, body } = stream.messages.at(-1)!;
      assert.equal(type, 'ResourceNotFoundException');
      assert.match(String(body['message']), /^Consumer arn:of:reader, account \d{12} not found\.$/);
      assert.deepEqual([stream.ended, state.stopped > 0], [true, true]);
    }
  });

  test('stops following when the peer hangs up', async () => {
    const { make, state, advance } = await setUp();
    const stream = new Recorder();
    make().start(stream);
    stream.hangUp();
    assert.equal(state.stopped, 1);
    await advance(60_000);
    assert.equal(stream.bytes.length, 1);
  });
});
