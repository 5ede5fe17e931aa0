// @ts-check
import { nameOfNothing, selectsStream } from '../kit/common.mjs';
import { equal, ok } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';
import { manyTags } from '../kit/tags.mjs';

export const name = 'ListTagsForStream';
const five = once((lab) =>
  lab.stream({ ShardCount: 1, Tags: { e: '5', a: '1', c: '3', b: '2', d: '' } }),
);
const keys = (/** @type {any} */ out) => out.Tags.map((/** @type {any} */ one) => one.Key).join('');

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => nameOfNothing);
  selectsStream(suite, {});
  suite.both('none', async ({ lab, call }) => {
    const { name } = await lab.stream();
    equal(ok(await call({ StreamName: name })), { Tags: [], HasMoreTags: false });
  });
  suite.both('in the order of keys', async ({ lab, call }) => {
    const { name } = await five(lab);
    equal(ok(await call({ StreamName: name })), {
      Tags: [
        ...[
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
          { Key: 'c', Value: '3' },
        ],
        ...[
          { Key: 'd', Value: '' },
          { Key: 'e', Value: '5' },
        ],
      ],
      HasMoreTags: false,
    });
  });
  suite.both('by ARN', async ({ lab, call }) => {
    const { arn } = await five(lab);
    equal(keys(ok(await call({ StreamARN: arn }))), 'abcde');
  });
  suite.both('Limit', async ({ lab, call }) => {
    const { name } = await five(lab);
    const out = ok(await call({ StreamName: name, Limit: 2 }));
    equal([keys(out), out.HasMoreTags], ['ab', true]);
  });
  suite.both('Limit of all there are', async ({ lab, call }) => {
    const { name } = await five(lab);
    equal(ok(await call({ StreamName: name, Limit: 5 })).HasMoreTags, false);
  });
  suite.both('ExclusiveStartTagKey', async ({ lab, call }) => {
    const { name } = await five(lab);
    const out = ok(await call({ StreamName: name, ExclusiveStartTagKey: 'b', Limit: 2 }));
    equal([keys(out), out.HasMoreTags], ['cd', true]);
  });
  suite.both('ExclusiveStartTagKey that is no tag', async ({ lab, call }) => {
    const { name } = await five(lab);
    equal(keys(ok(await call({ StreamName: name, ExclusiveStartTagKey: 'bb' }))), 'cde');
  });
  suite.both('ExclusiveStartTagKey after the last', async ({ lab, call }) => {
    const { name } = await five(lab);
    const out = ok(await call({ StreamName: name, ExclusiveStartTagKey: 'z' }));
    equal(out, { Tags: [], HasMoreTags: false });
  });
  suite.case('50 at once', async ({ lab, call }) => {
    const { name } = await lab.stream({ ShardCount: 1, Tags: manyTags(50) });
    const out = ok(await call({ StreamName: name, Limit: 50 }));
    equal([out.Tags.length, out.HasMoreTags], [50, false]);
  });
}
