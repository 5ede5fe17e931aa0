// @ts-check
// Events are JSON whatever the request was, and CBOR requests may be refused, so all is in JSON.
import { setTimeout as delay } from 'node:timers/promises';
import { Instant } from '../kit/cbor.mjs';
import { NOTHING, SHARD_0, noSuchShard, shardNotFound } from '../kit/common.mjs';
import { bytesOf, equal, fails, msOf, must } from '../kit/expect.mjs';
import { Subscription, subscribe, trySubscribe } from '../kit/subscription.mjs';
import { once } from '../kit/suite.mjs';

/**
 * @typedef {import('../kit/lab.mjs').Lab} Lab
 * @typedef {import('../kit/suite.mjs').Suite} Suite
 * @typedef {import('../kit/subscription.mjs').Version} Version
 */

export const name = 'SubscribeToShard';
const VERSIONS = /** @type {const} */ (['HTTP/1.1', 'HTTP/2']);
const TRIM = { Type: 'TRIM_HORIZON' };
const IA = 'InvalidArgumentException';
const RNF = 'ResourceNotFoundException';
const RIU = 'ResourceInUseException';
const SHARDS = 40;
/** Second calls are refused for five seconds; a bit more, for clocks that differ. */
const TAKEOVER_MS = 5500;

/** Every case has a shard of its own, so that none is in the way of another. */
const stage = once(async (lab) => {
  const stream = await lab.stream({ ShardCount: SHARDS });
  const consumer = await lab.consumer(stream.arn, 'reader');
  const shards = await lab.shards(stream.name);
  return { stream, consumer, shards, used: 0 };
});

/** @param {Lab} lab */
async function spot(lab) {
  const all = await stage(lab);
  const shard = all.shards[all.used++];
  must(shard !== undefined, 'too few shards are prepared');
  const put = async (/** @type {string} */ text) => {
    const input = { StreamName: all.stream.name, Data: Buffer.from(text), PartitionKey: text };
    const ExplicitHashKey = shard.HashKeyRange.StartingHashKey;
    const out = await lab.out('PutRecord', { ...input, ExplicitHashKey });
    equal(out.ShardId, shard.ShardId, 'shard of the record');
    return String(out.SequenceNumber);
  };
  const input = (/** @type {any} */ StartingPosition) => ({
    ...{ ConsumerARN: all.consumer.ConsumerARN, ShardId: shard.ShardId, StartingPosition },
  });
  return { ...all, shard, put, input };
}

/** @param {any[]} events */
const texts = (events) =>
  events.flatMap(({ Records }) =>
    Records.map((/** @type {any} */ one) => bytesOf(one.Data).toString('utf8')),
  );

/**
 * Whether a text has come.
 * @param {string} text
 */
const brings = (text) => (/** @type {any} */ event) => texts([event]).includes(text);

/** @param {Suite} suite */
export default function cases(suite) {
  const nothing = (/** @type {Lab} */ lab) => ({
    ConsumerARN: `${lab.arn(NOTHING)}/consumer/c:1700000000`,
    ShardId: SHARD_0,
    StartingPosition: TRIM,
  });
  suite.constraints(nothing, { protocols: ['json'] });
  for (const version of VERSIONS) {
    framing(suite, version);
    pushes(suite, version);
    ends(suite, version);
  }
  positions(suite);
  refusals(suite);
  exclusive(suite);
}

/**
 * @param {Suite} suite
 * @param {Version} version
 */
