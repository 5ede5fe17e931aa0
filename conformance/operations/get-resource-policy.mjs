// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { equal, ok } from '../kit/expect.mjs';
import { policyFor } from '../kit/policies.mjs';
import { resources, selectsResource } from '../kit/resources.mjs';

export const name = 'GetResourcePolicy';
const without = resources();

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ ResourceARN: lab.arn(NOTHING) }));
  selectsResource(suite, {});
  suite.both('a stream without one', async ({ lab, call }) => {
    const { stream } = await without(lab);
    equal(ok(await call({ ResourceARN: stream.arn })), { Policy: '{}' });
  });
  suite.both('a consumer without one', async ({ lab, call }) => {
    const { consumer } = await without(lab);
    equal(ok(await call({ ResourceARN: consumer.ConsumerARN })), { Policy: '{}' });
  });
  suite.both('as it was given', async ({ lab, call }) => {
    const { arn: ResourceARN } = await lab.stream();
    const Policy = policyFor(lab, ResourceARN);
    await lab.out('PutResourcePolicy', { ResourceARN, Policy });
    const out = ok(await call({ ResourceARN }));
    equal(JSON.parse(out.Policy), JSON.parse(Policy));
  });
  suite.case('that of a consumer is not that of its stream', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    const { ConsumerARN } = await lab.consumer(arn, 'apart');
    await lab.out('PutResourcePolicy', { ResourceARN: arn, Policy: policyFor(lab, arn) });
    equal(ok(await call({ ResourceARN: ConsumerARN })), { Policy: '{}' });
  });
}
