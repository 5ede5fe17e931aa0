// @ts-check
import { nameOfNothing, selectsStream } from '../kit/common.mjs';
import { equal, msOf, must, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';

export const name = 'DescribeStreamSummary';
const plain = once((lab) => lab.stream({ ShardCount: 2 }));
const onDemand = once((lab) => lab.stream({ StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => nameOfNothing);
  selectsStream(suite, {});
  const expected = {
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    RetentionPeriodHours: 24,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
    OpenShardCount: 2,
    ConsumerCount: 0,
    MaxRecordSizeInKiB: 1024,
  };
  for (const [member, value] of Object.entries(expected)) {
    suite.both(`${member} of a new stream`, async ({ lab, call }) => {
      const { name } = await plain(lab);
      equal(ok(await call({ StreamName: name })).StreamDescriptionSummary[member], value, member);
    });
  }
  suite.both('name and ARN', async ({ lab, call }) => {
    const { name, arn } = await plain(lab);
    const summary = ok(await call({ StreamARN: arn })).StreamDescriptionSummary;
    equal([summary.StreamName, summary.StreamARN], [name, arn]);
  });
  suite.both('creation time in whole seconds', async ({ lab, call }) => {
    const { name } = await plain(lab);
    const summary = ok(await call({ StreamName: name })).StreamDescriptionSummary;
    const ms = msOf(summary.StreamCreationTimestamp);
    equal(ms % 1000, 0, 'milliseconds');
    must(Math.abs(Date.now() - ms) < 900_000, `created at ${ms}`);
  });
  // SDKs leave a custom endpoint for another host when they are given one.
  suite.both('never a StreamId', async ({ lab, call }) => {
    const { name } = await plain(lab);
    equal('StreamId' in ok(await call({ StreamName: name })).StreamDescriptionSummary, false);
  });
  states(suite);
}

/** @param {import('../kit/suite.mjs').Suite} suite */
function states(suite) {
  suite.both('an on-demand stream', async ({ lab, call }) => {
    const { name } = await onDemand(lab);
    const summary = ok(await call({ StreamName: name })).StreamDescriptionSummary;
    equal(summary.StreamModeDetails, { StreamMode: 'ON_DEMAND' });
    equal(summary.OpenShardCount, 4, 'OpenShardCount');
    equal(summary.RecordDistributionStrategy, 'USER_PARTITION_KEY', 'RecordDistributionStrategy');
  });
  suite.both('a provisioned stream has no RecordDistributionStrategy', async ({ lab, call }) => {
    const { name } = await plain(lab);
    const summary = ok(await call({ StreamName: name })).StreamDescriptionSummary;
    equal('RecordDistributionStrategy' in summary, false);
    equal('WarmThroughput' in summary, false);
  });
  suite.case('CREATING', async ({ lab, call }) => {
    await lab.during(
      'CREATING',
      () => lab.enterCreating(),
      async (name) => {
        equal(
          ok(await call({ StreamName: name })).StreamDescriptionSummary.StreamStatus,
          'CREATING',
        );
      },
    );
  });
  suite.case('ConsumerCount', async ({ lab, call }) => {
    const { name, arn } = await onDemand(lab);
    await lab.consumer(arn, 'counted');
    equal(ok(await call({ StreamName: name })).StreamDescriptionSummary.ConsumerCount, 1);
  });
  suite.case('OpenShardCount leaves out closed shards', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1 });
    const NewStartingHashKey = String(2n ** 127n);
    const ShardToSplit = 'shardId-000000000000';
    await lab.out('SplitShard', { StreamName: name, ShardToSplit, NewStartingHashKey });
    await lab.active(name);
    equal(ok(await call({ StreamName: name })).StreamDescriptionSummary.OpenShardCount, 2);
  });
}
