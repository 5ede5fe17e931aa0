// @ts-check
// Servers on some of the machine's cores. Linux, with util-linux's `taskset`.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/**
 * Starts something whose threads run on the first `count` cores only: what is started inherits
 * where its starter may run, which meanwhile is there and nowhere else.
 * @template T
 * @param {string | undefined} count all of them where it is undefined
 * @param {() => Promise<T>} start
 * @returns {Promise<T>}
 */
export async function startOn(count, start) {
  if (count === undefined) return start();
  if (Number(count) > cpus().length) throw new Error(`this machine has no ${count} cores`);
  moveTo(Number(count));
  try {
    return await start();
  } finally {
    moveTo(cpus().length);
  }
}

/** @param {number} count */
function moveTo(count) {
  execFileSync('taskset', ['-p', '-c', `0-${count - 1}`, String(process.pid)], { stdio: 'ignore' });
}
