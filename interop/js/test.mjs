// @ts-check
// The AWS SDK for JavaScript v3 as a user would use it: its default handler, which speaks HTTP/2
// for every call (in the clear with prior knowledge, and over TLS), and its HTTP/1.1 handler.
// Expects KINESIS_ENDPOINT; KINESIS_TLS_ENDPOINT adds the runs over TLS.

import assert from 'node:assert/strict';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  InvalidArgumentException,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { check, finish } from '../cases.mjs';
import { fanOut } from './fan-out.mjs';

const SHARD_0 = 'shardId-000000000000';
const HASH_KEY_MAX = (2n ** 128n - 1n).toString();

/** Everything there is to try, with one client; `way` says how the client talks. */
class Suite {
  #way;
  #kinesis;
  #stream;
  #one;
  /** @type {string[]} */
  #numbers = [];

  /**
   * @param {string} way
   * @param {KinesisClient} kinesis
   */
  constructor(way, kinesis) {
    this.#way = way;
    this.#kinesis = kinesis;
    this.#stream = `js-${way}`;
    this.#one = `js-${way}-one`;
  }

  async run() {
    const way = this.#way;
    await check(`${way}: create a stream and wait`, () => this.#create());
    await check(`${way}: describe it`, () => this.#describe());
    await check(`${way}: list streams and shards`, () => this.#list());
    await check(`${way}: put by key and by explicit hash key`, () => this.#put());
    await check(`${way}: put many and read them back`, () => this.#putMany());
    await check(`${way}: iterate from every type`, () => this.#iterate());
    await check(`${way}: calls side by side`, () => this.#sideBySide());
    await check(`${way}: a large answer passes flow control`, () => this.#large());
    await check(`${way}: errors have their classes and texts`, () => this.#errors());
    await check(`${way}: delete`, () => this.#delete());
    this.#kinesis.destroy();
  }

  #waiting() {
    return { client: this.#kinesis, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
  }

  /**
   * @param {string} type
   * @param {object} [more]
   */
  async #iterator(type, more = {}) {
    const answer = await this.#kinesis.send(
      new GetShardIteratorCommand({
        StreamName: this.#one,
        ShardId: SHARD_0,
        ShardIteratorType: /** @type {any} */ (type),
        ...more,
      }),
    );
    return answer.ShardIterator;
  }

  /**
   * @param {string | undefined} from
   * @param {number} wanted
   */
  async #readAll(from, wanted) {
    const records = [];
    for (let empty = 0; records.length < wanted && empty < 20;) {
      const page = await this.#kinesis.send(new GetRecordsCommand({ ShardIterator: from }));
      records.push(...(page.Records ?? []));
      from = page.NextShardIterator;
      if (page.Records?.length === 0) empty++;
    }
    return records;
  }

  async #create() {
    const streams = { [this.#stream]: 3, [this.#one]: 1 };
    for (const [StreamName, ShardCount] of Object.entries(streams)) {
      await this.#kinesis.send(new CreateStreamCommand({ StreamName, ShardCount }));
      await waitUntilStreamExists(this.#waiting(), { StreamName });
    }
  }

  async #describe() {
    const StreamName = this.#stream;
    const answer = await this.#kinesis.send(new DescribeStreamCommand({ StreamName }));
    const description = answer.StreamDescription;
    assert.equal(description?.StreamStatus, 'ACTIVE');
    assert.equal(description?.Shards?.length, 3);
    assert.equal(description?.Shards?.[2]?.HashKeyRange?.EndingHashKey, HASH_KEY_MAX);
    assert.match(answer.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
    assert.ok((answer.$metadata.extendedRequestId ?? '').length > 40);
    const age = Date.now() - (description?.StreamCreationTimestamp?.getTime() ?? 0);
    assert.ok(Math.abs(age) < 300_000, `created ${age} ms ago`);
    const summary = await this.#kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
    assert.equal(summary.StreamDescriptionSummary?.OpenShardCount, 3);
    assert.equal(summary.StreamDescriptionSummary?.StreamId, undefined);
  }

  async #list() {
    const { StreamNames } = await this.#kinesis.send(new ListStreamsCommand({}));
    assert.ok(StreamNames?.includes(this.#stream) && StreamNames.includes(this.#one));
    const ids = [];
    /** @type {{ StreamName: string } | { NextToken: string } | undefined} */
    let from = { StreamName: this.#stream };
    while (from !== undefined) {
      const page = await this.#kinesis.send(new ListShardsCommand({ ...from, MaxResults: 2 }));
      ids.push(...(page.Shards ?? []).map((shard) => shard.ShardId));
      from = page.NextToken === undefined ? undefined : { NextToken: page.NextToken };
    }
    assert.deepEqual(
      ids,
      [0, 1, 2].map((n) => `shardId-00000000000${n}`),
    );
  }

  async #put() {
    const cases = [
      [{ PartitionKey: 'a' }, 'shardId-000000000000'],
      [{ PartitionKey: 'b' }, 'shardId-000000000001'],
      [{ PartitionKey: 'e' }, 'shardId-000000000002'],
      [{ PartitionKey: 'a', ExplicitHashKey: HASH_KEY_MAX }, 'shardId-000000000002'],
    ];
    for (const [keys, shard] of cases) {
      const input = {
        StreamName: this.#stream,
        Data: Buffer.from('x'),
        .../** @type {any} */ (keys),
      };
      assert.equal((await this.#kinesis.send(new PutRecordCommand(input))).ShardId, shard);
    }
  }

  async #putMany() {
    const sent = Array.from({ length: 500 }, (_, n) => Buffer.alloc(1 + n * 20, n));
    const Records = sent.map((Data, n) => ({ Data, PartitionKey: `schlüssel-${n}` }));
    const input = { StreamName: this.#one, Records };
    const answer = await this.#kinesis.send(new PutRecordsCommand(input));
    assert.equal(answer.FailedRecordCount, 0);
    this.#numbers = (answer.Records ?? []).map((record) => record.SequenceNumber ?? '');
    const got = await this.#readAll(await this.#iterator('TRIM_HORIZON'), 500);
    assert.deepEqual(
      got.map((record) => record.SequenceNumber),
      this.#numbers,
    );
    assert.ok(got.every((record, n) => sent[n]?.equals(record.Data ?? Buffer.alloc(0))));
    assert.ok(got.every((record, n) => record.PartitionKey === `schlüssel-${n}`));
    const times = got.map((record) => record.ApproximateArrivalTimestamp?.getTime() ?? 0);
    assert.ok(times.every((time) => Math.abs(Date.now() - time) < 300_000));
  }

  async #iterate() {
    const numbers = this.#numbers;
    const StartingSequenceNumber = numbers[10] ?? '';
    const first = async (/** @type {string} */ type, /** @type {object} */ more) =>
      (await this.#readAll(await this.#iterator(type, more), 1))[0]?.SequenceNumber;
    assert.equal(await first('AT_SEQUENCE_NUMBER', { StartingSequenceNumber }), numbers[10]);
    assert.equal(await first('AFTER_SEQUENCE_NUMBER', { StartingSequenceNumber }), numbers[11]);
    assert.equal(await first('AT_TIMESTAMP', { Timestamp: new Date(1_000_000) }), numbers[0]);
    const latest = await this.#iterator('LATEST');
    const none = await this.#kinesis.send(new GetRecordsCommand({ ShardIterator: latest }));
    assert.deepEqual(none.Records, []);
    const input = { StreamName: this.#one, Data: Buffer.from('tip'), PartitionKey: 'k' };
    const put = await this.#kinesis.send(new PutRecordCommand(input));
    const [tip] = await this.#readAll(latest, 1);
    assert.equal(tip?.SequenceNumber, put.SequenceNumber);
  }

  async #sideBySide() {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => {
        const keys = { StreamName: this.#stream, PartitionKey: `${n}` };
        return this.#kinesis.send(new PutRecordCommand({ ...keys, Data: Buffer.alloc(2000, n) }));
      }),
    );
    assert.equal(new Set(answers.map((answer) => answer.SequenceNumber)).size, 40);
  }

  async #large() {
    const latest = await this.#iterator('LATEST');
    const Data = Buffer.alloc(900_000, 7);
    const input = { StreamName: this.#one, Data, PartitionKey: 'k' };
    for (let n = 0; n < 3; n++) await this.#kinesis.send(new PutRecordCommand(input));
    const got = await this.#readAll(latest, 3);
    assert.equal(got.length, 3);
    assert.ok(got.every((record) => Data.equals(record.Data ?? Buffer.alloc(0))));
  }

  /** @param {any} command */
  async #refusal(command) {
    const error = await this.#kinesis.send(command).then(
      () => assert.fail('not refused'),
      (reason) => reason,
    );
    assert.equal(error.$metadata?.httpStatusCode, 400, String(error));
    return error;
  }

  async #errors() {
    const missing = await this.#refusal(new DescribeStreamCommand({ StreamName: 'nope' }));
    assert.ok(missing instanceof ResourceNotFoundException, String(missing));
    assert.match(missing.message, /^Stream nope under account \d{12} not found\.$/);
    const again = { StreamName: this.#stream, ShardCount: 1 };
    const used = await this.#refusal(new CreateStreamCommand(again));
    assert.ok(used instanceof ResourceInUseException, String(used));
    assert.match(used.message, /^Stream \S+ under account \d{12} already exists\.$/);
    const forged = { ShardIterator: 'AAAAAAAAAAF'.padEnd(216, 'A') };
    const invalid = await this.#refusal(new GetRecordsCommand(forged));
    assert.ok(invalid instanceof InvalidArgumentException, String(invalid));
    assert.equal(invalid.message, 'Invalid ShardIterator.');
    const slash = { StreamName: 'no/slash', Data: Buffer.from('x'), PartitionKey: 'a' };
    const broken = await this.#refusal(new PutRecordCommand(slash));
    assert.equal(broken.name, 'ValidationException');
    assert.match(broken.message, /^1 validation error detected: Value 'no\/slash' at 'streamName'/);
  }

  async #delete() {
    for (const StreamName of [this.#stream, this.#one]) {
      await this.#kinesis.send(new DeleteStreamCommand({ StreamName }));
      await waitUntilStreamNotExists(this.#waiting(), { StreamName });
    }
  }
}

/**
 * @param {string} way
 * @param {import('@aws-sdk/client-kinesis').KinesisClientConfig} config
 */
async function suite(way, config) {
  await new Suite(way, new KinesisClient({ maxAttempts: 1, ...config })).run();
}

/**
 * @param {string} way
 * @param {import('@aws-sdk/client-kinesis').KinesisClientConfig} config
 */
async function pushing(way, config) {
  const kinesis = new KinesisClient({ maxAttempts: 1, ...config });
  await fanOut(way, kinesis);
  kinesis.destroy();
}

const endpoint = process.env['KINESIS_ENDPOINT'] ?? '';
const tls = process.env['KINESIS_TLS_ENDPOINT'];

if (process.env['KINESIS_HTTP1_ONLY'] === undefined) {
  await suite('h2c', { endpoint });
}
await suite('http1', { endpoint, requestHandler: new NodeHttpHandler() });

if (tls === undefined) {
  console.log('*** no TLS endpoint given: runs over TLS SKIPPED ***');
} else {
  // The server signs its own certificate unless it is given one, so the client must not ask who
  // vouches for it. The environment variable is how an unmodified program says so.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  process.removeAllListeners('warning');
  await suite('h2-tls', { endpoint: tls });
  const shared = new NodeHttp2Handler({ disableConcurrentStreams: false });
  await suite('h2-tls-shared', { endpoint: tls, requestHandler: shared });
  await suite('http1-tls', { endpoint: tls, requestHandler: new NodeHttpHandler() });
}
// Most of their time passes waiting, so they wait together.
await Promise.all([
  process.env['KINESIS_HTTP1_ONLY'] === undefined ? pushing('h2c', { endpoint }) : undefined,
  pushing('http1', { endpoint, requestHandler: new NodeHttpHandler() }),
  tls === undefined ? undefined : pushing('h2-tls', { endpoint: tls }),
]);
finish();
