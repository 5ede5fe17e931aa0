// @ts-check
// Runs suites: several at a time, the cases of each one after the other, none without a time limit.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * @typedef {import('./client.mjs').Protocol} Protocol
 * @typedef {import('./lab.mjs').Lab} Lab
 * @typedef {import('./suite.mjs').Suite} Suite
 *
 * @typedef {object} Result
 * @property {string} suite
 * @property {string} title
 * @property {'input' | 'behaviour'} kind
 * @property {Protocol} protocol
 * @property {string | null} error null when it passed
 *
 * @typedef {object} RunOptions
 * @property {readonly Protocol[]} protocols
 * @property {number} jobs
 * @property {number} caseMs
 * @property {number} totalMs
 * @property {(result: Result) => void} report
 */

/**
 * @param {readonly Suite[]} suites
 * @param {Lab} lab
 * @param {RunOptions} options
 * @returns {Promise<Result[]>}
 */
export async function runSuites(suites, lab, options) {
  const deadline = performance.now() + options.totalMs;
  const waiting = [...suites];
  /** @type {Result[]} */
  const results = [];
  const worker = async () => {
    for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) {
      for (const { test, protocol } of chosen(suite, options.protocols)) {
        const left = Math.min(options.caseMs, deadline - performance.now());
        const error = await runCase(suite, test, lab, protocol, left);
        const { title, kind } = test;
        const result = { suite: suite.name, title, kind, protocol, error };
        results.push(result);
        options.report(result);
      }
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  return results;
}

/**
 * @param {Suite} suite
 * @param {readonly Protocol[]} protocols
 */
function chosen(suite, protocols) {
  return suite.cases.flatMap((test) =>
    test.protocols
      .filter((protocol) => protocols.includes(protocol))
      .map((protocol) => ({ test, protocol })),
  );
}

/**
 * @param {Suite} suite
 * @param {import('./suite.mjs').Case} test
 * @param {Lab} lab
 * @param {Protocol} protocol
 * @param {number} limitMs
 * @returns {Promise<string | null>} why it failed
 */
async function runCase(suite, test, lab, protocol, limitMs) {
  if (limitMs <= 0) return 'the run was out of time';
  const over = new AbortController();
  const call = (/** @type {any} */ input) => lab.call(suite.name, input, protocol);
  const run = test.run({ lab, protocol, call }).then(
    () => null,
    (error) => (error instanceof Error ? error.message : String(error)),
  );
  const late = delay(limitMs, `no end after ${Math.round(limitMs)} ms`, { signal: over.signal });
  const result = await Promise.race([run, late.catch(() => null)]);
  over.abort();
  return result;
}

/**
 * @param {readonly Result[]} results
 * @returns {Map<string, { passed: number, failed: number, input: number, behaviour: number }>}
 */
export function bySuite(results) {
  /** @type {ReturnType<typeof bySuite>} */
  const table = new Map();
  for (const { suite, kind, error } of results) {
    const row = table.get(suite) ?? { passed: 0, failed: 0, input: 0, behaviour: 0 };
    row[error === null ? 'passed' : 'failed']++;
    row[kind]++;
    table.set(suite, row);
  }
  return table;
}
