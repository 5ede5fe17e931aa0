#!/usr/bin/env node
// @ts-check
/**
 * Runs the compiled tests: `npm test`, or `npm test -- storage ring` for the files whose path holds
 * one of the words. The list of files is explicit and sorted, because what `node --test FOLDER`
 * means changed between the versions of Node we support. `--verbose` names every test that passes.
 *
 * The last line is `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A test that hangs fails after this long. */
const TEST_TIMEOUT_MS = 240_000;

/**
 * @param {string} folder
 * @param {RegExp} pattern
 * @returns {string[]}
 */
function testsIn(folder, pattern) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const files = [...testsIn('dist', /\.test\.js$/), ...testsIn('scripts', /\.test\.mjs$/)]
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(words.length > 0 ? `No test file matches ${words.join(', ')}.` : 'No tests built.');
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const verbose = process.argv.includes('--verbose');
const reporter = verbose ? 'spec' : join(root, 'scripts/test-reporter.mjs');
const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    `--test-concurrency=${String(availableParallelism())}`,
    `--test-timeout=${String(TEST_TIMEOUT_MS)}`,
    `--test-reporter=${reporter}`,
    '--test-reporter-destination=stdout',
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
