// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { empty, fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';
import { BAD_CHARACTERS, hasTags, manyTags } from '../kit/tags.mjs';

export const name = 'RemoveTagsFromStream';
const IA = 'InvalidArgumentException';
const stream = once((lab) => lab.stream({ ShardCount: 1, Tags: { kept: 'k' } }));

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, TagKeys: ['a'] }));
  selectsStream(suite, { TagKeys: ['a'] });
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, TagKeys: ['a'] }));
  suite.both('those that are named', async ({ lab, call }) => {
    const { name, arn } = await lab.stream({ ShardCount: 1, Tags: { a: '1', b: '2', c: '3' } });
    empty(await call({ StreamName: name, TagKeys: ['a', 'c'] }));
    await hasTags(lab, arn, { b: '2' });
  });
  suite.case('by ARN', async ({ lab, call }) => {
    const { arn } = await lab.stream({ ShardCount: 1, Tags: { a: '1', b: '2' } });
    empty(await call({ StreamARN: arn, TagKeys: ['b'] }));
    await hasTags(lab, arn, { a: '1' });
  });
  suite.both('keys that there are not', async ({ lab, call }) => {
    const { name, arn } = await stream(lab);
    empty(await call({ StreamName: name, TagKeys: ['none', 'other'] }));
    await hasTags(lab, arn, { kept: 'k' });
  });
  suite.case('50 at once', async ({ lab, call }) => {
    const { name, arn } = await lab.stream({ ShardCount: 1, Tags: manyTags(50) });
    empty(await call({ StreamName: name, TagKeys: Object.keys(manyTags(50)) }));
    await hasTags(lab, arn, {});
  });
  for (const bad of ['!', ';', '<']) {
    suite.case(`a key with ${bad}`, async ({ lab, call }) => {
      const { name } = await stream(lab);
      fails(await call({ StreamName: name, TagKeys: [`a${bad}`] }), IA, BAD_CHARACTERS);
    });
  }
  suite.case('% passes one check and not the other', async ({ lab, call }) => {
    const { name } = await stream(lab);
    fails(
      await call({ StreamName: name, TagKeys: ['a%'] }),
      IA,
      `Failed to remove tags from stream ${name} under account ${lab.account} because some tags ` +
        `contained illegal characters. The allowed characters are Unicode letters, ` +
        `white-spaces, '_',',','/','=','+','-','@'.`,
    );
  });
}
