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

/**
 * @param {string} way how the client talks
 * @param {import('@aws-sdk/client-kinesis').KinesisClient} kinesis
 */
export async function fanOut(way, kinesis) {
  const StreamName = `js-${way}-fan-out`;
  let ConsumerARN = '';
  let sent = 0;
  /** @type {Subscription | undefined} */
  let first;

  /** @param {number} count */
  const put = async (count) => {
    const texts = Array.from({ length: count }, () => `record ${sent++}`);
    const Records = texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName, Records }));
    assert.equal(answer.FailedRecordCount, 0);
    return texts;
  };
  /** @param {import('@aws-sdk/client-kinesis').StartingPosition} StartingPosition */
  const subscribe = async (StartingPosition) => {
    const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition };
    const answer = await kinesis.send(new SubscribeToShardCommand(input));
    return new Subscription(answer.EventStream);
  };

  await check(`${way}: register a consumer`, async () => {
    await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
    const waiting = { client: kinesis, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
    await waitUntilStreamExists(waiting, { StreamName });
    const stream = await kinesis.send(new DescribeStreamCommand({ StreamName }));
    const StreamARN = stream.StreamDescription?.StreamARN;
    const consumer = { StreamARN, ConsumerName: 'reader' };
    const answer = await kinesis.send(new RegisterStreamConsumerCommand(consumer));
    ConsumerARN = answer.Consumer?.ConsumerARN ?? '';
    await until(async () => {
      const described = await kinesis.send(new DescribeStreamConsumerCommand({ ConsumerARN }));
      return described.ConsumerDescription?.ConsumerStatus === 'ACTIVE';
    }, 'the consumer is ACTIVE');
  });

  await check(`${way}: records are pushed as they are put`, async () => {
    first = await subscribe({ Type: 'LATEST' });
    const texts = [];
    for (let round = 0; round < 5; round++) {
      texts.push(...(await put(20)));
      await first.receives(texts);
    }
    assert.ok(
      first.events.every((event) => event.ContinuationSequenceNumber && !event.ChildShards),
    );
    assert.ok(first.events.every((event) => (event.MillisBehindLatest ?? -1) >= 0));
  });

  await check(`${way}: a second subscription within five seconds is refused`, async () => {
    const again = await subscribeError(() => subscribe({ Type: 'LATEST' }));
    assert.ok(again instanceof ResourceInUseException, String(again));
    assert.match(again.message, /^Another active subscription exists for this consumer: \d{12}:/);
  });

  await check(`${way}: heartbeats carry on where the records ended`, async () => {
    const before = first?.events.length ?? 0;
    await until(async () => (first?.events.length ?? 0) > before, 'a heartbeat came');
    const [last, beat] = first?.events.slice(-2) ?? [];
    assert.deepEqual(beat?.Records, []);
    const number = BigInt(beat?.ContinuationSequenceNumber ?? 0);
    assert.ok(number >= BigInt(last?.ContinuationSequenceNumber ?? 0));
  });

  await check(`${way}: after five seconds a subscription takes over`, async () => {
    await delay(5_100);
    const SequenceNumber = first?.events.at(-1)?.ContinuationSequenceNumber;
    const second = await subscribe({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber });
    await first?.ends('the older subscription ended');
    assert.ok(first?.error === undefined || first.error instanceof ResourceInUseException);
    await second.receives(await put(5));
    first = second;
  });

  await check(`${way}: a shard ends with its children and the stream with it`, async () => {
    const NewStartingHashKey = (2n ** 127n).toString();
    await kinesis.send(
      new SplitShardCommand({ StreamName, ShardToSplit: SHARD_0, NewStartingHashKey }),
    );
    await first?.ends('the subscription ended');
    endsWell(first);
  });

  await check(`${way}: a closed shard is pushed from its first record to its end`, async () => {
    await delay(5_100);
    const whole = await subscribe({ Type: 'TRIM_HORIZON' });
    await whole.ends('the subscription ended');
    assert.deepEqual(
      whole.texts(),
      Array.from({ length: sent }, (_, n) => `record ${n}`),
    );
    endsWell(whole);
  });

  await check(`${way}: a consumer that is not there is not found`, async () => {
    ConsumerARN = ConsumerARN.replace('/reader:', '/nobody:');
    const missing = await subscribeError(() => subscribe({ Type: 'LATEST' }));
    assert.ok(missing instanceof ResourceNotFoundException, String(missing));
    const all = { StreamName, EnforceConsumerDeletion: true };
    await kinesis.send(new DeleteStreamCommand(all));
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
