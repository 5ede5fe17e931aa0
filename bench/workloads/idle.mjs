// @ts-check
// idle: what a server costs that nobody uses, and how long one takes to be ready. A single start
// says little on a shared machine: these are medians of several, and beside each of them an empty
// Node process is started and ended, which shows how slow the machine is at that moment.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMicros, residentBytes } from '../../test/harness/process-stats.mjs';
import { median } from '../report.mjs';
import { startTarget } from '../targets.mjs';

/** What a start leaves to be done after it (the certificate is made) has ended by then. */
const SETTLE_MS = 3000;

/**
 * Medians for each server, all started in turn.
 * @param {Map<string, import('../targets.mjs').TargetOptions>} servers
 * @param {{ rounds: number, seconds: number }} options
 * @returns {Promise<Record<string, Record<string, number>>>}
 */
export async function idle(servers, { rounds, seconds }) {
  /** @type {Map<string, Record<string, number>[]>} */
  const samples = new Map([...servers.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, options] of servers) samples.get(name)?.push(await sample(options, seconds));
  }
  return Object.fromEntries([...samples].map(([name, list]) => [name, medians(list)]));
}

/**
 * @param {import('../targets.mjs').TargetOptions} options
 * @param {number} seconds
 */
async function sample(options, seconds) {
  const nodeMs = await emptyNode();
  const target = await startTarget('tailrace', options);
  try {
    const startCpuMs = cpuMicros(target.pids) / 1000;
    const { readyMs } = target;
    await delay(SETTLE_MS);
    const before = cpuMicros(target.pids);
    await delay(seconds * 1000);
    const micros = cpuMicros(target.pids) - before;
    const rssMb = residentBytes(target.pids).rssBytes / 1e6;
    await target.restart?.();
    const cpuPercent = micros / (seconds * 1e4);
    return { nodeMs, readyMs, readyAgainMs: target.readyMs, startCpuMs, rssMb, cpuPercent };
  } finally {
    await target.stop();
  }
}

/** Milliseconds from the start of a Node process that does nothing to its end. */
async function emptyNode() {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - startedAt;
}

/**
 * @param {Record<string, number>[]} list
 * @returns {Record<string, number>}
 */
function medians(list) {
  const names = Object.keys(list[0] ?? {});
  const of = (/** @type {string} */ name) => median(list.map((one) => one[name] ?? Number.NaN));
  return Object.fromEntries(names.map((name) => [name, Math.round(of(name) * 100) / 100]));
}
