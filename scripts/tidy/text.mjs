// @ts-check
/** Checks that need no parser: sizes, names, leftovers. */
import { COLUMNS_MAX, isTest, LINES_MAX, TEST_LINES_MAX } from './rules.mjs';
import { filesLike } from './repository.mjs';

/**
 * @typedef {import('./repository.mjs').Repository} Repository
 * @typedef {import('./repository.mjs').Problem} Problem
 */

const CODE = /\.(ts|mts|mjs|js)$/;
// Assembled, so that this file does not break its own rule.
const WORDS = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'];
const LEFTOVER = new RegExp(`\\b(${WORDS.join('|')})\\b`);
/** Addresses, texts alone on their line, titles of tests: cut in two, a search misses them. */
const UNBREAKABLE = /https?:\/\/\S{60}|^\s*(['"`]).*\1[,;)]*$|^\s*(test|it|describe)\(['"`]/;
/** Names that tools or habit fix. */
const FIXED_NAMES = /^(README|CONTRIBUTING|CHANGELOG|SECURITY|LICENSE|CODE_OF_CONDUCT|Dockerfile)/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;

/**
 * @param {Repository} repository
 * @returns {Problem[]}
 */
export function checkText(repository) {
  return [
    ...filesLike(repository, CODE).flatMap(([path, text]) => sizes(path, text)),
    ...[...repository.files].flatMap(([path, text]) => leftovers(path, text)),
    ...[...repository.files.keys()].flatMap(names),
  ];
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {Problem[]}
 */
function sizes(path, text) {
  /** @type {Problem[]} */
  const problems = [];
  const lines = text.replace(/\n$/, '').split('\n');
  const max = isTest(path) ? TEST_LINES_MAX : LINES_MAX;
  if (lines.length > max) {
    problems.push({ path, line: 0, message: `${lines.length} lines, at most ${max}: split it` });
  }
  lines.forEach((line, i) => {
    const columns = [...line].length;
    if (columns > COLUMNS_MAX && !UNBREAKABLE.test(line)) {
      problems.push({ path, line: i + 1, message: `${columns} columns, at most ${COLUMNS_MAX}` });
    }
  });
  return problems;
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {Problem[]}
 */
function leftovers(path, text) {
  if (path.endsWith('.json')) return [];
  return text.split('\n').flatMap((line, i) => {
    const word = LEFTOVER.exec(line)?.[1];
    return word ? [{ path, line: i + 1, message: `leftover ${word}: do it or drop it` }] : [];
  });
}

/**
 * @param {string} path
 * @returns {Problem[]}
 */
function names(path) {
  const name = path.split('/').at(-1) ?? '';
  if (FIXED_NAMES.test(name) || name.startsWith('.')) return [];
  // Other languages have conventions of their own.
  if (/\.(py|go|java|xml)$/.test(name) || KEBAB.test(name)) return [];
  return [{ path, line: 0, message: 'file names are kebab-case' }];
}
