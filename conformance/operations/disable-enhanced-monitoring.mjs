// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { equal, ok } from '../kit/expect.mjs';

export const name = 'DisableEnhancedMonitoring';
const ALL = [
  ...['IncomingBytes', 'IncomingRecords', 'IteratorAgeMilliseconds', 'OutgoingBytes'],
  ...['OutgoingRecords', 'ReadProvisionedThroughputExceeded', 'WriteProvisionedThroughputExceeded'],
];
const TWO = ['IncomingBytes', 'OutgoingBytes'];

/**
 * A stream with metrics.
 * @param {import('../kit/lab.mjs').Lab} lab
 * @param {string[]} metrics
 */
async function measured(lab, metrics) {
  const stream = await lab.stream();
  const input = { StreamName: stream.name, ShardLevelMetrics: metrics };
  await lab.out('EnableEnhancedMonitoring', input);
  await lab.active(stream.name);
  return stream;
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, ShardLevelMetrics: ['ALL'] }));
  selectsStream(suite, { ShardLevelMetrics: ['ALL'] });
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, ShardLevelMetrics: ['ALL'] }));
  suite.both('before and after', async ({ lab, call }) => {
    const { name, arn } = await measured(lab, [...TWO, 'IncomingRecords']);
    const out = ok(await call({ StreamName: name, ShardLevelMetrics: ['IncomingRecords'] }));
    equal(out.StreamName, name);
    equal(out.StreamARN, arn);
    const before = ['IncomingBytes', 'IncomingRecords', 'OutgoingBytes'];
    equal(out.CurrentShardLevelMetrics.toSorted(), before, 'CurrentShardLevelMetrics');
    equal(out.DesiredShardLevelMetrics.toSorted(), TWO, 'DesiredShardLevelMetrics');
    await lab.active(name);
    equal((await lab.summary(name)).EnhancedMonitoring[0].ShardLevelMetrics.toSorted(), TWO);
  });
  suite.case('ALL takes all away', async ({ lab, call }) => {
    const { name, arn } = await measured(lab, ['ALL']);
    const out = ok(await call({ StreamARN: arn, ShardLevelMetrics: ['ALL'] }));
    equal(out.CurrentShardLevelMetrics.toSorted(), ALL, 'CurrentShardLevelMetrics');
    equal(out.DesiredShardLevelMetrics, [], 'DesiredShardLevelMetrics');
    await lab.active(name);
    equal((await lab.summary(name)).EnhancedMonitoring, [{ ShardLevelMetrics: [] }]);
  });
  suite.case('one that is not on', async ({ lab, call }) => {
    const { name } = await measured(lab, TWO);
    const out = ok(await call({ StreamName: name, ShardLevelMetrics: ['OutgoingRecords'] }));
    equal(out.DesiredShardLevelMetrics.toSorted(), TWO);
  });
  suite.case('on a stream without metrics', async ({ lab, call }) => {
    const { name } = await lab.stream();
    const out = ok(await call({ StreamName: name, ShardLevelMetrics: ['ALL'] }));
    equal([out.CurrentShardLevelMetrics, out.DesiredShardLevelMetrics], [[], []]);
  });
}
