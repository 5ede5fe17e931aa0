// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { empty, equal, fails } from '../kit/expect.mjs';
import { policyFor } from '../kit/policies.mjs';
import { resources, selectsResource } from '../kit/resources.mjs';

export const name = 'PutResourcePolicy';
const existing = resources();

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({
    ResourceARN: lab.arn(NOTHING),
    Policy: policyFor(lab, lab.arn(NOTHING)),
  }));
  for (const what of ['stream', 'consumer']) {
    suite.both(`a ${what}`, async ({ lab, call }) => {
      const { stream, consumer } = await existing(lab);
      const ResourceARN = what === 'stream' ? stream.arn : consumer.ConsumerARN;
      const Policy = policyFor(lab, ResourceARN);
      empty(await call({ ResourceARN, Policy }));
      const found = await lab.out('GetResourcePolicy', { ResourceARN });
      equal(JSON.parse(found.Policy), JSON.parse(Policy));
    });
  }
  suite.both('a second policy takes the place of the first', async ({ lab, call }) => {
    const { arn: ResourceARN } = await lab.stream();
    empty(await call({ ResourceARN, Policy: policyFor(lab, ResourceARN, 'first') }));
    const Policy = policyFor(lab, ResourceARN, 'second');
    empty(await call({ ResourceARN, Policy }));
    const found = await lab.out('GetResourcePolicy', { ResourceARN });
    equal(JSON.parse(found.Policy), JSON.parse(Policy));
  });
  selectsResource(suite, {
    Policy:
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kinesis:GetRecords","Resource":"*"}]}',
  });
  for (const Policy of ['no policy', '{', '[]', '{}', '{"Version":"2012-10-17"}', '7']) {
    suite.both(`the policy ${Policy}`, async ({ lab, call }) => {
      const { stream } = await existing(lab);
      const answer = await call({ ResourceARN: stream.arn, Policy });
      fails(answer, ['InvalidArgumentException', 'ValidationException']);
    });
  }
}
