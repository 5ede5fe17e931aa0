// @ts-check
import { HASH_MAX, NOTHING, SHARD_0, SHARD_1, SHARD_2, selectsStream } from '../kit/common.mjs';
import { bytesOf, equal, fails, msOf, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'PutRecord';
const one = once((lab) => lab.stream({ ShardCount: 1 }));
const three = once((lab) => lab.stream({ ShardCount: 3 }));
const Data = Buffer.from('data');

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ StreamName: NOTHING, Data, PartitionKey: 'a' }));
  selectsStream(suite, { Data, PartitionKey: 'a' });
  suite.both('answers with shard and sequence number and nothing more', async ({ lab, call }) => {
    const { name } = await one(lab);
    const out = ok(await call({ StreamName: name, Data, PartitionKey: 'a' }));
    equal(Object.keys(out).sort(), ['SequenceNumber', 'ShardId']);
    equal(out.ShardId, SHARD_0);
    must(/^[1-9]\d{55}$/.test(out.SequenceNumber), out.SequenceNumber);
  });
  suite.both('takes the stream by its ARN', async ({ lab, call }) => {
    const { arn } = await one(lab);
    equal(ok(await call({ StreamARN: arn, Data, PartitionKey: 'a' })).ShardId, SHARD_0);
  });
  suite.both('takes the stream by both name and ARN', async ({ lab, call }) => {
    const { name, arn } = await one(lab);
    ok(await call({ StreamName: name, StreamARN: arn, Data, PartitionKey: 'a' }));
  });
  suite.both('ignores StreamId', async ({ lab, call }) => {
    const { name } = await one(lab);
    const StreamId = 'abcdefghij0123456789-abc';
    ok(await call({ StreamName: name, StreamId, Data, PartitionKey: 'a' }));
  });
  routing(suite);
  contents(suite);
  sizes(suite);
  ordering(suite);
  dryRun(suite);
  suite.both('without any key', async ({ lab, call }) => {
    const { name } = await one(lab);
    fails(
      await call({ StreamName: name, Data }),
      'ValidationException',
      /'partitionKey'.*not be null/,
    );
  });
  suite.both('a stream in CREATING is not there yet', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        const answer = await call({ StreamName: name, Data, PartitionKey: 'a' });
        const text = `Stream ${name} under account ${lab.account} not found.`;
        fails(answer, 'ResourceNotFoundException', text);
      },
    );
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function routing(suite) {
  const shards = { a: SHARD_0, b: SHARD_1, e: SHARD_2, f: SHARD_1 };
  for (const [key, shard] of Object.entries(shards)) {
    suite.both(`of three shards, key ${key} goes to ${shard}`, async ({ lab, call }) => {
      const { name } = await three(lab);
      equal(ok(await call({ StreamName: name, Data, PartitionKey: key })).ShardId, shard);
    });
  }
  const third = (HASH_MAX + 1n) / 3n;
  const edges = {
    [String(0n)]: SHARD_0,
    [String(third - 1n)]: SHARD_0,
    [String(third)]: SHARD_1,
    [String(2n * third - 1n)]: SHARD_1,
    [String(2n * third)]: SHARD_2,
    [String(HASH_MAX)]: SHARD_2,
  };
  for (const [ExplicitHashKey, shard] of Object.entries(edges)) {
    suite.case(`ExplicitHashKey ${ExplicitHashKey} goes to ${shard}`, async ({ lab, call }) => {
      const { name } = await three(lab);
      const input = { StreamName: name, Data, PartitionKey: 'a', ExplicitHashKey };
      equal(ok(await call(input)).ShardId, shard);
    });
  }
  for (const key of [HASH_MAX + 1n, 10n ** 39n - 1n]) {
    const ExplicitHashKey = String(key);
    suite.refuses(
      `ExplicitHashKey ${key}`,
      async (lab) => {
        const { name } = await one(lab);
        return { StreamName: name, Data, PartitionKey: 'a', ExplicitHashKey };
      },
      'InvalidArgumentException',
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ` +
        `Specified value was ${key}`,
    );
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function contents(suite) {
  const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const contents = { 'no bytes': Buffer.alloc(0), 'all bytes': every, text: Buffer.from('a\n"ü') };
  for (const [what, bytes] of Object.entries(contents)) {
    suite.both(`${what} come back exactly`, async ({ lab, call, protocol }) => {
      const stream = await one(lab);
      const PartitionKey = 'ключ 🔑';
      const before = Date.now();
      const put = ok(await call({ StreamName: stream.name, Data: bytes, PartitionKey }));
      const ShardIterator = await lab.iterator(stream, {
        ...{ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: put.SequenceNumber },
      });
      const [record] = await lab.read(ShardIterator, 1, protocol);
      equal(record.SequenceNumber, put.SequenceNumber);
      equal(record.PartitionKey, PartitionKey);
      equal(bytesOf(record.Data).equals(bytes), true, 'same bytes');
      const arrival = msOf(record.ApproximateArrivalTimestamp);
      must(Math.abs(arrival - before) < 60_000, `arrived at ${arrival}, sent at ${before}`);
      equal('EncryptionType' in record, false, 'EncryptionType in record');
    });
  }
  suite.both('a partition key of 256 characters', async ({ lab, call }) => {
    const { name } = await one(lab);
    ok(await call({ StreamName: name, Data, PartitionKey: 'ü'.repeat(256) }));
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function sizes(suite) {
  const most = 1024 * 1024;
  suite.both('a record of 1 MiB with its key', async ({ lab, call }) => {
    const { name } = await three(lab);
    ok(await call({ StreamName: name, Data: Buffer.alloc(most - 1, 1), PartitionKey: 'a' }));
  });
  suite.both('a record one byte over 1 MiB with its key', async ({ lab, call }) => {
    const { name } = await three(lab);
    const input = { StreamName: name, Data: Buffer.alloc(most, 1), PartitionKey: 'b' };
    fails(await call(input), ['ValidationException', 'InvalidArgumentException']);
  });
  suite.both('data one byte over 1 MiB', async ({ lab, call }) => {
    const { name } = await three(lab);
    const input = { StreamName: name, Data: Buffer.alloc(most + 1, 1), PartitionKey: 'b' };
    fails(await call(input), ['ValidationException', 'InvalidArgumentException']);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function ordering(suite) {
  suite.both('numbers rise', async ({ lab, call }) => {
    const { name } = await one(lab);
    let last = 0n;
    for (let i = 0; i < 5; i++) {
      const out = ok(await call({ StreamName: name, Data, PartitionKey: String(i) }));
      must(BigInt(out.SequenceNumber) > last, `${out.SequenceNumber} after ${last}`);
      last = BigInt(out.SequenceNumber);
    }
  });
  suite.both('SequenceNumberForOrdering of an earlier record', async ({ lab, call }) => {
    const { name } = await one(lab);
    const first = ok(await call({ StreamName: name, Data, PartitionKey: 'a' })).SequenceNumber;
    const input = { StreamName: name, Data, PartitionKey: 'a', SequenceNumberForOrdering: first };
    must(BigInt(ok(await call(input)).SequenceNumber) > BigInt(first), 'the number did not rise');
  });
  // One of the second form that lies in the future, and one that is no number of any form.
  const future = (
    (2n << 184n) +
    (0x3_b9ac_9fffn << 148n) +
    (0x3_b9ac_9fffn << 36n) +
    2n
  ).toString();
  for (const bad of [future, String(2n ** 186n + 5n)]) {
    suite.refuses(
      `SequenceNumberForOrdering ${bad}`,
      async (lab) => {
        const { name } = await one(lab);
        return { StreamName: name, Data, PartitionKey: 'a', SequenceNumberForOrdering: bad };
      },
      'InvalidArgumentException',
      /^ExclusiveMinimumSequenceNumber \d+ used in PutRecord on stream \S+ under .* is invalid\.$/,
    );
  }
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function dryRun(suite) {
  suite.both('DryRun stores nothing', async ({ lab, call }) => {
    const { name } = await one(lab);
    const PartitionKey = 'dry';
    fails(
      await call({ StreamName: name, Data, PartitionKey, DryRun: true }),
      'DryRunOperationException',
    );
    const first = ok(await call({ StreamName: name, Data, PartitionKey: 'wet' })).SequenceNumber;
    fails(
      await call({ StreamName: name, Data, PartitionKey, DryRun: true }),
      'DryRunOperationException',
    );
    const stream = { name, arn: '' };
    const type = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: first };
    const ShardIterator = await lab.iterator(stream, type);
    const { Records } = await lab.out('GetRecords', { ShardIterator });
    equal(Records, []);
  });
  suite.both('DryRun false stores', async ({ lab, call }) => {
    const { name } = await one(lab);
    ok(await call({ StreamName: name, Data, PartitionKey: 'a', DryRun: false }));
  });
  suite.refuses(
    'DryRun on a stream that does not exist',
    () => ({ StreamName: NOTHING, Data, PartitionKey: 'a', DryRun: true }),
    'ResourceNotFoundException',
  );
}
