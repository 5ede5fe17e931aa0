// @ts-check
// Enhanced fan-out with one client of the AWS SDK for JavaScript v3: what is pushed, what is
// refused, who takes over, and how a shard ends.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamConsumerCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  SplitShardCommand,
  SubscribeToShardCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import { check, until } from '../cases.mjs';

const SHARD_0 = 'shardId-000000000000';

/** What one subscription received so far. */
class Subscription {
  /** @type {import('@aws-sdk/client-kinesis').SubscribeToShardEvent[]} */
  events = [];
  ended = false;
  /** @type {unknown} */
  error = undefined;

  /** @param {AsyncIterable<any> | undefined} stream */
  constructor(stream) {
    assert.ok(stream, 'no event stream');
    void this.#read(stream);
  }

  /** @param {AsyncIterable<any>} stream */
  async #read(stream) {
    try {
      for await (const { SubscribeToShardEvent: event } of stream) this.events.push(event);
    } catch (error) {
      this.error = error;
    }
    this.ended = true;
  }

  /** @returns {string[]} */
  texts() {
    return this.events.flatMap((event) =>
      (event.Records ?? []).map((record) => Buffer.from(record.Data ?? []).toString()),
    );
  }

  /** @param {string[]} wanted */
  async receives(wanted) {
    await until(async () => this.texts().length >= wanted.length, 'the records are pushed');
    assert.deepEqual(this.texts(), wanted);
  }

  /** @param {string} what */
  async ends(what) {
    await until(async () => this.ended, what);
  }
}

/** A stream with one consumer, and what was put into it. */
class World {
  /**
   * @param {string} way how the client talks
   * @param {import('@aws-sdk/client-kinesis').KinesisClient} kinesis
   */
  constructor(way, kinesis) {
    this.way = way;
    this.kinesis = kinesis;
    this.StreamName = `js-${way}-fan-out`;
    this.ConsumerARN = '';
    this.sent = 0;
    /** @type {Subscription | undefined} */
    this.first = undefined;
  }

  /** @param {number} count */
  async put(count) {
    const { kinesis, StreamName } = this;
    const texts = Array.from({ length: count }, () => `record ${this.sent++}`);
    const Records = texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName, Records }));
    assert.equal(answer.FailedRecordCount, 0);
    return texts;
  }

  /** @param {import('@aws-sdk/client-kinesis').StartingPosition} StartingPosition */
  async subscribe(StartingPosition) {
    const input = { ConsumerARN: this.ConsumerARN, ShardId: SHARD_0, StartingPosition };
    const answer = await this.kinesis.send(new SubscribeToShardCommand(input));
    return new Subscription(answer.EventStream);
  }
}

/**
 * @param {string} way how the client talks
 * @param {import('@aws-sdk/client-kinesis').KinesisClient} kinesis
 */
export async function fanOut(way, kinesis) {
  const world = new World(way, kinesis);
  await pushes(world);
  await takesOver(world);
  await endsShards(world);
}

