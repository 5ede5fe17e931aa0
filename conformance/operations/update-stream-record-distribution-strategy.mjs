// @ts-check
import { NOTHING, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { empty, equal, fails, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'UpdateStreamRecordDistributionStrategy';
const AUTO = { RecordDistributionStrategy: 'AUTO' };
const members = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } };
const provisioned = once((lab) => lab.stream());

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ StreamARN: lab.arn(NOTHING), ...AUTO }));
  selectsStream(suite, AUTO, { byName: false });
  refusesWhileCreating(suite, ({ arn }) => ({ StreamARN: arn, ...AUTO }), members);
  suite.both('at once, without UPDATING', async ({ lab, call }) => {
    const { name, arn } = await lab.stream(members);
    empty(await call({ StreamARN: arn, ...AUTO }));
    const summary = await lab.summary(name);
    equal(summary.RecordDistributionStrategy, 'AUTO');
    equal(summary.StreamStatus, 'ACTIVE');
  });
  suite.case('AUTO spreads records, whatever their keys', async ({ lab, call }) => {
    const { name, arn } = await lab.stream(members);
    empty(await call({ StreamARN: arn, ...AUTO }));
    const shards = new Set();
    for (let i = 0; i < 12; i++) {
      const Records = Array.from({ length: 100 }, () => ({
        ...{ Data: Buffer.from('a'), PartitionKey: 'the same' },
      }));
      const out = await lab.out('PutRecords', { StreamName: name, Records });
      for (const { ShardId } of out.Records) shards.add(ShardId);
    }
    must(shards.size > 1, `all records went to ${[...shards].join()}`);
  });
  suite.case('AUTO needs no key, and back it is needed again', async ({ lab, call }) => {
    const { name, arn } = await lab.stream(members);
    const put = { StreamName: name, Data: Buffer.from('no key') };
    fails(await lab.call('PutRecord', put), 'ValidationException');
    empty(await call({ StreamARN: arn, ...AUTO }));
    const { ShardId } = ok(await lab.call('PutRecord', put));
    const [record] = await lab.read(await lab.iterator({ name, arn }, { ShardId }), 1);
    equal('PartitionKey' in record, false, 'PartitionKey');
    empty(await call({ StreamARN: arn, RecordDistributionStrategy: 'USER_PARTITION_KEY' }));
    fails(await lab.call('PutRecord', put), 'ValidationException');
  });
  suite.case('ExplicitHashKey is ignored', async ({ lab, call }) => {
    const { name, arn } = await lab.stream(members);
    empty(await call({ StreamARN: arn, ...AUTO }));
    const input = { StreamName: name, Data: Buffer.from('a'), ExplicitHashKey: '0' };
    ok(await lab.call('PutRecord', input));
  });
  suite.both('AUTO on a provisioned stream', async ({ lab, call }) => {
    const { arn } = await provisioned(lab);
    fails(await call({ StreamARN: arn, ...AUTO }), [
      'InvalidArgumentException',
      'ValidationException',
    ]);
  });
}
