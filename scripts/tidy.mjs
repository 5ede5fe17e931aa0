#!/usr/bin/env node
// @ts-check
/**
 * The rules of the house that no compiler or linter knows, checked: `npm run tidy`. Reads the whole
 * repository, prints every breach as `path:line message`, and exits 1 when there is one.
 */
import { fileURLToPath } from 'node:url';
import { checkDocuments } from './tidy/documents.mjs';
import { checkImports } from './tidy/imports.mjs';
import { filesLike, readRepository } from './tidy/repository.mjs';
import { checkSource, parse } from './tidy/source.mjs';
import { checkText } from './tidy/text.mjs';

/**
 * @typedef {import('./tidy/repository.mjs').Repository} Repository
 * @typedef {import('./tidy/repository.mjs').Problem} Problem
 */

/**
 * Every breach in the repository, sorted by place.
 * @param {Repository} repository
 * @returns {Problem[]}
 */
export function tidy(repository) {
  const sources = filesLike(repository, /\.(ts|mts|mjs|js)$/).map(([path, text]) =>
    parse(path, text),
  );
  const problems = [
    ...checkText(repository),
    ...sources.flatMap(checkSource),
    ...checkImports(repository, sources),
    ...checkDocuments(repository, sources),
  ];
  return problems.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

/** Runs as a command. */
function main() {
  const repository = readRepository(fileURLToPath(new URL('..', import.meta.url)));
  const problems = tidy(repository);
  for (const { path, line, message } of problems) {
    console.log(line > 0 ? `${path}:${line} ${message}` : `${path} ${message}`);
  }
  console.log(`tidy: ${repository.files.size} files, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
