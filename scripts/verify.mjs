#!/usr/bin/env node
// @ts-check
/**
 * The gate: `npm run verify`. Builds, then runs the linter, the formatter's check, tidy and the
 * tests, each whatever the others say, so that one run shows everything. Writes nothing but
 * `dist/`.
 *
 * The last line is `N passed, N failed`, where each part before the tests counts as one.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What still fits in memory of a part's output; only its end is looked at. */
const KEPT_MAX = 4096;

/**
 * Runs one part and shows what it prints.
 * @param {readonly string[]} command
 * @returns {Promise<{ ok: boolean, end: string }>} whether it went well, and the end of its output
 */
function run([name = '', ...args]) {
  const child = spawn(name, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let end = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    process.stdout.write(text);
    end = (end + text).slice(-KEPT_MAX);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ ok: code === 0, end });
    });
  });
}

let passed = 0;
let failed = 0;
for (const part of ['build', 'lint', 'format', 'tidy', 'test']) {
  const tests = part === 'test';
  const command = tests ? [process.execPath, 'scripts/test.mjs'] : ['npm', 'run', '--silent', part];
  console.log(`--- ${part}`);
  const { ok, end } = await run(command);
  const counts = tests ? /(\d+) passed, (\d+) failed\s*$/.exec(end) : null;
  passed += counts === null ? Number(ok) : Number(counts[1]);
  failed += counts === null ? Number(!ok) : Math.max(Number(counts[2]), Number(!ok));
  if (part === 'build' && !ok) break;
}
console.log(`---\n${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed > 0 ? 1 : 0;
