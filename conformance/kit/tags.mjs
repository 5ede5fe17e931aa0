// @ts-check
// Cases of the operations on tags, for streams by name and for resources by ARN.
import { equal } from './expect.mjs';

/** @typedef {import('./lab.mjs').Lab} Lab */

export const BAD_CHARACTERS =
  'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, ' +
  '_ . / = + - % @.';

/** Keys and values of every kind that is allowed. */
export const SOUND = {
  plain: 'value',
  'two words': 'a b',
  empty: '',
  ключ: 'значение',
  'a_.:/=+-@9': '_.:/=+-@9',
};

/** @param {number} count @param {string} [prefix] */
export function manyTags(count, prefix = 'k') {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, `v${i}`]));
}

/**
 * The tags of a resource.
 * @param {Lab} lab
 * @param {string} ResourceARN
 * @returns {Promise<Record<string, string>>}
 */
export async function tagsOf(lab, ResourceARN) {
  const { Tags } = await lab.out('ListTagsForResource', { ResourceARN });
  return Object.fromEntries(Tags.map((/** @type {any} */ one) => [one.Key, one.Value]));
}

/**
 * The resource has these tags and no others.
 * @param {Lab} lab
 * @param {string} arn
 * @param {Record<string, string>} tags
 */
export async function hasTags(lab, arn, tags) {
  equal(await tagsOf(lab, arn), tags, 'tags');
}
