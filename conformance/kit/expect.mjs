// @ts-check
// What cases say about answers. Each throws an Error whose text tells what was seen instead.
import { isDeepStrictEqual, inspect } from 'node:util';
import { Instant } from './cbor.mjs';

/** @typedef {import('./client.mjs').ApiAnswer} ApiAnswer */

/**
 * @param {any} condition
 * @param {string} text
 * @returns {asserts condition}
 */
export function must(condition, text) {
  if (!condition) throw new Error(text);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
export function show(value) {
  return inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 300 }).slice(0, 600);
}

/**
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [what]
 */
export function equal(actual, expected, what = 'value') {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/**
 * @param {ApiAnswer} answer
 * @returns {any} the output
 */
export function ok(answer) {
  if (answer.status === 200) return answer.out;
  throw new Error(`expected 200, got ${said(answer)}`);
}

/**
 * Success of an operation whose answer has no body.
 * @param {ApiAnswer} answer
 */
export function empty(answer) {
  ok(answer);
  equal(answer.body.length, 0, 'length of the body');
}

/** @param {ApiAnswer} answer */
function said(answer) {
  return `${answer.status} ${answer.type} ${show(answer.message)}`;
}

/**
 * A modelled error with its text; of several texts one must be the answer's.
 * @param {ApiAnswer} answer
 * @param {string | readonly string[]} type one name, or those that are allowed
 * @param {string | RegExp | readonly (string | RegExp)[]} [text]
 */
export function fails(answer, type, text) {
  const types = typeof type === 'string' ? [type] : type;
  const wanted = types.join(' or ');
  if (answer.status !== 400 || !types.includes(answer.type)) {
    throw new Error(`expected 400 ${wanted}, got ${said(answer)}`);
  }
  if (text === undefined) return;
  const texts = Array.isArray(text) ? text : [text];
  const message = String(answer.message);
  const matches = texts.some((one) =>
    one instanceof RegExp ? one.test(message) : one === message,
  );
  if (!matches) throw new Error(`${wanted}: expected ${show(texts)}, got ${show(message)}`);
}

/**
 * @typedef {object} Failure
 * @property {string} path
 * @property {string | null | undefined} [value] printed value, null for a missing one, undefined
 *   where anything will do
 * @property {string} text
 */

const FAILURE = /Value(?: (null)| '([^]*?)')? at '([^']*)' failed to satisfy constraint: /g;

/**
 * Failed constraints, in any order; values may be left out of the texts.
 * @param {ApiAnswer} answer
 * @param {readonly Failure[]} expected
 */
export function failsConstraints(answer, expected) {
  fails(answer, 'ValidationException');
  const message = String(answer.message);
  const count = expected.length;
  const start = `${count} validation ${count === 1 ? 'error' : 'errors'} detected: `;
  must(message.startsWith(start), `expected ${show(start)}…, got ${show(message)}`);
  const found = parseFailures(message);
  for (const one of expected) {
    const at = found.findIndex((seen) => sameFailure(one, seen));
    must(at >= 0, `missing ${show(one)} in ${show(message)}`);
    found.splice(at, 1);
  }
}

/**
 * @param {string} message
 * @returns {{ path: string, value: string | null | undefined, text: string }[]}
 */
function parseFailures(message) {
  const matches = [...message.matchAll(FAILURE)];
  return matches.map((match, i) => {
    const from = match.index + match[0].length;
    const until = matches[i + 1]?.index ?? message.length;
    const text = message.slice(from, until).replace(/; $/, '');
    return { path: match[3] ?? '', value: match[1] === 'null' ? null : match[2], text };
  });
}

/**
 * @param {Failure} expected
 * @param {{ path: string, value: string | null | undefined, text: string }} seen
 */
function sameFailure(expected, seen) {
  if (expected.path !== seen.path || !sameText(expected.text, seen.text)) return false;
  if (expected.value === null) return seen.value === null;
  return expected.value === undefined || seen.value === undefined || expected.value === seen.value;
}

/**
 * Lists in brackets are in no particular order.
 * @param {string} expected
 * @param {string} seen
 */
function sameText(expected, seen) {
  if (expected === seen) return true;
  const parts = (/** @type {string} */ text) => {
    const open = text.indexOf(': [');
    if (open < 0 || !text.endsWith(']')) return null;
    return [
      text.slice(0, open),
      ...text
        .slice(open + 3, -1)
        .split(', ')
        .sort(),
    ].join('|');
  };
  const wanted = parts(expected);
  return wanted !== null && wanted === parts(seen);
}

/**
 * The request was understood: whatever was refused, it was not a type or a constraint of `path`.
 * @param {ApiAnswer} answer
 * @param {string} path
 */
export function understood(answer, path) {
  const { status, type } = answer;
  must(status === 200 || status === 400, `expected 200 or 400, got ${said(answer)}`);
  const refused = type === 'SerializationException' || type.startsWith('UnknownOperation');
  const constraint = type === 'ValidationException' && (answer.message ?? '').includes(`'${path}'`);
  must(!refused && !constraint, `expected the value to be allowed, got ${said(answer)}`);
}

/**
 * A blob of either protocol.
 * @param {any} value
 * @returns {Buffer}
 */
export function bytesOf(value) {
  if (value instanceof Uint8Array) return Buffer.from(value);
  must(typeof value === 'string', `expected a blob, got ${show(value)}`);
  const bytes = Buffer.from(value, 'base64');
  equal(bytes.toString('base64'), value, 'base64');
  return bytes;
}

/**
 * A timestamp of either protocol, epoch milliseconds.
 * @param {any} value
 * @returns {number}
 */
export function msOf(value) {
  if (value instanceof Instant) return value.ms;
  must(typeof value === 'number', `expected a timestamp, got ${show(value)}`);
  return Math.round(value * 1000);
}
