// @ts-check
/** The repository's own text files, read once, as the checks see them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Repository
 * @property {ReadonlyMap<string, string>} files text by path, relative and with forward slashes
 *
 * @typedef {object} Problem
 * @property {string} path
 * @property {number} line 1 for the first; 0 when it is about the whole file
 * @property {string} message
 */

/** Folders that hold what tools make, or what users store. */
const SKIPPED = new Set([
  'node_modules',
  'dist',
  '.git',
  'tailrace-data',
  'results',
  '.venv',
  'target',
]);
const TEXT = /(\.(ts|mts|mjs|js|json|md|sh|yml|yaml|css|html|toml|py|go|java|xml)|\/run)$/;

/**
 * @param {string} root
 * @returns {Repository}
 */
export function readRepository(root) {
  /** @type {Map<string, string>} */
  const files = new Map();
  /** @param {string} folder */
  const walk = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (SKIPPED.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && TEXT.test(path) && entry.name !== 'package-lock.json') {
        files.set(path, readFileSync(join(root, path), 'utf8'));
      }
    }
  };
  walk('');
  return { files };
}

/**
 * @param {Repository} repository
 * @param {RegExp} pattern
 * @returns {[path: string, text: string][]}
 */
export function filesLike(repository, pattern) {
  return [...repository.files].filter(([path]) => pattern.test(path));
}
