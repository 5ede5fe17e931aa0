// @ts-check
/** Checks on what is written for people: titles, changelog, dependency table. */
import { packagesOf } from './imports.mjs';
import { filesLike } from './repository.mjs';

/**
 * @typedef {import('typescript').SourceFile} SourceFile
 * @typedef {import('./repository.mjs').Repository} Repository
 * @typedef {import('./repository.mjs').Problem} Problem
 */

/**
 * @param {Repository} repository
 * @param {readonly SourceFile[]} sources
 * @returns {Problem[]}
 */
export function checkDocuments(repository, sources) {
  return [
    ...filesLike(repository, /\.md$/).flatMap(([path, text]) => titles(path, text)),
    ...packageFacts(repository, sources),
  ];
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {Problem[]}
 */
function titles(path, text) {
  const prose = text.replace(/^(```|~~~)[^]*?^\1/gm, (block) => block.replace(/[^\n]/g, ''));
  const lines = prose.split('\n').flatMap((line, i) => (/^# \S/.test(line) ? [i + 1] : []));
  if (lines.length === 1) return [];
  const message = lines.length === 0 ? 'has no title (# …)' : 'has more than one title (# …)';
  return [{ path, line: lines[1] ?? 0, message }];
}

/**
 * @param {Repository} repository
 * @param {readonly SourceFile[]} sources
 * @returns {Problem[]}
 */
function packageFacts(repository, sources) {
  const path = 'package.json';
  /** @type {{ version?: string, dependencies?: Record<string, string> }} */
  const facts = JSON.parse(repository.files.get(path) ?? '{}');
  /** @type {Problem[]} */
  const problems = [];
  const changelog = repository.files.get('CHANGELOG.md') ?? '';
  const version = facts.version ?? '';
  const entries = changelog.split('\n').filter((line) => line.startsWith('## '));
  if (!entries.some((line) => line.split(/[\s[\]]+/).includes(version))) {
    problems.push({ path, line: 0, message: `version ${version} has no entry in CHANGELOG.md` });
  }
  const table = repository.files.get('docs/dependencies.md') ?? '';
  for (const name of new Set([...Object.keys(facts.dependencies ?? {}), ...packagesOf(sources)])) {
    if (!table.includes(`\n| \`${name}\` |`)) {
      problems.push({ path, line: 0, message: `${name} has no row in docs/dependencies.md` });
    }
  }
  return problems;
}
