// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { equal, ok } from '../kit/expect.mjs';

export const name = 'EnableEnhancedMonitoring';
const ALL = [
  ...['IncomingBytes', 'IncomingRecords', 'IteratorAgeMilliseconds', 'OutgoingBytes'],
  ...['OutgoingRecords', 'ReadProvisionedThroughputExceeded', 'WriteProvisionedThroughputExceeded'],
];
const TWO = ['IncomingBytes', 'OutgoingBytes'];

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, ShardLevelMetrics: ['ALL'] }));
  selectsStream(suite, { ShardLevelMetrics: ['ALL'] });
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ShardLevelMetrics: ['ALL'] }));
  suite.both('before and after', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    const out = ok(await call({ StreamName: name, ShardLevelMetrics: TWO }));
    equal(out.StreamName, name);
    equal(out.StreamARN, arn);
    equal(out.CurrentShardLevelMetrics, [], 'CurrentShardLevelMetrics');
    equal(out.DesiredShardLevelMetrics.toSorted(), TWO, 'DesiredShardLevelMetrics');
    await lab.active(name);
    const summary = await lab.summary(name);
    equal(summary.EnhancedMonitoring.length, 1);
    equal(summary.EnhancedMonitoring[0].ShardLevelMetrics.toSorted(), TWO);
  });
  suite.case('ALL stands for the seven', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    const out = ok(await call({ StreamARN: arn, ShardLevelMetrics: ['ALL'] }));
    equal(out.DesiredShardLevelMetrics.toSorted(), ALL);
    await lab.active(name);
    const { StreamDescription } = await lab.out('DescribeStream', { StreamName: name });
    equal(StreamDescription.EnhancedMonitoring[0].ShardLevelMetrics.toSorted(), ALL);
  });
  suite.case('what is on stays on', async ({ lab, call }) => {
    const { name } = await lab.stream();
    ok(await call({ StreamName: name, ShardLevelMetrics: ['IncomingBytes'] }));
    await lab.active(name);
    const out = ok(await call({ StreamName: name, ShardLevelMetrics: ['OutgoingBytes'] }));
    equal(out.CurrentShardLevelMetrics, ['IncomingBytes'], 'CurrentShardLevelMetrics');
    equal(out.DesiredShardLevelMetrics.toSorted(), TWO, 'DesiredShardLevelMetrics');
  });
  suite.case('one that is on already', async ({ lab, call }) => {
    const { name } = await lab.stream();
    ok(await call({ StreamName: name, ShardLevelMetrics: TWO }));
    await lab.active(name);
    const out = ok(await call({ StreamName: name, ShardLevelMetrics: ['IncomingBytes'] }));
    equal(out.DesiredShardLevelMetrics.toSorted(), TWO);
  });
}
