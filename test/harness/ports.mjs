// @ts-check
// Free TCP ports for servers that the tests start as separate processes.

import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what Linux and macOS give to outgoing connections, one of which could take the port between
 * here and the server's start, or while it is started again.
 */
const FIRST = 12_000;
const LAST = 31_999;
const TRIES = 200;

/**
 * `count` ports that were free a moment ago, all different.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  /** @type {Set<number>} */
  const ports = new Set();
  for (let tries = 0; ports.size < count; tries++) {
    if (tries === TRIES) throw new Error(`no free port among ${TRIES}`);
    const port = randomInt(FIRST, LAST + 1);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
