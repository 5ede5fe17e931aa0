// @ts-check
import { nameOfNothing, refusesWhileCreating, selectsStream } from '../kit/common.mjs';
import { empty, fails } from '../kit/expect.mjs';
import { once } from '../kit/suite.mjs';
import { BAD_CHARACTERS, SOUND, hasTags, manyTags } from '../kit/tags.mjs';

export const name = 'AddTagsToStream';
const IA = 'InvalidArgumentException';
const stream = once((lab) => lab.stream());

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  suite.constraints(() => ({ ...nameOfNothing, Tags: { a: 'b' } }));
  selectsStream(suite, { Tags: { a: 'b' } });
  refusesWhileCreating(suite, ({ name }) => ({ StreamName: name, Tags: { a: 'b' } }));
  suite.both('all kinds of characters', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    empty(await call({ StreamName: name, Tags: SOUND }));
    await hasTags(lab, arn, SOUND);
  });
  suite.case('by ARN; a second value takes the place of the first', async ({ lab, call }) => {
    const { arn } = await lab.stream();
    empty(await call({ StreamARN: arn, Tags: { a: '1', b: '2' } }));
    empty(await call({ StreamARN: arn, Tags: { b: '3', c: '4' } }));
    await hasTags(lab, arn, { a: '1', b: '3', c: '4' });
  });
  suite.case('50 tags, and no more', async ({ lab, call }) => {
    const { name, arn } = await lab.stream();
    empty(await call({ StreamName: name, Tags: manyTags(50) }));
    const answer = await call({ StreamName: name, Tags: { more: 'x' } });
    fails(
      answer,
      [IA, 'LimitExceededException'],
      [
        new RegExp(
          `^Failed to add tags to stream ${name} under account ${lab.account} because a given ` +
            `stream cannot have more than \\d+ tags associated with it\\.$`,
        ),
      ],
    );
    empty(await call({ StreamName: name, Tags: { k0: 'changed' } }));
    await hasTags(lab, arn, { ...manyTags(50), k0: 'changed' });
  });
  for (const bad of ['!', ';', '"', '\\', '<', '*', '~']) {
    suite.case(`a key with ${bad}`, async ({ lab, call }) => {
      const { name } = await stream(lab);
      fails(await call({ StreamName: name, Tags: { [`a${bad}`]: 'b' } }), IA, BAD_CHARACTERS);
    });
    suite.case(`a value with ${bad}`, async ({ lab, call }) => {
      const { name } = await stream(lab);
      fails(await call({ StreamName: name, Tags: { a: `b${bad}` } }), IA, BAD_CHARACTERS);
    });
  }
  suite.both('% passes one check and not the other', async ({ lab, call }) => {
    const { name } = await stream(lab);
    fails(
      await call({ StreamName: name, Tags: { 'a%': 'b' } }),
      IA,
      `Failed to add tags to stream ${name} under account ${lab.account} because some tags ` +
        `contained illegal characters. The allowed characters are Unicode letters, ` +
        `white-spaces, '_',',','/','=','+','-','@'.`,
    );
  });
  suite.both('a key that begins with aws:', async ({ lab, call }) => {
    const { name } = await stream(lab);
    fails(await call({ StreamName: name, Tags: { 'aws:a': 'b' } }), [IA, 'ValidationException']);
  });
}
