// @ts-check
import { NOTHING } from '../kit/common.mjs';
import { empty, fails } from '../kit/expect.mjs';
import { resources, selectsResource } from '../kit/resources.mjs';
import { BAD_CHARACTERS, SOUND, hasTags, manyTags } from '../kit/tags.mjs';

export const name = 'TagResource';
const IA = 'InvalidArgumentException';
const existing = resources();

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints((lab) => ({ ResourceARN: lab.arn(NOTHING), Tags: { a: 'b' } }));
  selectsResource(suite, { Tags: { a: 'b' } });
  suite.both('a stream', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    empty(await call({ ResourceARN: arn, Tags: SOUND }));
    empty(await call({ ResourceARN: arn, Tags: { plain: 'other' } }));
    await hasTags(lab, arn, { ...SOUND, plain: 'other' });
  });
  suite.both('a consumer, whose tags are its own', async ({ lab, call, protocol }) => {
    const stream = await lab.stream({ ShardCount: 1, Tags: { of: 'the stream' } });
    const { ConsumerARN } = await lab.consumer(stream.arn, `tagged-${protocol}`);
    empty(await call({ ResourceARN: ConsumerARN, Tags: { of: 'the consumer' } }));
    await hasTags(lab, ConsumerARN, { of: 'the consumer' });
    await hasTags(lab, stream.arn, { of: 'the stream' });
  });
  suite.case('50 tags, and no more', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    empty(await call({ ResourceARN: arn, Tags: manyTags(50) }));
    const answer = await call({ ResourceARN: arn, Tags: { more: 'x' } });
    fails(answer, [IA, 'LimitExceededException']);
    await hasTags(lab, arn, manyTags(50));
  });
  for (const Tags of [{ 'a!': 'b' }, { a: 'b<' }]) {
    suite.case(`tags ${JSON.stringify(Tags)}`, async ({ lab, call }) => {
      const { stream } = await existing(lab);
      fails(await call({ ResourceARN: stream.arn, Tags }), IA, BAD_CHARACTERS);
    });
  }
  suite.both('a key that begins with aws:', async ({ lab, call }) => {
    const { stream } = await existing(lab);
    const answer = await call({ ResourceARN: stream.arn, Tags: { 'aws:a': 'b' } });
    fails(answer, [IA, 'ValidationException']);
  });
}
