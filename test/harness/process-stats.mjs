// @ts-check
// What the operating system says about a process tree: processor time and resident memory.
// Read from /proc, so Linux only; elsewhere every number is NaN rather than a guess.

import { readFileSync, readdirSync } from 'node:fs';

/** Kernel clock ticks per second as /proc reports them; 100 on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

/**
 * Every process of the tree under `root`, root first.
 * @param {number} root
 * @returns {number[]}
 */
export function processTree(root) {
  const found = [root];
  for (let i = 0; i < found.length; i++) {
    const pid = found[i];
    try {
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
        if (children !== '') found.push(...children.split(' ').map(Number));
      }
    } catch {
      // The process ended between two reads; what it used is lost to us either way.
    }
  }
  return found;
}

/**
 * Processor time used so far by the trees under `roots`, user and system, in microseconds.
 * @param {number[]} roots
 * @returns {number}
 */
export function cpuMicros(roots) {
  let ticks = 0;
  for (const root of roots) {
    for (const pid of processTree(root)) ticks += ticksOf(pid);
  }
  return (ticks * 1_000_000) / TICKS_PER_SECOND;
}

/**
 * Processor time used so far by each thread of the trees under `roots`, in microseconds.
 * @param {number[]} roots
 * @returns {Map<string, number>}
 */
export function threadMicros(roots) {
  /** @type {Map<string, number>} */
  const used = new Map();
  for (const pid of roots.flatMap((root) => processTree(root))) {
    try {
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        const path = `${pid}/task/${task}`;
        used.set(path, (ticksOf(path) * 1_000_000) / TICKS_PER_SECOND);
      }
    } catch {
      // Ended, or not Linux.
    }
  }
  return used;
}

/**
 * @param {number | string} task below /proc
 * @returns {number}
 */
function ticksOf(task) {
  try {
    const stat = readFileSync(`/proc/${task}/stat`, 'utf8');
    // The name in parentheses may hold spaces, so count fields from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return process.platform === 'linux' ? 0 : Number.NaN;
  }
}

/**
 * Resident bytes now and at the highest point, summed over the trees under `roots`.
 * @param {number[]} roots
 * @returns {{ rssBytes: number, peakBytes: number }}
 */
export function residentBytes(roots) {
  let rssBytes = 0;
  let peakBytes = 0;
  for (const root of roots) {
    for (const pid of processTree(root)) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        rssBytes += kibibytes(status, 'VmRSS') * 1024;
        peakBytes += kibibytes(status, 'VmHWM') * 1024;
      } catch {
        if (process.platform !== 'linux') return { rssBytes: Number.NaN, peakBytes: Number.NaN };
      }
    }
  }
  return { rssBytes, peakBytes };
}

/**
 * @param {string} status
 * @param {string} name
 * @returns {number}
 */
function kibibytes(status, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status);
  return match === null ? 0 : Number(match[1]);
}
