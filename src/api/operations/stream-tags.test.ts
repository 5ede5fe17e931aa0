import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, TestWorld } from '../test-world.suite.ts';

const invalid = 'InvalidArgumentException';
const s = { StreamName: 's' };
const illegal = (what: string): string =>
  `Failed to ${what} stream s under account ${ACCOUNT} because some tags contained illegal ` +
  `characters. The allowed characters are Unicode letters, ` +
  `white-spaces, '_',',','/','=','+','-','@'.`;

async function tagged(): Promise<TestWorld> {
  const world = new TestWorld();
  await world.stream('s');
  await world.call('AddTagsToStream', { ...s, Tags: { b: '2', a: '1', c: '' } });
  return world;
}

test('tags are added over, listed in key order, removed whether or not they are there', async () => {
  const world = await tagged();
  await world.call('AddTagsToStream', { ...s, Tags: { a: 'new' } });
  assert.deepEqual(await world.call('ListTagsForStream', s), {
    Tags: [
      { Key: 'a', Value: 'new' },
      { Key: 'b', Value: '2' },
      { Key: 'c', Value: '' },
    ],
    HasMoreTags: false,
  });
  assert.deepEqual(await world.call('RemoveTagsFromStream', { ...s, TagKeys: ['a', 'z'] }), {});
  assert.deepEqual(Object.keys(world.control.documents[0]!.tags), ['b', 'c']);
});

test('pages start after a key that need not exist', async () => {
  const world = await tagged();
  const page = { ...s, Limit: 1, ExclusiveStartTagKey: 'aa' };
  assert.deepEqual(await world.call('ListTagsForStream', page), {
    Tags: [{ Key: 'b', Value: '2' }],
    HasMoreTags: true,
  });
});

test('characters are checked twice: before the stream is found and after', async () => {
  const world = await tagged();
  const first =
    'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white ' +
    'space, _ . / = + - % @.';
  const missing = { StreamName: 'none' };
  await world.refuses('AddTagsToStream', { ...missing, Tags: { 'a*': '' } }, invalid, first);
  await world.refuses('RemoveTagsFromStream', { ...missing, TagKeys: ['*'] }, invalid, first);
  const notFound = `Stream none under account ${ACCOUNT} not found.`;
  const type = 'ResourceNotFoundException';
  await world.refuses('AddTagsToStream', { ...missing, Tags: { '%': '' } }, type, notFound);
  await world.refuses('RemoveTagsFromStream', { ...missing, TagKeys: ['%'] }, type, notFound);
  const add = { ...s, Tags: { a: '%' } };
  await world.refuses('AddTagsToStream', add, invalid, illegal('add tags to'));
  const remove = { ...s, TagKeys: ['%'] };
  await world.refuses('RemoveTagsFromStream', remove, invalid, illegal('remove tags from'));
  const reserved = await world.failure('AddTagsToStream', { ...s, Tags: { 'aws:x': '' } });
  assert.equal(reserved.__type, invalid);
});
