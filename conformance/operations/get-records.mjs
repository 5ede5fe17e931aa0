// @ts-check
import { SHARD_0, noSuchShard } from '../kit/common.mjs';
import { bytesOf, equal, fails, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'GetRecords';
const IA = 'InvalidArgumentException';

/** One shard with ten records. */
const ten = once(async (lab) => {
  const stream = await lab.stream({ ShardCount: 1 });
  const Records = Array.from({ length: 10 }, (_, i) => ({
    ...{ Data: Buffer.from(`record ${i}`), PartitionKey: `key ${i}` },
  }));
  const out = await lab.out('PutRecords', { StreamName: stream.name, Records });
  return { ...stream, numbers: out.Records.map((/** @type {any} */ one) => one.SequenceNumber) };
});

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ShardIterator: 'AAAAAAAAAAE=' }));
  suite.both('all records of a shard', async ({ lab, call }) => {
    const stream = await ten(lab);
    const out = ok(await call({ ShardIterator: await lab.iterator(stream) }));
    equal(Object.keys(out).sort(), ['MillisBehindLatest', 'NextShardIterator', 'Records']);
    equal(
      out.Records.map((/** @type {any} */ one) => one.SequenceNumber),
      stream.numbers,
    );
    equal(out.Records.map((/** @type {any} */ one) => bytesOf(one.Data).toString())[9], 'record 9');
    equal(Object.keys(out.Records[0]).sort(), [
      ...['ApproximateArrivalTimestamp', 'Data', 'PartitionKey', 'SequenceNumber'],
    ]);
    equal(out.MillisBehindLatest, 0, 'MillisBehindLatest');
  });
  suite.both('Limit, and on from where it ended', async ({ lab, call }) => {
    const stream = await ten(lab);
    const first = ok(await call({ ShardIterator: await lab.iterator(stream), Limit: 4 }));
    equal(first.Records.length, 4);
    must(first.MillisBehindLatest > 0, `MillisBehindLatest ${first.MillisBehindLatest}`);
    const rest = ok(await call({ ShardIterator: first.NextShardIterator, Limit: 10_000 }));
    equal(
      rest.Records.map((/** @type {any} */ one) => one.SequenceNumber),
      stream.numbers.slice(4),
    );
  });
  suite.both('an iterator may be used again', async ({ lab, call }) => {
    const ShardIterator = await lab.iterator(await ten(lab));
    const first = ok(await call({ ShardIterator, Limit: 2 }));
    const again = ok(await call({ ShardIterator, Limit: 2 }));
    equal(again.Records, first.Records);
  });
  suite.both('nothing new, and still a fresh iterator', async ({ lab, call }) => {
    const ShardIterator = await lab.iterator(await ten(lab), { ShardIteratorType: 'LATEST' });
    const out = ok(await call({ ShardIterator }));
    equal(out.Records, []);
    must(typeof out.NextShardIterator === 'string', 'no NextShardIterator');
    must(out.NextShardIterator !== ShardIterator, 'the same iterator');
    equal(out.MillisBehindLatest, 0, 'MillisBehindLatest');
    equal('ChildShards' in out, false, 'ChildShards of an open shard');
  });
  more(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function more(suite) {
  suite.both('what comes after LATEST is found', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 1 });
    const ShardIterator = await lab.iterator(stream, { ShardIteratorType: 'LATEST' });
    const input = { StreamName: stream.name, Data: Buffer.from('new'), PartitionKey: 'a' };
    const { SequenceNumber } = await lab.out('PutRecord', input);
    const out = ok(await call({ ShardIterator }));
    equal(
      out.Records.map((/** @type {any} */ one) => one.SequenceNumber),
      [SequenceNumber],
    );
  });
  suite.both('with StreamARN', async ({ lab, call }) => {
    const stream = await ten(lab);
    const ShardIterator = await lab.iterator(stream);
    equal(ok(await call({ ShardIterator, StreamARN: stream.arn })).Records.length, 10);
  });
  suite.case('an iterator in double quotes', async ({ lab, call }) => {
    const ShardIterator = `"${await lab.iterator(await ten(lab))}"`;
    equal(ok(await call({ ShardIterator })).Records.length, 10);
  });
  suite.both('DryRun reads nothing', async ({ lab, call }) => {
    const ShardIterator = await lab.iterator(await ten(lab));
    fails(await call({ ShardIterator, DryRun: true }), 'DryRunOperationException');
  });
  badIterators(suite);
  shardEnd(suite);
  suite.case('over five calls in a second', async ({ lab }) => {
    const stream = await lab.stream({ ShardCount: 1 });
    const ShardIterator = await lab.iterator(stream);
    const calls = Array.from({ length: 30 }, () =>
      lab.client.once('GetRecords', { ShardIterator }, 'json'),
    );
    const refused = (await Promise.all(calls)).filter(({ status }) => status !== 200);
    must(refused.length > 0, 'all of 30 calls at once were served');
    const place = `stream ${stream.name} under account ${lab.account}`;
    const text = `Rate exceeded for shard ${SHARD_0} in ${place}.`;
    for (const answer of refused) fails(answer, 'ProvisionedThroughputExceededException', text);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function badIterators(suite) {
  const bad = {
    'no base64': 'an iterator, but no base64!',
    'eight bytes': 'AAAAAAAAAAE=',
    'random bytes': Buffer.alloc(152, 7).toString('base64'),
    'a plausible head only': Buffer.concat([
      Buffer.of(0, 0, 0, 0, 0, 0, 0, 1),
      Buffer.alloc(144),
    ]).toString('base64'),
  };
  for (const [what, ShardIterator] of Object.entries(bad)) {
    suite.refuses(
      `an iterator of ${what}`,
      () => ({ ShardIterator }),
      IA,
      'Invalid ShardIterator.',
    );
  }
  for (const at of [9, 40, -1]) {
    suite.both(`an iterator with byte ${at} changed`, async ({ lab, call }) => {
      const bytes = bytesOf(await lab.iterator(await ten(lab)));
      const index = at < 0 ? bytes.length + at : at;
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      const answer = await call({ ShardIterator: bytes.toString('base64') });
      fails(answer, IA, 'Invalid ShardIterator.');
    });
  }
  suite.both('an iterator cut short', async ({ lab, call }) => {
    const ShardIterator = (await lab.iterator(await ten(lab))).slice(0, -8);
    fails(await call({ ShardIterator }), IA, 'Invalid ShardIterator.');
  });
  suite.case('an iterator of a stream that is gone', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 1 });
    const ShardIterator = await lab.iterator(stream);
    await lab.out('DeleteStream', { StreamName: stream.name });
    await lab.gone(stream.name);
    fails(
      await call({ ShardIterator }),
      'ResourceNotFoundException',
      noSuchShard(SHARD_0, stream.name, lab),
    );
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function shardEnd(suite) {
  const split = once(async (lab) => {
    const stream = await lab.stream({ ShardCount: 1 });
    const NewStartingHashKey = String(2n ** 127n);
    const put = { StreamName: stream.name, Data: Buffer.from('last'), PartitionKey: 'a' };
    await lab.out('PutRecord', put);
    const iterator = await lab.iterator(stream);
    const names = { StreamName: stream.name, ShardToSplit: SHARD_0, NewStartingHashKey };
    await lab.out('SplitShard', names);
    await lab.active(stream.name);
    return { ...stream, iterator };
  });
  suite.both('the end of a split shard names both children', async ({ lab, call }) => {
    const { iterator } = await split(lab);
    const texts = [];
    let out = ok(await call({ ShardIterator: iterator }));
    for (let reads = 0; reads < 10; reads++) {
      texts.push(...out.Records.map((/** @type {any} */ one) => bytesOf(one.Data).toString()));
      if (out.NextShardIterator === undefined || out.NextShardIterator === null) break;
      equal('ChildShards' in out, false, 'ChildShards beside NextShardIterator');
      out = ok(await call({ ShardIterator: out.NextShardIterator }));
    }
    equal(texts, ['last']);
    equal(out.NextShardIterator ?? null, null, 'NextShardIterator at the end');
    const half = 2n ** 127n;
    equal(out.ChildShards, [
      {
        ShardId: 'shardId-000000000001',
        ParentShards: [SHARD_0],
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(half - 1n) },
      },
      {
        ShardId: 'shardId-000000000002',
        ParentShards: [SHARD_0],
        HashKeyRange: { StartingHashKey: String(half), EndingHashKey: String(2n * half - 1n) },
      },
    ]);
  });
  suite.case('LATEST of a closed shard is its end', async ({ lab, call }) => {
    const stream = await split(lab);
    const ShardIterator = await lab.iterator(stream, { ShardIteratorType: 'LATEST' });
    const out = ok(await call({ ShardIterator }));
    equal(out.Records, []);
    equal(out.NextShardIterator ?? null, null, 'NextShardIterator');
    equal(out.ChildShards?.length, 2, 'ChildShards');
  });
  suite.case('the end of merged shards names the child and both parents', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 2 });
    const other = 'shardId-000000000001';
    await lab.out('MergeShards', {
      ...{ StreamName: stream.name, ShardToMerge: SHARD_0, AdjacentShardToMerge: other },
    });
    await lab.active(stream.name);
    for (const ShardId of [SHARD_0, other]) {
      const out = ok(await call({ ShardIterator: await lab.iterator(stream, { ShardId }) }));
      equal(out.NextShardIterator ?? null, null, 'NextShardIterator');
      equal(out.ChildShards.length, 1, 'ChildShards');
      equal(out.ChildShards[0].ParentShards.toSorted(), [SHARD_0, other], 'ParentShards');
    }
  });
}
