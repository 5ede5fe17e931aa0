// @ts-check
import { HASH_MAX } from '../kit/common.mjs';
import { empty, equal, fails, must } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'CreateStream';
const existing = once((lab) => lab.stream({ ShardCount: 1 }));
const VE_IA = ['ValidationException', 'InvalidArgumentException'];
const ON_DEMAND = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } };
const PROVISIONED = { StreamModeDetails: { StreamMode: 'PROVISIONED' } };

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(async (lab) => ({ StreamName: (await existing(lab)).name, ShardCount: 1 }), {
    // It would create a stream that nobody deletes; below one of this length is made.
    skip: ['streamName: may have 128'],
  });
  suite.both('an empty answer', async ({ lab, call }) => {
    empty(await call({ StreamName: lab.name(), ShardCount: 1 }));
  });
  suite.both('a name that is taken', async ({ lab, call }) => {
    const { name } = await existing(lab);
    const text = `Stream ${name} under account ${lab.account} already exists.`;
    fails(await call({ StreamName: name, ShardCount: 1 }), 'ResourceInUseException', text);
  });
  suite.case('a name that is taken by a stream in CREATING', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        const text = `Stream ${name} under account ${lab.account} already exists.`;
        fails(await call({ StreamName: name, ShardCount: 1 }), 'ResourceInUseException', text);
      },
    );
  });
  suite.case('a name of 128 characters', async ({ lab, call }) => {
    const StreamName = lab.name().padEnd(128, 'x');
    empty(await call({ StreamName, ShardCount: 1 }));
    await lab.active(StreamName);
    await lab.out('DeleteStream', { StreamName });
  });
  suite.case('every character that names may have', async ({ lab }) => {
    const StreamName = `${lab.name()}_.-aZ09`;
    await lab.stream({ StreamName, ShardCount: 1 });
  });
  shards(suite);
  modes(suite);
  options(suite);
  tags(suite);
  suite.both('more shards than an account may have', async ({ lab, call }) => {
    const answer = await call({ StreamName: lab.name(), ShardCount: 1_000_000 });
    fails(
      answer,
      ['LimitExceededException', 'ValidationException'],
      [
        new RegExp(
          `^This request would exceed the shard limit for the account ${lab.account} in ` +
            `${lab.region}\\. Current shard count for the account: \\d+\\. Limit: \\d+\\. Number ` +
            `of additional shards that would have resulted from this request: 1000000\\. Refer ` +
            `to ` +
            `the AWS Service Limits page \\(http://docs\\.aws\\.amazon\\.com/general/latest/gr/` +
            `aws_service_limits\\.html\\) for current limits and how to request higher limits\\.$`,
        ),
        /Member must have value less than or equal to \d+/,
      ],
    );
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function shards(suite) {
  for (const count of [1, 2, 3, 5, 7]) {
    suite.case(`${count} shards share the hash keys`, async ({ lab }) => {
      const { name } = await lab.stream({ ShardCount: count });
      const found = await lab.shards(name);
      const width = (HASH_MAX + 1n) / BigInt(count);
      const expected = Array.from({ length: count }, (_, i) => ({
        ShardId: `shardId-${String(i).padStart(12, '0')}`,
        HashKeyRange: {
          StartingHashKey: String(BigInt(i) * width),
          EndingHashKey: String(i === count - 1 ? HASH_MAX : BigInt(i + 1) * width - 1n),
        },
      }));
      equal(
        found.map(({ ShardId, HashKeyRange }) => ({ ShardId, HashKeyRange })),
        expected,
      );
      for (const shard of found) {
        equal('ParentShardId' in shard, false, 'ParentShardId');
        equal(Object.keys(shard.SequenceNumberRange), ['StartingSequenceNumber']);
      }
    });
  }
  suite.case('numbers of neighbouring shards differ by a constant', async ({ lab }) => {
    const { name } = await lab.stream({ ShardCount: 3 });
    const starts = (await lab.shards(name)).map(({ SequenceNumberRange }) =>
      BigInt(SequenceNumberRange.StartingSequenceNumber),
    );
    const step = 22300745198530623141535718272648361505980432n;
    equal(
      [(starts[1] ?? 0n) - (starts[0] ?? 0n), (starts[2] ?? 0n) - (starts[1] ?? 0n)],
      [step, step],
    );
  });
  suite.case('the first number of a shard tells when it was made', async ({ lab }) => {
    const { name } = await lab.stream({ ShardCount: 1 });
    const [shard] = await lab.shards(name);
    const hex = BigInt(shard.SequenceNumberRange.StartingSequenceNumber).toString(16);
    equal(hex.length, 47, 'hex digits');
    equal([hex[0], hex.slice(11, 27), hex.slice(38)], ['2', '0'.repeat(16), '0'.repeat(8) + '2']);
    const seconds = parseInt(hex.slice(1, 10), 16);
    must(Math.abs(Date.now() / 1000 - seconds) < 600, `made at ${seconds}`);
    equal(parseInt(hex.slice(29, 38), 16), seconds, 'time of the record');
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function modes(suite) {
  suite.case('neither count nor mode: on-demand with four shards', async ({ lab }) => {
    const { name } = await lab.stream({});
    const summary = await lab.summary(name);
    equal(summary.StreamModeDetails, { StreamMode: 'ON_DEMAND' });
    equal(summary.OpenShardCount, 4);
  });
  suite.case('on-demand does not care for a count', async ({ lab }) => {
    const { name } = await lab.stream({ ...ON_DEMAND, ShardCount: 2 });
    equal((await lab.summary(name)).OpenShardCount, 4);
  });
  suite.case('a count alone: provisioned', async ({ lab }) => {
    const { name } = await lab.stream({ ShardCount: 2 });
    equal((await lab.summary(name)).StreamModeDetails, { StreamMode: 'PROVISIONED' });
  });
  suite.case('count and mode', async ({ lab }) => {
    const { name } = await lab.stream({ ...PROVISIONED, ShardCount: 2 });
    equal((await lab.summary(name)).OpenShardCount, 2);
  });
  suite.refuses(
    'provisioned without a count',
    (lab) => ({ StreamName: lab.name(), ...PROVISIONED }),
    VE_IA,
  );
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function options(suite) {
  suite.case('MaxRecordSizeInKiB', async ({ lab }) => {
    const { name } = await lab.stream({ ShardCount: 1, MaxRecordSizeInKiB: 2048 });
    equal((await lab.summary(name)).MaxRecordSizeInKiB, 2048);
    const Data = Buffer.alloc(2 * 1024 * 1024 - 1, 1);
    await lab.out('PutRecord', { StreamName: name, Data, PartitionKey: 'a' });
  });
  suite.case('RecordDistributionStrategy AUTO', async ({ lab }) => {
    const { name } = await lab.stream({ ...ON_DEMAND, RecordDistributionStrategy: 'AUTO' });
    equal((await lab.summary(name)).RecordDistributionStrategy, 'AUTO');
    const put = await lab.out('PutRecord', { StreamName: name, Data: Buffer.from('no key') });
    must(typeof put.SequenceNumber === 'string', 'no SequenceNumber');
  });
  suite.refuses(
    'RecordDistributionStrategy AUTO on a provisioned stream',
    (lab) => ({ StreamName: lab.name(), ShardCount: 1, RecordDistributionStrategy: 'AUTO' }),
    VE_IA,
  );
  suite.refuses(
    'WarmThroughputMiBps on a provisioned stream',
    (lab) => ({ StreamName: lab.name(), ShardCount: 1, WarmThroughputMiBps: 10 }),
    VE_IA,
  );
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function tags(suite) {
  suite.case('Tags, seen from CREATING on', async ({ lab }) => {
    const Tags = { one: '1', 'two words': 'a b', empty: '' };
    const create = () => lab.enterCreating({ ShardCount: 1, Tags });
    const found = await lab.during('CREATING', create, (StreamName) =>
      lab.out('ListTagsForStream', { StreamName }),
    );
    equal(found.Tags, [
      ...[
        { Key: 'empty', Value: '' },
        { Key: 'one', Value: '1' },
      ],
      { Key: 'two words', Value: 'a b' },
    ]);
  });
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']));
  suite.refuses('51 tags', (lab) => ({ StreamName: lab.name(), ShardCount: 1, Tags: many }), [
    'InvalidArgumentException',
    'LimitExceededException',
    'ValidationException',
  ]);
  suite.refuses(
    'a tag with a character that is not allowed',
    (lab) => ({ StreamName: lab.name(), ShardCount: 1, Tags: { 'a!': 'b' } }),
    VE_IA,
  );
}