function framing(suite, version) {
  suite.case(`the head of the answer (${version})`, async ({ lab }) => {
    const { input } = await spot(lab);
    const subscription = await subscribe(lab, input(TRIM), version);
    const { headers } = subscription;
    subscription.close();
    equal(headers['content-type'], 'application/vnd.amazon.eventstream');
    equal(headers['content-length'], undefined, 'content-length');
    must(headers['x-amzn-requestid'] !== undefined, 'no x-amzn-RequestId');
    must(headers['x-amz-id-2'] !== undefined, 'no x-amz-id-2');
  });
  suite.case(`the first message comes at once (${version})`, async ({ lab }) => {
    const { input } = await spot(lab);
    const opened = await trySubscribe(lab, input({ Type: 'LATEST' }), version);
    must(opened instanceof Subscription, 'no stream');
    const first = await opened.next(2000);
    opened.close();
    must(first !== null, 'the stream ended');
    equal(first.headers, {
      ':message-type': 'event',
      ':event-type': 'initial-response',
      ':content-type': 'application/json',
    });
    const payload = first.payload.toString('utf8');
    must(payload === '{}' || payload === '', `payload ${payload}`);
  });
  suite.case(`with no data an event comes all the same (${version})`, async ({ lab }) => {
    const { input } = await spot(lab);
    const subscription = await subscribe(lab, input({ Type: 'LATEST' }), version);
    // Clients give up after ten seconds without one.
    const first = await subscription.event(9000);
    const second = await subscription.event(9000);
    subscription.close();
    for (const event of [first, second]) {
      equal([event.Records, 'ChildShards' in event], [[], false]);
      must(/^\d+$/.test(event.ContinuationSequenceNumber), 'no ContinuationSequenceNumber');
      equal(event.MillisBehindLatest, 0, 'MillisBehindLatest');
    }
    const moved =
      BigInt(second.ContinuationSequenceNumber) >= BigInt(first.ContinuationSequenceNumber);
    must(moved, 'ContinuationSequenceNumber went back');
  });
}

/**
 * @param {Suite} suite
 * @param {Version} version
 */
function pushes(suite, version) {
  suite.case(`what is stored is pushed (${version})`, async ({ lab }) => {
    const { input, put } = await spot(lab);
    const numbers = [await put('one'), await put('two'), await put('three')];
    const subscription = await subscribe(lab, input(TRIM), version);
    const events = await subscription.until(brings('three'));
    subscription.close();
    equal(texts(events), ['one', 'two', 'three']);
    const records = events.flatMap(({ Records }) => Records);
    equal(
      records.map((record) => record.SequenceNumber),
      numbers,
    );
    equal(Object.keys(records[0]).sort(), [
      ...['ApproximateArrivalTimestamp', 'Data', 'PartitionKey', 'SequenceNumber'],
    ]);
    equal(records[0].PartitionKey, 'one');
    must(Math.abs(msOf(records[0].ApproximateArrivalTimestamp) - Date.now()) < 900_000, 'arrival');
    for (const event of events) {
      equal('ChildShards' in event, false, 'ChildShards');
      must(/^\d+$/.test(event.ContinuationSequenceNumber), 'no ContinuationSequenceNumber');
    }
    must(BigInt(events.at(-1).ContinuationSequenceNumber) >= BigInt(numbers[2] ?? 0), 'too low');
  });
  suite.case(`what comes later is pushed, in order (${version})`, async ({ lab }) => {
    const { input, put } = await spot(lab);
    await put('before');
    const subscription = await subscribe(lab, input({ Type: 'LATEST' }), version);
    const expected = Array.from({ length: 12 }, (_, i) => `late ${i}`);
    const reading = subscription.until(brings('late 11'));
    for (const text of expected) await put(text);
    const events = await reading;
    subscription.close();
    equal(texts(events), expected);
  });
  suite.case(`on from where it was left, each record once (${version})`, async ({ lab }) => {
    const { input, put, consumer, stream } = await spot(lab);
    for (const text of ['one', 'two']) await put(text);
    const first = await subscribe(lab, input(TRIM), version);
    const events = await first.until(brings('two'));
    first.close();
    await put('three');
    // Another consumer, because this one must wait for five seconds.
    const again = await second(lab);
    must(again.ConsumerARN !== consumer.ConsumerARN && stream.arn !== '', 'the same consumer');
    const SequenceNumber = events.at(-1).ContinuationSequenceNumber;
    const position = { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber };
    const request = { ...input(position), ConsumerARN: again.ConsumerARN };
    const next = await subscribe(lab, request, version);
    const rest = await next.until(brings('three'));
    next.close();
    equal([...texts(events), ...texts(rest)], ['one', 'two', 'three']);
  });
}

