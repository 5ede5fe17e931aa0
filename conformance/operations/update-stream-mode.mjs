// @ts-check
import { NOTHING, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { empty, equal, fails, must } from '../kit/expect.mjs';

export const name = 'UpdateStreamMode';
const toMode = (/** @type {string} */ StreamMode) => ({ StreamModeDetails: { StreamMode } });
const ON_DEMAND = toMode('ON_DEMAND');

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ StreamARN: lab.arn(NOTHING), ...ON_DEMAND }));
  selectsStream(suite, ON_DEMAND, { byName: false });
  refusesWhileCreating(suite, ({ arn }) => ({ StreamARN: arn, ...ON_DEMAND }));
  suite.both('on demand, and the shards stay', async ({ lab, call }) => {
    const { name, arn } = await lab.stream({ ShardCount: 3 });
    empty(await call({ StreamARN: arn, ...ON_DEMAND }));
    await lab.active(name);
    const summary = await lab.summary(name);
    equal(summary.StreamModeDetails, { StreamMode: 'ON_DEMAND' });
    must(summary.OpenShardCount >= 3, `OpenShardCount ${summary.OpenShardCount}`);
  });
  suite.both('provisioned, and the shards stay', async ({ lab, call }) => {
    const { name, arn } = await lab.stream(ON_DEMAND);
    empty(await call({ StreamARN: arn, ...toMode('PROVISIONED') }));
    await lab.active(name);
    const summary = await lab.summary(name);
    equal(summary.StreamModeDetails, { StreamMode: 'PROVISIONED' });
    equal(summary.OpenShardCount, 4, 'OpenShardCount');
  });
  suite.case('records stay', async ({ lab, call }) => {
    const stream = await lab.stream({ ShardCount: 1 });
    const input = { StreamName: stream.name, Data: Buffer.from('a'), PartitionKey: 'a' };
    const { SequenceNumber } = await lab.out('PutRecord', input);
    empty(await call({ StreamARN: stream.arn, ...ON_DEMAND }));
    const [record] = await lab.read(await lab.iterator(stream), 1);
    equal(record.SequenceNumber, SequenceNumber);
  });
  suite.case('UPDATING for a while', async ({ lab, call }) => {
    const enter = async () => {
      const { name, arn } = await lab.stream();
      empty(await call({ StreamARN: arn, ...ON_DEMAND }));
      return name;
    };
    await lab.during('UPDATING', enter, async (name) => {
      const answer = await call({ StreamARN: lab.arn(name), ...toMode('PROVISIONED') });
      fails(answer, 'ResourceInUseException');
    });
  });
  suite.case('at most two switches in a day', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    for (const mode of ['ON_DEMAND', 'PROVISIONED']) {
      empty(await call({ StreamARN: arn, ...toMode(mode) }));
      await lab.active(name);
    }
    fails(await call({ StreamARN: arn, ...ON_DEMAND }), 'LimitExceededException');
  });
  suite.case('WarmThroughputMiBps on the way to provisioned', async ({ lab, call }) => {
    const { arn } = await lab.stream(ON_DEMAND);
    const input = { StreamARN: arn, ...toMode('PROVISIONED'), WarmThroughputMiBps: 10 };
    fails(await call(input), ['ValidationException', 'InvalidArgumentException']);
  });
}