/** @param {World} world */
async function pushes(world) {
  const { StreamName } = world;
  await check(`${world.way}: register a consumer`, async () => {
    await world.kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    const waiting = { client: world.kinesis, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
    await waitUntilStreamExists(waiting, { StreamName });
    const stream = await world.kinesis.send(new DescribeStreamCommand({ StreamName }));
    const StreamARN = stream.StreamDescription?.StreamARN;
    const consumer = { StreamARN, ConsumerName: 'reader' };
    const answer = await world.kinesis.send(new RegisterStreamConsumerCommand(consumer));
    world.ConsumerARN = answer.Consumer?.ConsumerARN ?? '';
    await until(async () => {
      const described = await world.kinesis.send(
        new DescribeStreamConsumerCommand({ ConsumerARN: world.ConsumerARN }),
      );
      return described.ConsumerDescription?.ConsumerStatus === 'ACTIVE';
    }, 'the consumer is ACTIVE');
  });

  await check(`${world.way}: records are pushed as they are put`, async () => {
    world.first = await world.subscribe({ Type: 'LATEST' });
    const texts = [];
    for (let round = 0; round < 5; round++) {
      texts.push(...(await world.put(20)));
      await world.first.receives(texts);
    }
    assert.ok(
      world.first.events.every((event) => event.ContinuationSequenceNumber && !event.ChildShards),
    );
    assert.ok(world.first.events.every((event) => (event.MillisBehindLatest ?? -1) >= 0));
  });
}

/** @param {World} world */
async function takesOver(world) {
  await check(`${world.way}: a second subscription within five seconds is refused`, async () => {
    const again = await subscribeError(() => world.subscribe({ Type: 'LATEST' }));
    assert.ok(again instanceof ResourceInUseException, String(again));
    assert.match(again.message, /^Another active subscription exists for this consumer: \d{12}:/);
  });

  await check(`${world.way}: heartbeats carry on where the records ended`, async () => {
    const before = world.first?.events.length ?? 0;
    await until(async () => (world.first?.events.length ?? 0) > before, 'a heartbeat came');
    const [last, beat] = world.first?.events.slice(-2) ?? [];
    assert.deepEqual(beat?.Records, []);
    const number = BigInt(beat?.ContinuationSequenceNumber ?? 0);
    assert.ok(number >= BigInt(last?.ContinuationSequenceNumber ?? 0));
  });

  await check(`${world.way}: after five seconds a subscription takes over`, async () => {
    await delay(5_100);
    const SequenceNumber = world.first?.events.at(-1)?.ContinuationSequenceNumber;
    const second = await world.subscribe({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber });
    await world.first?.ends('the older subscription ended');
    assert.ok(
      world.first?.error === undefined || world.first.error instanceof ResourceInUseException,
    );
    await second.receives(await world.put(5));
    world.first = second;
  });
}

/** @param {World} world */
async function endsShards(world) {
  const { StreamName } = world;
  await check(`${world.way}: a shard ends with its children and the stream with it`, async () => {
    const NewStartingHashKey = (2n ** 127n).toString();
    await world.kinesis.send(
      new SplitShardCommand({ StreamName, ShardToSplit: SHARD_0, NewStartingHashKey }),
    );
    await world.first?.ends('the subscription ended');
    endsWell(world.first);
  });

  await check(
    `${world.way}: a closed shard is pushed from its first record to its end`,
    async () => {
      await delay(5_100);
      const whole = await world.subscribe({ Type: 'TRIM_HORIZON' });
      await whole.ends('the subscription ended');
      assert.deepEqual(
        whole.texts(),
        Array.from({ length: world.sent }, (_, n) => `record ${n}`),
      );
      endsWell(whole);
    },
  );

  await check(`${world.way}: a consumer that is not there is not found`, async () => {
    world.ConsumerARN = world.ConsumerARN.replace('/reader:', '/nobody:');
    const missing = await subscribeError(() => world.subscribe({ Type: 'LATEST' }));
    assert.ok(missing instanceof ResourceNotFoundException, String(missing));
    const all = { StreamName, EnforceConsumerDeletion: true };
    await world.kinesis.send(new DeleteStreamCommand(all));
  });
}

/** @param {Subscription | undefined} subscription */
function endsWell(subscription) {
  assert.equal(subscription?.error, undefined);
  const last = subscription?.events.at(-1);
  assert.equal(last?.ContinuationSequenceNumber, undefined);
  const children = last?.ChildShards ?? [];
  assert.deepEqual(
    children.map((child) => [child.ShardId, child.ParentShards]),
    [1, 2].map((n) => [`shardId-00000000000${n}`, [SHARD_0]]),
  );
  assert.equal(children[1]?.HashKeyRange?.StartingHashKey, (2n ** 127n).toString());
}

/** @param {() => Promise<unknown>} subscribing */
async function subscribeError(subscribing) {
  return subscribing().then(
    () => assert.fail('not refused'),
    (reason) => reason,
  );
}