const second = once(async (lab) => lab.consumer((await stage(lab)).stream.arn, 'second'));

/**
 * @param {Suite} suite
 * @param {Version} version
 */
function ends(suite, version) {
  suite.case(`the end of a split shard (${version})`, async ({ lab }) => {
    const { name, arn } = await lab.stream({ ShardCount: 1 });
    const { ConsumerARN } = await lab.consumer(arn, 'reader');
    await lab.out('PutRecord', { StreamName: name, Data: Buffer.from('last'), PartitionKey: 'a' });
    const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: TRIM };
    const subscription = await subscribe(lab, input, version);
    const NewStartingHashKey = String(2n ** 127n);
    await lab.out('SplitShard', { StreamName: name, ShardToSplit: SHARD_0, NewStartingHashKey });
    const events = await subscription.until((event) => 'ChildShards' in event);
    equal(texts(events), ['last']);
    const last = events.pop();
    equal('ContinuationSequenceNumber' in last, false, 'ContinuationSequenceNumber at the end');
    equal(
      last.ChildShards.map((/** @type {any} */ child) => [child.ShardId, child.ParentShards]),
      [
        ['shardId-000000000001', [SHARD_0]],
        ['shardId-000000000002', [SHARD_0]],
      ],
    );
    for (const event of events) {
      must('ContinuationSequenceNumber' in event, 'an event without ContinuationSequenceNumber');
    }
    equal(await subscription.end(), null, 'exception at the end');
    subscription.close();
  });
  suite.case(`the consumer is deregistered (${version})`, async ({ lab }) => {
    const { stream, shard } = await spot(lab);
    const own = `leaving-${version.replace('/', '-')}`;
    const { ConsumerARN } = await lab.consumer(stream.arn, own);
    const input = { ConsumerARN, ShardId: shard.ShardId, StartingPosition: TRIM };
    const subscription = await subscribe(lab, input, version);
    await lab.out('DeregisterStreamConsumer', { ConsumerARN });
    const why = await subscription.end();
    must(why === null || why === RNF, `ended with ${why}`);
    subscription.close();
  });
  suite.case(`the stream is deleted (${version})`, async ({ lab }) => {
    const { name, arn } = await lab.stream({ ShardCount: 1 });
    const { ConsumerARN } = await lab.consumer(arn, 'reader');
    const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: TRIM };
    const subscription = await subscribe(lab, input, version);
    await lab.out('DeleteStream', { StreamName: name, EnforceConsumerDeletion: true });
    const why = await subscription.end();
    must(why === null || why === RNF, `ended with ${why}`);
    subscription.close();
  });
}

/** @param {Suite} suite */
function positions(suite) {
  /** @param {string} Type @param {(numbers: string[]) => any} rest @param {string[]} expected */
  const starts = (Type, rest, expected) => {
    suite.case(`from ${Type}`, async ({ lab }) => {
      const { input, put } = await spot(lab);
      const numbers = [await put('one'), await put('two'), await put('three')];
      const subscription = await subscribe(lab, input({ Type, ...rest(numbers) }));
      const events = await subscription.until(brings('three'));
      subscription.close();
      equal(texts(events), expected);
    });
  };
  const second = (/** @type {string[]} */ numbers) => ({ SequenceNumber: numbers[1] });
  starts('AT_SEQUENCE_NUMBER', second, ['two', 'three']);
  starts('AFTER_SEQUENCE_NUMBER', second, ['three']);
  const ago = () => ({ Timestamp: new Instant(Date.now() - 3_600_000) });
  starts('AT_TIMESTAMP', ago, ['one', 'two', 'three']);
}

