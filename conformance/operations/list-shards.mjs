// @ts-check
import { Instant } from '../kit/cbor.mjs';
import { NOTHING, SHARD_0, nameOfNothing, selectsStream, shardNotFound } from '../kit/common.mjs';
import { equal, fails, msOf, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'ListShards';
const IA = 'InvalidArgumentException';
const four = once((lab) => lab.stream({ ShardCount: 4 }));

/** Shard 0 split into 2 and 3; shard 1 left alone. */
const split = once(async (lab) => {
  const before = Date.now() - 1000;
  const stream = await lab.stream({ ShardCount: 2 });
  const NewStartingHashKey = String(2n ** 126n);
  await lab.out('PutRecord', {
    StreamName: stream.name,
    Data: Buffer.from('a'),
    PartitionKey: 'a',
  });
  await lab.out('SplitShard', {
    ...{ StreamName: stream.name, ShardToSplit: SHARD_0, NewStartingHashKey },
  });
  await lab.active(stream.name);
  return { ...stream, before };
});

const ids = (/** @type {any} */ out) =>
  out.Shards.map((/** @type {any} */ shard) => Number(shard.ShardId.slice('shardId-'.length)));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => nameOfNothing);
  selectsStream(suite, {});
  suite.both('all shards', async ({ lab, call }) => {
    const { name } = await four(lab);
    const out = ok(await call({ StreamName: name }));
    equal(ids(out), [0, 1, 2, 3]);
    equal('NextToken' in out, false, 'NextToken on the last page');
  });
  suite.both('by ARN', async ({ lab, call }) => {
    const { arn } = await four(lab);
    equal(ids(ok(await call({ StreamARN: arn }))), [0, 1, 2, 3]);
  });
  suite.both('ExclusiveStartShardId', async ({ lab, call }) => {
    const { name } = await four(lab);
    const input = { StreamName: name, ExclusiveStartShardId: 'shardId-000000000001' };
    equal(ids(ok(await call(input))), [2, 3]);
  });
  suite.case('ExclusiveStartShardId that is none', async ({ lab, call }) => {
    const { name } = await four(lab);
    const answer = await call({ StreamName: name, ExclusiveStartShardId: 'some' });
    fails(answer, 'ResourceNotFoundException', shardNotFound('some', name, lab));
  });
  pages(suite);
  filters(suite);
  creationTime(suite);
  suite.both('a stream in CREATING', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        fails(
          await call({ StreamName: name }),
          'ResourceInUseException',
          `Stream ${name} under account ${lab.account} not ACTIVE or UPDATING, instead in state ` +
            `CREATING`,
        );
      },
    );
  });
  suite.both('a stream in UPDATING', async ({ lab, call }) => {
    const enter = async () => {
      const { name } = await lab.stream({ ShardCount: 2 });
      const input = { StreamName: name, TargetShardCount: 3, ScalingType: 'UNIFORM_SCALING' };
      await lab.out('UpdateShardCount', input);
      return name;
    };
    await lab.during('UPDATING', enter, async (name) => {
      must(ok(await call({ StreamName: name })).Shards.length >= 2, 'shards are missing');
    });
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function pages(suite) {
  suite.both('MaxResults and NextToken', async ({ lab, call }) => {
    const { name } = await four(lab);
    const first = ok(await call({ StreamName: name, MaxResults: 3 }));
    equal(ids(first), [0, 1, 2]);
    const second = ok(await call({ NextToken: first.NextToken }));
    equal(ids(second), [3]);
    equal('NextToken' in second, false, 'NextToken on the last page');
  });
  suite.both('NextToken with MaxResults', async ({ lab, call }) => {
    const { name } = await four(lab);
    const first = ok(await call({ StreamName: name, MaxResults: 1 }));
    equal(ids(ok(await call({ NextToken: first.NextToken, MaxResults: 2 }))), [1, 2]);
  });
  suite.both('a page that ends where the shards end', async ({ lab, call }) => {
    const { name } = await four(lab);
    equal('NextToken' in ok(await call({ StreamName: name, MaxResults: 4 })), false, 'NextToken');
  });
  const clashes = {
    StreamName: NOTHING,
    ExclusiveStartShardId: SHARD_0,
    ShardFilter: { Type: 'AT_LATEST' },
    StreamCreationTimestamp: new Instant(1_700_000_000_000),
  };
  for (const [member, value] of Object.entries(clashes)) {
    suite.both(`NextToken and ${member}`, async ({ lab, call }) => {
      const { name } = await four(lab);
      const { NextToken } = ok(await call({ StreamName: name, MaxResults: 1 }));
      const text = `NextToken and ${member} cannot be provided together.`;
      fails(await call({ NextToken, [member]: value }), IA, text);
    });
  }
  suite.both('NextToken and StreamARN', async ({ lab, call }) => {
    const { name, arn } = await four(lab);
    const { NextToken } = ok(await call({ StreamName: name, MaxResults: 1 }));
    const answer = await call({ NextToken, StreamARN: arn });
    fails(answer, IA, 'NextToken and StreamARN cannot be provided together.');
  });
  suite.refuses(
    'nothing given',
    () => ({}),
    IA,
    'Either NextToken or StreamName should be provided.',
  );
  suite.refuses('a NextToken that is none', () => ({ NextToken: 'some' }), [
    ...[IA, 'ExpiredNextTokenException'],
  ]);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function filters(suite) {
  /** @param {string} title @param {(at: number) => any} filter @param {number[]} expected */
  const filtered = (title, filter, expected) => {
    suite.both(`filter ${title}`, async ({ lab, call }) => {
      const { name, before } = await split(lab);
      equal(ids(ok(await call({ StreamName: name, ShardFilter: filter(before) }))), expected);
    });
  };
  filtered('AT_LATEST: those that are open', () => ({ Type: 'AT_LATEST' }), [1, 2, 3]);
  filtered('FROM_TRIM_HORIZON: all', () => ({ Type: 'FROM_TRIM_HORIZON' }), [0, 1, 2, 3]);
  filtered('AT_TRIM_HORIZON: the first ones', () => ({ Type: 'AT_TRIM_HORIZON' }), [0, 1]);
  const after = { Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000001' };
  filtered('AFTER_SHARD_ID', () => after, [2, 3]);
  const now = () => ({ Type: 'AT_TIMESTAMP', Timestamp: new Instant(Date.now() + 60_000) });
  filtered('AT_TIMESTAMP of late', now, [1, 2, 3]);
  const late = () => ({ Type: 'FROM_TIMESTAMP', Timestamp: new Instant(Date.now() + 60_000) });
  filtered('FROM_TIMESTAMP of late', late, [1, 2, 3]);
  const early = (/** @type {number} */ ms) => ({
    Type: 'FROM_TIMESTAMP',
    Timestamp: new Instant(ms),
  });
  filtered('FROM_TIMESTAMP of before', early, [0, 1, 2, 3]);
  for (const Type of ['AFTER_SHARD_ID', 'AT_TIMESTAMP', 'FROM_TIMESTAMP']) {
    const input = async (/** @type {any} */ lab) => {
      const { name } = await four(lab);
      return { StreamName: name, ShardFilter: { Type } };
    };
    suite.refuses(`filter ${Type} without its value`, input, [IA, 'ValidationException']);
  }
  suite.both('a filter goes on with NextToken', async ({ lab, call }) => {
    const { name } = await split(lab);
    const input = { StreamName: name, ShardFilter: { Type: 'AT_LATEST' }, MaxResults: 1 };
    const first = ok(await call(input));
    equal(ids(first), [1]);
    equal(ids(ok(await call({ NextToken: first.NextToken }))), [2, 3]);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function creationTime(suite) {
  suite.both('StreamCreationTimestamp of this stream', async ({ lab, call }) => {
    const { name } = await four(lab);
    const ms = msOf((await lab.summary(name)).StreamCreationTimestamp);
    const input = { StreamName: name, StreamCreationTimestamp: new Instant(ms) };
    equal(ids(ok(await call(input))), [0, 1, 2, 3]);
  });
  suite.refuses(
    'StreamCreationTimestamp of another stream',
    async (lab) => ({
      StreamName: (await four(lab)).name,
      StreamCreationTimestamp: new Instant(1_500_000_000_000),
    }),
    ['ResourceNotFoundException', IA],
  );
}
