// @ts-check
// Finds the files of cases.
import { readdirSync } from 'node:fs';
import { Suite } from './suite.mjs';

/**
 * @typedef {{ name: string, phase?: number, default: (suite: Suite) => void }} CaseFile
 */

/**
 * Every file of cases; those of a later phase change what others rely on.
 * @returns {Promise<{ phase: number, suite: Suite }[]>}
 */
export async function loadSuites() {
  const loaded = [];
  for (const folder of ['protocol', 'operations']) {
    const at = new URL(`../${folder}/`, import.meta.url);
    for (const file of readdirSync(at).sort()) {
      const cases = /** @type {CaseFile} */ (await import(new URL(file, at).href));
      const suite = new Suite(cases.name);
      cases.default(suite);
      loaded.push({ phase: cases.phase ?? 0, suite });
    }
  }
  return loaded;
}