/** @typedef {Awaited<ReturnType<typeof stage>>} Stage */

/**
 * A request on the first shard, for calls that open nothing.
 * @param {Stage} at
 * @param {any} StartingPosition
 */
const onFirst = ({ consumer }, StartingPosition) => ({
  ...{ ConsumerARN: consumer.ConsumerARN, ShardId: SHARD_0, StartingPosition },
});

/**
 * @param {Suite} suite
 * @param {string} title
 * @param {(at: Stage, lab: Lab) => any} input
 * @param {string | readonly string[]} type
 * @param {(at: Stage, lab: Lab) => string} [text]
 */
function refuses(suite, title, input, type, text) {
  suite.case(title, async ({ lab }) => {
    const at = await stage(lab);
    const refused = async () => {
      const opened = await trySubscribe(lab, input(at, lab), 'HTTP/1.1');
      if (opened instanceof Subscription) {
        opened.close();
        throw new Error('it was not refused');
      }
      if (opened.type === 'LimitExceededException') return false;
      fails(opened, type, text?.(at, lab));
      return true;
    };
    await lab.until('the rate allows a call', refused, 10_000);
  });
}

/** @param {Suite} suite */
function refusals(suite) {
  const nobody = (/** @type {Stage} */ { stream }) => `${stream.arn}/consumer/nobody:1700000000`;
  refuses(
    suite,
    'a consumer that does not exist',
    (at) => ({ ...onFirst(at, TRIM), ConsumerARN: nobody(at) }),
    RNF,
    (at, lab) => `Consumer ${nobody(at)}, account ${lab.account} not found.`,
  );
  refuses(
    suite,
    'a consumer of another time',
    (at) => ({
      ...onFirst(at, TRIM),
      ConsumerARN: at.consumer.ConsumerARN.replace(/\d+$/, '1700000000'),
    }),
    RNF,
  );
  const far = 'shardId-000000000999';
  refuses(
    suite,
    'a shard that does not exist',
    (at) => ({ ...onFirst(at, TRIM), ShardId: far }),
    RNF,
    (at, lab) => noSuchShard(far, at.stream.name, lab),
  );
  refuses(
    suite,
    'what is no shard id',
    (at) => ({ ...onFirst(at, TRIM), ShardId: 'some' }),
    RNF,
    (at, lab) => shardNotFound('some', at.stream.name, lab),
  );
  const dry = (/** @type {Stage} */ at) => ({ ...onFirst(at, TRIM), DryRun: true });
  refuses(suite, 'DryRun', dry, 'DryRunOperationException');
  const bad = (/** @type {Stage} */ at) => ({ ...dry(at), ShardId: far });
  refuses(suite, 'DryRun where a check fails', bad, RNF);
  badPositions(suite);
}

/** @param {Suite} suite */
function badPositions(suite) {
  for (const Type of ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'AT_TIMESTAMP']) {
    refuses(suite, `${Type} without its value`, (at) => onFirst(at, { Type }), IA);
  }
  for (const Type of ['TRIM_HORIZON', 'LATEST']) {
    const position = { Type, SequenceNumber: '1' };
    refuses(suite, `${Type} with a number`, (at) => onFirst(at, position), IA);
  }
  const future = () => ({ Type: 'AT_TIMESTAMP', Timestamp: new Instant(Date.now() + 3_600_000) });
  refuses(suite, 'AT_TIMESTAMP in the future', (at) => onFirst(at, future()), IA);
  const Type = 'AT_SEQUENCE_NUMBER';
  const never = { Type, SequenceNumber: String(2n ** 186n + 5n) };
  refuses(suite, 'a number that cannot be', (at) => onFirst(at, never), IA);
  const other = (/** @type {Stage} */ { shards }) => ({
    ...{ Type, SequenceNumber: shards[1].SequenceNumberRange.StartingSequenceNumber },
  });
  refuses(suite, 'a number of another shard', (at) => onFirst(at, other(at)), IA);
}

