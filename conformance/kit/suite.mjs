// @ts-check
// A file of cases: one operation, or one matter that all operations share.
import { constraintCases } from './constraints.mjs';
import { fails } from './expect.mjs';

/**
 * @typedef {import('./client.mjs').ApiAnswer} ApiAnswer
 * @typedef {import('./client.mjs').Protocol} Protocol
 * @typedef {import('./lab.mjs').Lab} Lab
 *
 * @typedef {object} Scene What a case works with
 * @property {Lab} lab
 * @property {Protocol} protocol
 * @property {(input: any) => Promise<ApiAnswer>} call the operation of the file
 *
 * @typedef {object} Case
 * @property {string} title
 * @property {'input' | 'behaviour'} kind
 * @property {readonly Protocol[]} protocols
 * @property {(scene: Scene) => Promise<void>} run
 */

export class Suite {
  /** @type {Case[]} */
  cases = [];

  /** @param {string} name of the operation, or of the matter */
  constructor(name) {
    this.name = name;
  }

  /**
   * @param {string} title
   * @param {(scene: Scene) => Promise<void>} run
   */
  case(title, run) {
    this.cases.push({ title, kind: 'behaviour', protocols: ['json'], run });
  }

  /**
   * A case that is run in both protocols.
   * @param {string} title
   * @param {(scene: Scene) => Promise<void>} run
   */
  both(title, run) {
    this.cases.push({ title, kind: 'behaviour', protocols: ['json', 'cbor'], run });
  }

  /**
   * A case about one protocol.
   * @param {Protocol} protocol
   * @param {string} title
   * @param {(scene: Scene) => Promise<void>} run
   */
  only(protocol, title, run) {
    this.cases.push({ title, kind: 'behaviour', protocols: [protocol], run });
  }

  /**
   * A request that must be refused, in both protocols.
   * @param {string} title
   * @param {(lab: Lab) => any} input may be a promise
   * @param {string | readonly string[]} type
   * @param {string | RegExp | readonly (string | RegExp)[]
   *   | ((lab: Lab) => string | RegExp | readonly (string | RegExp)[])} [text]
   */
  refuses(title, input, type, text) {
    this.both(title, async ({ lab, call }) => {
      const answer = await call(await input(lab));
      fails(answer, type, typeof text === 'function' ? text(lab) : text);
    });
  }

  /**
   * The cases that the model makes of this operation's members.
   * @param {(lab: Lab) => any} base a valid input that changes nothing when it is sent
   * @param {{ skip?: readonly string[], protocols?: readonly Protocol[] }} [options] titles that
   *   do not hold, see there why
   */
  constraints(base, { skip = [], protocols = ['json', 'cbor'] } = {}) {
    for (const made of constraintCases(this.name)) {
      if (skip.includes(made.title)) continue;
      this.cases.push({
        title: made.title,
        kind: 'input',
        protocols: made.core ? protocols : ['json'],
        run: async ({ lab, protocol }) => {
          const input = made.input(await base(lab), lab);
          made.verify(await lab.client.once(this.name, input, protocol), protocol);
        },
      });
    }
  }
}

/**
 * Something made once for all cases of a file, when the first of them needs it.
 * @template T
 * @param {(lab: Lab) => Promise<T>} make
 * @returns {(lab: Lab) => Promise<T>}
 */
export function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return (lab) => (made ??= make(lab));
}
