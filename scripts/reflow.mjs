#!/usr/bin/env node
// @ts-check
/**
 * Wraps comment paragraphs that run past the last column, which the formatter leaves alone. Part of
 * `npm run fix`. Lists, drawings and tables in comments are left as they are.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { filesLike, readRepository } from './tidy/repository.mjs';
import { COLUMNS_MAX } from './tidy/rules.mjs';

/**
 * @param {string} text
 * @returns {string}
 */
export function reflow(text) {
  const lines = text.split('\n');
  /** @type {string[]} */
  const out = [];
  let at = 0;
  while (at < lines.length) {
    const oneLine = unfoldOneLine(lines[at] ?? '');
    if (oneLine !== null) {
      lines.splice(at, 1, ...oneLine);
      continue;
    }
    const prefix = /^\s*(?:\*|\/\/) (?=[^\s@|*-])/.exec(lines[at] ?? '')?.[0];
    if (prefix === undefined) {
      out.push(lines[at++] ?? '');
      continue;
    }
    const paragraph = paragraphAt(lines, at, prefix);
    at += paragraph.length;
    const long = paragraph.some((line) => prefix.length + line.length > COLUMNS_MAX);
    const words = paragraph.join(' ').split(' ');
    const width = COLUMNS_MAX - prefix.length;
    out.push(...(long ? wrap(words, width) : paragraph).map((line) => prefix + line));
  }
  return out.join('\n');
}

/**
 * A doc comment on one line that is too long, as three lines; null for anything else.
 * @param {string} line
 * @returns {string[] | null}
 */
function unfoldOneLine(line) {
  if (line.length <= COLUMNS_MAX) return null;
  const found = /^(\s*)\/\*\* (.*) \*\/$/.exec(line);
  return found === null ? null : [`${found[1]}/**`, `${found[1]} * ${found[2]}`, `${found[1]} */`];
}

/**
 * @param {readonly string[]} lines
 * @param {number} from
 * @param {string} prefix
 * @returns {string[]}
 */
function paragraphAt(lines, from, prefix) {
  /** @type {string[]} */
  const paragraph = [];
  for (let i = from; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const content = line.startsWith(prefix) ? line.slice(prefix.length) : '';
    if (content === '' || /^\s/.test(content)) break;
    if (paragraph.length > 0 && /^([-*|@]|\d+[.)] )/.test(content)) break;
    paragraph.push(content);
  }
  return paragraph;
}

/**
 * @param {readonly string[]} words
 * @param {number} width
 * @returns {string[]}
 */
function wrap(words, width) {
  /** @type {string[]} */
  const lines = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Runs as a command. */
function main() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  for (const [path, text] of filesLike(readRepository(root), /\.(ts|mjs|js)$/)) {
    const next = reflow(text);
    if (next === text) continue;
    writeFileSync(`${root}${path}`, next);
    console.log(`reflowed ${path}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