/** @param {Suite} suite */
function exclusive(suite) {
  suite.case('a second call within five seconds', async ({ lab }) => {
    const { input, stream, shard } = await spot(lab);
    const first = await subscribe(lab, input(TRIM));
    // One call in a second is allowed; this one is refused for the other reason.
    await delay(1200);
    const answer = await trySubscribe(lab, input(TRIM), 'HTTP/1.1');
    first.close();
    must(!(answer instanceof Subscription), 'it was not refused');
    const text =
      `Another active subscription exists for this consumer: ` +
      `${lab.account}:${stream.name}:${shard.ShardId}:reader`;
    fails(answer, RIU, text);
  });
  suite.case('a second call at once', async ({ lab }) => {
    const { input } = await spot(lab);
    const first = await subscribe(lab, input(TRIM));
    const answer = await trySubscribe(lab, input(TRIM), 'HTTP/1.1');
    first.close();
    must(!(answer instanceof Subscription), 'it was not refused');
    fails(answer, [RIU, 'LimitExceededException']);
  });
  suite.case('a call after five seconds takes over', async ({ lab }) => {
    const { input, put } = await spot(lab);
    const first = await subscribe(lab, input(TRIM));
    await delay(TAKEOVER_MS);
    const next = await subscribe(lab, input(TRIM));
    const why = await first.end();
    must(why === null || why === RIU, `the first one ended with ${why}`);
    await put('taken over');
    equal(texts(await next.until(brings('taken over'))), ['taken over']);
    next.close();
    first.close();
  });
  consumers(suite);
}

/** @param {Suite} suite */
function consumers(suite) {
  suite.case('two consumers of a shard each get every record', async ({ lab }) => {
    const { input, put } = await spot(lab);
    const { ConsumerARN } = await second(lab);
    const both = [
      await subscribe(lab, input(TRIM)),
      await subscribe(lab, { ...input(TRIM), ConsumerARN }),
    ];
    await put('for both');
    for (const one of both) {
      equal(texts(await one.until(brings('for both'))), ['for both']);
      one.close();
    }
  });
  suite.case('a consumer in CREATING', async ({ lab }) => {
    const { name, arn } = await lab.stream({ ShardCount: 1 });
    for (let tries = 0; tries < 5; tries++) {
      const ConsumerName = `new-${tries}`;
      const made = { StreamARN: arn, ConsumerName };
      const { Consumer } = await lab.out('RegisterStreamConsumer', made);
      const { ConsumerARN } = Consumer;
      const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: TRIM };
      const answer = await trySubscribe(lab, input, 'HTTP/1.1');
      if (answer instanceof Subscription) answer.close();
      else {
        const seconds = msOf(Consumer.ConsumerCreationTimestamp) / 1000;
        const text =
          `Consumer ${ConsumerName} with creation timestamp ${seconds} under stream: ${name} , ` +
          `account ${lab.account} is not in ACTIVE status.`;
        return fails(answer, RIU, text);
      }
    }
    throw new Error('no consumer was seen in CREATING');
  });
  suite.case('records of an encrypted stream', async ({ lab }) => {
    const { name, arn } = await lab.stream({ ShardCount: 1 });
    const key = { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' };
    await lab.out('StartStreamEncryption', { StreamName: name, ...key });
    await lab.active(name);
    const { ConsumerARN } = await lab.consumer(arn, 'reader');
    const put = { StreamName: name, Data: Buffer.from('secret'), PartitionKey: 'a' };
    await lab.out('PutRecord', put);
    const input = { ConsumerARN, ShardId: SHARD_0, StartingPosition: TRIM };
    const subscription = await subscribe(lab, input);
    const events = await subscription.until(brings('secret'));
    subscription.close();
    equal(events.at(-1).Records[0].EncryptionType, 'KMS');
  });
}
