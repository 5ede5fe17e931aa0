// @ts-check
// A real server in a process of its own, for tests and benches that must see it from outside:
// started on free ports, awaited until it answers, ended by signal. Knows nothing of the
// server's insides.

import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './ports.mjs';

/** The checkout this file belongs to. */
export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** Bytes of a server's output that are kept for error messages. */
const OUTPUT_KEPT_MAX = 16 * 1024;

/**
 * @typedef {{ code: number | null, signal: string | null }} Exit
 * @typedef {object} RunningProcess
 * @property {number} pid
 * @property {() => string} output the last output, for error messages
 * @property {Promise<Exit>} exited
 * @property {(signal?: NodeJS.Signals) => Promise<Exit>} stop
 */

/**
 * @typedef {RunningProcess & {
 *   port: number, adminPort: number, endpoint: string, readyMs: number
 * }} RunningServer
 */

/**
 * Starts a program and keeps the tail of what it prints.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, logFile?: string }} [options]
 * @returns {RunningProcess}
 */
export function startProcess(command, args, options = {}) {
  const child = spawn(command, args, {
    cwd: options.cwd ?? CHECKOUT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-OUTPUT_KEPT_MAX);
      if (options.logFile !== undefined) appendFileSync(options.logFile, chunk);
    });
  }
  /** @type {Promise<Exit>} */
  const exited = new Promise((resolve) => {
    child.once('error', (error) => {
      output += String(error);
      resolve({ code: 127, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const onParentExit = () => child.kill('SIGKILL');
  process.once('exit', onParentExit);
  void exited.then(() => process.removeListener('exit', onParentExit));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}

/**
 * Path of the command that users of a checkout run, which is not what the compiler alone makes.
 * @param {string} [checkout]
 * @returns {string}
 * @throws when something was compiled since it was built
 */
export function builtCommand(checkout = CHECKOUT) {
  const { bin } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const [compiled, built] = ['.tsbuildinfo', '.built'].map(
    (name) => statSync(join(checkout, 'dist', name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  if (Number(built) < Number(compiled)) {
    throw new Error(`what was compiled in ${checkout} is not built: npm run build`);
  }
  return join(checkout, bin.tailrace);
}

/**
 * Starts Tailrace on free ports and waits until it is ready to serve.
 * @param {object} options
 * @param {string} options.dataDir
 * @param {string} [options.checkout] another checkout to run, built already
 * @param {string[]} [options.flags] more flags of `tailrace start`
 * @param {Record<string, string>} [options.env]
 * @param {string} [options.logFile] where everything it prints is appended
 * @param {number} [options.readyTimeoutMs]
 * @returns {Promise<RunningServer>}
 * @throws if it exits or is not ready in time; the message ends with what it printed
 */
export async function startServer(options) {
  const [port, adminPort] = /** @type {[number, number]} */ (await freePorts(2));
  const startedAt = performance.now();
  const args = [builtCommand(options.checkout), 'start', '--port', String(port)];
  args.push('--admin-port', String(adminPort), '--data-dir', options.dataDir);
  const server = startProcess(process.execPath, [...args, ...(options.flags ?? [])], {
    cwd: options.checkout ?? CHECKOUT,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
  });
  const ready = () => httpStatus(`http://127.0.0.1:${adminPort}/readyz`).then((s) => s === 200);
  await untilReady(server, ready, options.readyTimeoutMs ?? 60_000);
  const readyMs = performance.now() - startedAt;
  return { ...server, port, adminPort, endpoint: `http://127.0.0.1:${port}`, readyMs };
}

/**
 * Polls `ready` until it holds; fails at once when the process is gone.
 * @param {RunningProcess} server
 * @param {() => Promise<boolean>} ready
 * @param {number} timeoutMs
 */
export async function untilReady(server, ready, timeoutMs) {
  /** @type {{ code: number | null, signal: string | null } | undefined} */
  let exit;
  void server.exited.then((value) => (exit = value));
  const deadline = performance.now() + timeoutMs;
  while (!(await ready())) {
    if (exit !== undefined) {
      throw new Error(`server exited (${exit.code ?? exit.signal})\n${server.output()}`);
    }
    if (performance.now() > deadline) {
      await server.stop('SIGKILL');
      throw new Error(`server not ready after ${timeoutMs} ms\n${server.output()}`);
    }
    await delay(5);
  }
}

/**
 * Status of a GET, or 0 when nothing answers.
 * @param {string} url
 * @returns {Promise<number>}
 */
export function httpStatus(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', () => resolve(0));
    });
    request.once('error', () => resolve(0));
  });
}

/**
 * Whether something accepts connections on a port of this machine.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
