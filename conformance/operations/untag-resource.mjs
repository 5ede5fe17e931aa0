// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { empty } from '../kit/expect.mjs';
import { selectsResource } from '../kit/resources.mjs';
import { hasTags, manyTags } from '../kit/tags.mjs';

export const name = 'UntagResource';

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ ResourceARN: lab.arn(NOTHING), TagKeys: ['a'] }));
  selectsResource(suite, { TagKeys: ['a'] });
  suite.both('a stream', async ({ lab, call }) => {
    const { arn } = await lab.stream({ ShardCount: 1, Tags: { a: '1', b: '2' } });
    empty(await call({ ResourceARN: arn, TagKeys: ['a', 'never'] }));
    await hasTags(lab, arn, { b: '2' });
  });
  suite.both('a consumer', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    const { ConsumerARN } = await lab.consumer(arn, 'tagged');
    await lab.out('TagResource', { ResourceARN: ConsumerARN, Tags: { a: '1', b: '2' } });
    empty(await call({ ResourceARN: ConsumerARN, TagKeys: ['b'] }));
    await hasTags(lab, ConsumerARN, { a: '1' });
  });
  suite.case('keys that there are not', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    empty(await call({ ResourceARN: arn, TagKeys: ['never'] }));
    await hasTags(lab, arn, {});
  });
  suite.case('50 at once', async ({ lab, call }) => {
    const { arn } = await lab.stream({ ShardCount: 1, Tags: manyTags(50) });
    empty(await call({ ResourceARN: arn, TagKeys: Object.keys(manyTags(50)) }));
    await hasTags(lab, arn, {});
  });
}
