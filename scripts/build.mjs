#!/usr/bin/env node
// @ts-check
/**
 * Compiles `src/` to `dist/`, where tests run, and bundles that to `dist/bundle/`, which users run:
 * `npm run build`. Removes compiled files whose source is gone, so that a test that was deleted
 * does not run on.
 *
 * With `--prepare` (npm's hook after an install) a tree without the compiler is left as it is if it
 * was built before: production installs carry no development tools.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const main = join(dist, 'bundle/tailrace.js');

/** Removes what a source that no longer exists left behind. */
function removeStale() {
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    const built = join(entry.parentPath, entry.name);
    if (dirname(built) === dirname(main)) continue;
    const stem = /^(.*?)\.(d\.ts|js)$/.exec(built.slice(dist.length))?.[1];
    if (!entry.isFile() || stem === undefined || stem.startsWith('/console/')) continue;
    if (!existsSync(join(root, `src${stem}.ts`))) rmSync(built);
  }
}

/**
 * @returns {string | null} path of the compiler, or null when it is not installed
 */
function findCompiler() {
  try {
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
    return join(dirname(manifest), 'bin/tsc');
  } catch {
    return null;
  }
}

/** @returns {Promise<number>} exit code */
async function build() {
  const compiler = findCompiler();
  if (compiler === null) {
    if (process.argv.includes('--prepare') && existsSync(main)) return 0;
    console.error('The TypeScript compiler is not installed: run `npm ci` first.');
    return 1;
  }
  removeStale();
  for (const project of ['.', 'src/console']) {
    if (!existsSync(join(root, project, 'tsconfig.json'))) continue;
    const options = { cwd: root, stdio: /** @type {const} */ ('inherit') };
    const { status } = spawnSync(process.execPath, [compiler, '-p', project], options);
    if (status !== 0) return status ?? 1;
  }
  await bundle(root);
  writeFileSync(join(dist, '.built'), '');
  return 0;
}

process.exitCode = await build();
