// @ts-check
/**
 * A reporter for node:test that is silent about what passes: each failure with its file and reason,
 * what tests print to standard error, and a closing line `N passed, N failed`.
 */
import { relative } from 'node:path';
import { inspect } from 'node:util';

/**
 * @typedef {import('node:test/reporters').TestEvent} TestEvent
 */

/**
 * @param {AsyncIterable<any>} source events of the test runner
 * @returns {AsyncGenerator<string, void>}
 */
export default async function* report(source) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const started = performance.now();
  for await (const { type, data } of source) {
    if (type === 'test:stderr') yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A group fails with its members, which are counted themselves.
    const group = data.details?.type === 'suite' || isGroupFailure(data.details?.error);
    if (type === 'test:pass') {
      if (data.skip !== undefined || data.todo !== undefined) skipped++;
      else if (!group) passed++;
      continue;
    }
    if (data.todo !== undefined) continue;
    if (group) continue;
    failed++;
    yield describe(data);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  yield `${skipped > 0 ? `${String(skipped)} skipped, ` : ''}${seconds} s\n`;
  yield `${String(passed)} passed, ${String(failed)} failed\n`;
}

/**
 * @param {any} error
 * @returns {boolean}
 */
function isGroupFailure(error) {
  return error?.failureType === 'subtestsFailed';
}

/**
 * @param {any} data of a failed test
 * @returns {string}
 */
function describe(data) {
  const error = data.details?.error;
  const cause = error?.cause ?? error;
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
  const file = data.file === undefined ? '' : relative(process.cwd(), data.file);
  const place = data.line === undefined ? file : `${file}:${String(data.line)}`;
  return `\nFAILED ${data.name}\n  ${place}\n${reason.replace(/^/gm, '    ')}\n\n`;
}
