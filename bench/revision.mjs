// @ts-check
// Another revision of this repository, built in a temporary worktree, to run beside this one.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../test/harness/server-process.mjs';

/**
 * @param {string} revision anything that git understands
 * @returns {{ name: string, checkout: string, remove: () => void }}
 */
export function buildRevision(revision) {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync('git', args, { cwd: CHECKOUT, encoding: 'utf8' }).trim();
  const commit = git('rev-parse', '--short', `${revision}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-revision-'));
  const checkout = join(folder, 'checkout');
  git('worktree', 'add', '--detach', checkout, commit);
  const lock = (/** @type {string} */ folder) =>
    readFileSync(join(folder, 'package-lock.json'), 'utf8');
  if (lock(checkout) === lock(CHECKOUT)) {
    symlinkSync(join(CHECKOUT, 'node_modules'), join(checkout, 'node_modules'));
  } else {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: checkout, stdio: 'ignore' });
  }
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: checkout, stdio: 'inherit' });
  return {
    name: commit,
    checkout,
    remove: () => {
      rmSync(join(checkout, 'node_modules'), { recursive: true, force: true });
      git('worktree', 'remove', '--force', checkout);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
