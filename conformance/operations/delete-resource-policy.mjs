// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { empty, equal, fails } from '../kit/expect.mjs';
import { policyFor } from '../kit/policies.mjs';
import { resources, selectsResource } from '../kit/resources.mjs';

export const name = 'DeleteResourcePolicy';
const RNF = 'ResourceNotFoundException';
const without = resources();

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ ResourceARN: lab.arn(NOTHING) }));
  selectsResource(suite, {});
  suite.both('once, and not twice', async ({ lab, call }) => {
    const { arn: ResourceARN } = await lab.stream();
    await lab.out('PutResourcePolicy', { ResourceARN, Policy: policyFor(lab, ResourceARN) });
    empty(await call({ ResourceARN }));
    equal(await lab.out('GetResourcePolicy', { ResourceARN }), { Policy: '{}' });
    const text = `No resource policy found for resource ARN ${ResourceARN}.`;
    fails(await call({ ResourceARN }), RNF, text);
  });
  suite.both('a stream without one', async ({ lab, call }) => {
    const { stream } = await without(lab);
    const text = `No resource policy found for resource ARN ${stream.arn}.`;
    fails(await call({ ResourceARN: stream.arn }), RNF, text);
  });
  suite.both('a consumer without one', async ({ lab, call }) => {
    const { consumer } = await without(lab);
    const text = `No resource policy found for resource ARN ${consumer.ConsumerARN}.`;
    fails(await call({ ResourceARN: consumer.ConsumerARN }), RNF, text);
  });
  suite.case('it goes with its stream', async ({ lab }) => {
    const { name, arn: ResourceARN } = await lab.stream();
    await lab.out('PutResourcePolicy', { ResourceARN, Policy: policyFor(lab, ResourceARN) });
    await lab.out('DeleteStream', { StreamName: name });
    await lab.gone(name);
    await lab.stream({ StreamName: name, ShardCount: 1 });
    equal(await lab.out('GetResourcePolicy', { ResourceARN }), { Policy: '{}' });
  });
}
