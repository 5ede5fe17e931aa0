// @ts-check
// The public facts of the service model, parsed: members, shapes, constraints.
import { operationFacts, shapeFacts, structureFacts } from '../../dist/api/model-facts.js';

/**
 * @typedef {{ name: string, shape: string, required: boolean }} Member
 *
 * @typedef {{ kind: 'structure', name: string, members: Member[] }} StructureShape
 * @typedef {object} StringShape
 * @property {'string'} kind
 * @property {string} name
 * @property {number | undefined} min
 * @property {number | undefined} max
 * @property {string | undefined} pattern
 * @property {string[] | undefined} values
 *
 * @typedef {object} SizedShape
 * @property {'integer' | 'blob' | 'boolean' | 'timestamp'} kind
 * @property {string} name
 * @property {number | undefined} min
 * @property {number | undefined} max
 *
 * @typedef {object} ListShape
 * @property {'list'} kind
 * @property {string} name
 * @property {string} member
 * @property {number | undefined} min
 * @property {number | undefined} max
 *
 * @typedef {object} MapShape
 * @property {'map'} kind
 * @property {string} name
 * @property {string} key
 * @property {string} value
 * @property {number | undefined} min
 * @property {number | undefined} max
 *
 * @typedef {StructureShape | StringShape | SizedShape | ListShape | MapShape} Shape
 */

export const OPERATIONS = Object.keys(operationFacts);

/**
 * @param {string} text
 * @returns {Member[]}
 */
function members(text) {
  return text.split(' ').flatMap((word) => {
    if (word === '') return [];
    const required = word.endsWith('!');
    const [name = '', shape = name] = word.replace('!', '').split(':');
    return [{ name, shape, required }];
  });
}

/**
 * @param {string} operation
 * @returns {Member[]}
 */
export function inputOf(operation) {
  return members(operationFacts[operation]?.input ?? '');
}

/**
 * @param {string} operation
 * @returns {Member[] | null} null when its answer has no body
 */
export function outputOf(operation) {
  const output = operationFacts[operation]?.output ?? null;
  return output === null ? null : members(output);
}

/**
 * @param {string} name
 * @returns {Shape}
 */
export function shapeOf(name) {
  const structure = structureFacts[name];
  if (structure !== undefined) return { kind: 'structure', name, members: members(structure) };
  const text = shapeFacts[name];
  if (text === undefined) throw new Error(`no facts about the shape ${name}`);
  const range = / (\d+)\.\.(\d*)(?: |$)/.exec(text);
  const min = range === null ? undefined : Number(range[1]);
  const max = range === null || range[2] === '' ? undefined : Number(range[2]);
  const list = /^list of (\w+)/.exec(text);
  if (list !== null) return { kind: 'list', name, member: list[1] ?? '', min, max };
  const map = /^map of (\w+) to (\w+)/.exec(text);
  if (map !== null) {
    return { kind: 'map', name, key: map[1] ?? '', value: map[2] ?? '', min, max };
  }
  const kind = text.split(' ')[0];
  if (kind === 'string') {
    const values = / in (\S+)/.exec(text)?.[1]?.split('|');
    const pattern = / \/(.*)\/$/.exec(text)?.[1];
    return { kind, name, min, max, pattern, values };
  }
  return { kind: /** @type {SizedShape['kind']} */ (kind), name, min, max };
}
