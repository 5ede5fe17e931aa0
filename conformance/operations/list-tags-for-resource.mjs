// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { equal, ok } from '../kit/expect.mjs';
import { resources, selectsResource } from '../kit/resources.mjs';
import { manyTags } from '../kit/tags.mjs';

export const name = 'ListTagsForResource';
const existing = resources();

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ ResourceARN: lab.arn(NOTHING) }));
  selectsResource(suite, {});
  suite.both('a stream without tags', async ({ lab, call }) => {
    const { stream } = await existing(lab);
    equal(ok(await call({ ResourceARN: stream.arn })), { Tags: [] });
  });
  suite.both('a consumer without tags', async ({ lab, call }) => {
    const { consumer } = await existing(lab);
    equal(ok(await call({ ResourceARN: consumer.ConsumerARN })), { Tags: [] });
  });
  suite.both('tags given to the stream by its name', async ({ lab, call }) => {
    const { arn, name } = await lab.stream();
    await lab.out('AddTagsToStream', { StreamName: name, Tags: { b: '2', a: '1' } });
    equal(ok(await call({ ResourceARN: arn })), {
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
  });
  suite.case('all of 50, in one answer', async ({ lab, call }) => {
    const { arn } = await lab.stream({ ShardCount: 1, Tags: manyTags(50) });
    equal(ok(await call({ ResourceARN: arn })).Tags.length, 50);
  });
}
