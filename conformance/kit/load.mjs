// @ts-check
// Finds the files of cases.
import { readdirSync } from 'node:fs';
import { Suite } from './suite.mjs';

/**
 * @typedef {{ name: string, phase?: number, default: (suite: Suite) => void }} CaseFile
 */

/** Matters of which nothing can be asked without something that only some runs have. */
export const OPTIONAL = {
  keys: '(signatures)',
  session: '(sessions)',
  bucket: '(deliveries)',
};

/**
 * Every file of cases; those of a later phase change what others rely on.
 * @param {readonly string[]} [without] names of matters that this run lacks something for
 * @returns {Promise<{ phase: number, suite: Suite }[]>}
 */
export async function loadSuites(without = []) {
  const loaded = [];
  for (const folder of ['protocol', 'operations', 'optional']) {
    const at = new URL(`../${folder}/`, import.meta.url);
    for (const file of readdirSync(at).sort()) {
      const cases = /** @type {CaseFile} */ (await import(new URL(file, at).href));
      if (without.includes(cases.name)) continue;
      const suite = new Suite(cases.name);
      cases.default(suite);
      loaded.push({ phase: cases.phase ?? 0, suite });
    }
  }
  return loaded;
}
