// @ts-check
import { HASH_MAX, NOTHING, SHARD_0, SHARD_1, SHARD_2, selectsStream } from '../kit/common.mjs';
import { bytesOf, equal, fails, failsConstraints, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'PutRecords';
const one = once((lab) => lab.stream({ ShardCount: 1 }));
const three = once((lab) => lab.stream({ ShardCount: 3 }));
const Data = Buffer.from('data');
const Records = [{ Data, PartitionKey: 'a' }];

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ StreamName: NOTHING, Records }));
  selectsStream(suite, { Records });
  suite.both('one record', async ({ lab, call }) => {
    const { name } = await one(lab);
    const out = ok(await call({ StreamName: name, Records }));
    equal(out.FailedRecordCount, 0, 'FailedRecordCount');
    equal(Object.keys(out).sort(), ['FailedRecordCount', 'Records']);
    equal(out.Records.length, 1);
    equal(Object.keys(out.Records[0]).sort(), ['SequenceNumber', 'ShardId']);
  });
  suite.both('by ARN', async ({ lab, call }) => {
    const { arn } = await one(lab);
    equal(ok(await call({ StreamARN: arn, Records })).FailedRecordCount, 0);
  });
  suite.both('answers stand in the order of the records', async ({ lab, call }) => {
    const { name } = await three(lab);
    const keys = ['a', 'b', 'e', 'f', 'a', 'e'];
    const input = { StreamName: name, Records: keys.map((key) => ({ Data, PartitionKey: key })) };
    const shards = ok(await call(input)).Records.map((/** @type {any} */ one) => one.ShardId);
    equal(shards, [SHARD_0, SHARD_1, SHARD_2, SHARD_1, SHARD_0, SHARD_2]);
  });
  suite.both('records of a shard keep the order of the request', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 1 });
    const texts = Array.from({ length: 60 }, (_, i) => `record ${i}`);
    const entries = texts.map((text, i) => ({ Data: Buffer.from(text), PartitionKey: `${i % 7}` }));
    const out = ok(await call({ StreamName: stream.name, Records: entries }));
    const numbers = out.Records.map((/** @type {any} */ one) => BigInt(one.SequenceNumber));
    must(
      numbers.every(
        (/** @type {bigint} */ n, /** @type {number} */ i) => i === 0 || n > numbers[i - 1],
      ),
      'numbers do not rise',
    );
    const records = await lab.read(await lab.iterator(stream), texts.length);
    equal(
      records.map((record) => bytesOf(record.Data).toString()),
      texts,
    );
  });
  more(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function more(suite) {
  suite.both('500 records', async ({ lab, call }) => {
    const { name } = await three(lab);
    const many = Array.from({ length: 500 }, (_, i) => ({ Data, PartitionKey: String(i) }));
    equal(ok(await call({ StreamName: name, Records: many })).Records.length, 500);
  });
  suite.both('ExplicitHashKey of a record', async ({ lab, call }) => {
    const { name } = await three(lab);
    const entry = { Data, PartitionKey: 'a', ExplicitHashKey: String(HASH_MAX) };
    equal(ok(await call({ StreamName: name, Records: [entry] })).Records[0].ShardId, SHARD_2);
  });
  suite.refuses(
    'an ExplicitHashKey of 2^128',
    async (lab) => {
      const { name } = await one(lab);
      const entry = { Data, PartitionKey: 'a', ExplicitHashKey: String(HASH_MAX + 1n) };
      return { StreamName: name, Records: [Records[0], entry] };
    },
    'InvalidArgumentException',
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ` +
      `Specified value was ${HASH_MAX + 1n}`,
  );
  wholeCall(suite);
  limits(suite);
  suite.both('DryRun', async ({ lab, call }) => {
    const { name } = await one(lab);
    fails(await call({ StreamName: name, Records, DryRun: true }), 'DryRunOperationException');
  });
  suite.refuses(
    'DryRun on a stream that does not exist',
    () => ({ StreamName: NOTHING, Records, DryRun: true }),
    'ResourceNotFoundException',
  );
  suite.case('a stream in CREATING is not there yet', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        const answer = await call({ StreamName: name, Records });
        const text = `Stream ${name} under account ${lab.account} not found.`;
        fails(answer, 'ResourceNotFoundException', text);
      },
    );
  });
}

/**
 * A record that breaks a rule fails the whole call, and nothing is stored.
 * @param {import('../kit/suite.mjs').Suite} suite
 */
function wholeCall(suite) {
  suite.both('one bad record and nothing is stored', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 1 });
    const entries = [...Records, { Data, PartitionKey: '' }];
    failsConstraints(await call({ StreamName: stream.name, Records: entries }), [
      {
        path: 'records.2.member.partitionKey',
        value: '',
        text: 'Member must have length greater than or equal to 1',
      },
    ]);
    const out = await lab.out('GetRecords', { ShardIterator: await lab.iterator(stream) });
    equal(out.Records, []);
  });
  suite.both('several bad records are named together', async ({ lab, call }) => {
    const { name } = await one(lab);
    const long = 'k'.repeat(257);
    const entries = [{ Data, PartitionKey: long }, { PartitionKey: 'a' }, ...Records];
    failsConstraints(await call({ StreamName: name, Records: entries }), [
      {
        path: 'records.1.member.partitionKey',
        value: long,
        text: 'Member must have length less than or equal to 256',
      },
      { path: 'records.2.member.data', value: null, text: 'Member must not be null' },
    ]);
  });
  suite.both('at most ten failures are named', async ({ lab, call }) => {
    const { name } = await one(lab);
    const entries = Array.from({ length: 14 }, () => ({ PartitionKey: 'a' }));
    const answer = await call({ StreamName: name, Records: entries });
    fails(answer, 'ValidationException', /^10 validation errors detected: /);
  });
  suite.both('a record without any key', async ({ lab, call }) => {
    const { name } = await one(lab);
    const answer = await call({ StreamName: name, Records: [{ Data }] });
    fails(answer, 'ValidationException', /'records\.1\.member\.partitionKey'.*not be null/);
  });
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function limits(suite) {
  const MIB = 1024 * 1024;
  suite.case('over 10 MiB in all', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 3 });
    const entry = { Data: Buffer.alloc(MIB - 1, 1), PartitionKey: 'a' };
    const input = { StreamName: name, Records: [...Array(10).fill(entry), { ...entry, Data }] };
    fails(await call(input), ['InvalidArgumentException', 'ValidationException']);
  });
  suite.case('one record over 1 MiB with its key', async ({ lab, call }) => {
    const { name } = await one(lab);
    const entry = { Data: Buffer.alloc(MIB, 1), PartitionKey: 'a' };
    const input = { StreamName: name, Records: [entry] };
    fails(await call(input), ['InvalidArgumentException', 'ValidationException']);
  });
  suite.case('records over the rate of a shard fail one by one', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1 });
    const many = Array.from({ length: 500 }, (_, i) => ({ Data, PartitionKey: String(i) }));
    let failed = 0;
    // What is sent in one go is far above 1,000 records in a second.
    await lab.until(
      'records are throttled',
      async () => {
        const calls = Array.from({ length: 6 }, () => call({ StreamName: name, Records: many }));
        for (const answer of await Promise.all(calls)) {
          const out = ok(answer);
          const bad = out.Records.filter((/** @type {any} */ one) => one.ErrorCode !== undefined);
          equal(out.FailedRecordCount, bad.length, 'FailedRecordCount');
          failed += bad.length;
          for (const entry of bad) {
            equal(entry, {
              ErrorCode: 'ProvisionedThroughputExceededException',
              ErrorMessage:
                `Rate exceeded for shard ${SHARD_0} in stream ${name} under account ` +
                `${lab.account}.`,
            });
          }
        }
        return failed > 0;
      },
      20_000,
    );
  });
}
