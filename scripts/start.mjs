#!/usr/bin/env node
// @ts-check
/**
 * `npm start -- --flags`: builds if a source is newer than the last build, then becomes
 * `tailrace start` in this very process, so that a signal to npm reaches the server itself.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns {boolean} */
function isFresh() {
  const built = statSync(join(root, 'dist/.built'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const inputs = [join(root, 'tsconfig.json'), join(root, 'package.json')];
  for (const entry of readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true })) {
    // Folders too: their time tells of removed files.
    inputs.push(join(entry.parentPath, entry.name));
  }
  return inputs.every((path) => statSync(path).mtimeMs <= built);
}

if (!isFresh()) {
  // The banner on standard output is for programs too: what the build says goes to standard error.
  const build = join(root, 'scripts/build.mjs');
  const { status } = spawnSync(process.execPath, [build], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
const main = join(root, 'dist/bundle/tailrace.js');
process.argv.splice(1, 1, main, 'start');
await import(pathToFileURL(main).href);
