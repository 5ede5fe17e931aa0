// @ts-check
// When to kill: moments that the clients or the data directory reveal.

import { readdirSync } from 'node:fs';

/** Every how many milliseconds the data directory is looked at. */
const POLL_MS = 2;

/** What a cycle may wait for, with its share. */
export const MOMENTS = /** @type {const} */ ([
  'random',
  'random',
  'commit',
  'commit',
  'roll',
  'drop',
  'create',
  'delete',
  'reshard',
  'reshard',
  'change',
  'recovery',
]);

/**
 * Resolves at the moment to kill. Moments that may not come have a random one to fall back to.
 * @param {typeof MOMENTS[number]} kind
 * @param {{ chance: import('./random.mjs').Chance, world: import('./world.mjs').World,
 *   dataDir: string }} context
 * @returns {Promise<void>}
 */
export function moment(kind, { chance, world, dataDir }) {
  return new Promise((resolve) => {
    /** @type {(() => void)[]} */
    const undo = [];
    const now = () => {
      for (const step of undo.splice(0)) step();
      resolve();
    };
    const soon = (/** @type {number} */ ms) => {
      if (ms === 0) now();
      else setTimeout(now, ms);
    };
    const latest = kind === 'random' || kind === 'recovery' ? chance.between(20, 1500) : 3000;
    const timer = setTimeout(now, latest);
    undo.push(() => clearTimeout(timer));
    const delay = chance.between(0, 6);
    if (kind === 'commit')
      undo.push(onEvent(world, 'sent', chance.between(20, 400), () => soon(delay)));
    if (kind === 'create')
      undo.push(onEvent(world, 'create', chance.between(1, 3), () => soon(delay)));
    if (kind === 'reshard' || kind === 'change')
      undo.push(onEvent(world, kind, chance.between(1, 8), () => soon(delay)));
    if (kind === 'delete') undo.push(onEvent(world, 'delete', 1, () => soon(delay)));
    if (kind === 'roll')
      undo.push(onFiles(dataDir, 'new', chance.between(1, 4), () => soon(delay)));
    if (kind === 'drop') undo.push(onFiles(dataDir, 'gone', 1, () => soon(delay)));
  });
}

/**
 * @param {import('./world.mjs').World} world
 * @param {string} event
 * @param {number} count which occurrence
 * @param {() => void} then
 */
function onEvent(world, event, count, then) {
  let seen = 0;
  const listener = () => {
    if (++seen === count) then();
  };
  world.events.on(event, listener);
  return () => world.events.off(event, listener);
}

/**
 * Watches for files that appear in the data directory (a segment begins) or go (one is dropped).
 * @param {string} dataDir
 * @param {'new' | 'gone'} which
 * @param {number} count
 * @param {() => void} then
 */
function onFiles(dataDir, which, count, then) {
  let known = files(dataDir);
  let seen = 0;
  const timer = setInterval(() => {
    const current = files(dataDir);
    const [from, to] = which === 'new' ? [current, known] : [known, current];
    const before = seen;
    for (const file of from) if (!to.has(file)) seen++;
    known = current;
    if (before < count && seen >= count) then();
  }, POLL_MS);
  return () => clearInterval(timer);
}

/** @param {string} folder */
function files(folder) {
  try {
    return new Set(readdirSync(folder, { recursive: true }).map(String));
  } catch {
    // A folder that vanishes while it is listed is seen at the next look.
    return new Set();
  }
}
