// @ts-check
// What must be true of the settings of a stream after a crash, given what the clients asked for.
// Pure, like the oracle of records. A setting (facet) is one text; one change of it is under way at
// a time. An acknowledged change must be there, an unanswered one may be there or not, and nothing
// in between may ever be seen.

/** Details that are kept for people, at most. */
const DETAILS_MAX = 20;
/** A reshard keeps a boundary that is this near to the one it computes. */
const RING_TOLERANCE = 1n << 42n;

/** The value of a facet that is not there, such as a consumer's. */
export const ABSENT = '';
/** Stands for an ARN that only the answer will tell. */
export const ANY_ARN = 'arn:*';

/** Counts of changes, with the first few of those that went wrong in words. */
export class ChangeVerdict {
  acked = 0;
  lost = 0;
  torn = 0;
  /** Acknowledged changes by operation: a run shows what it tried. @type {Map<string, number>} */
  byOperation = new Map();
  /** @type {string[]} */
  details = [];

  /**
   * @param {'lost' | 'torn'} kind
   * @param {string} detail
   */
  add(kind, detail) {
    this[kind]++;
    if (this.details.length < DETAILS_MAX) this.details.push(`change ${kind}: ${detail}`);
  }

  get clean() {
    return this.lost + this.torn === 0;
  }
}

/**
 * @typedef {object} Facet
 * @property {string} settled what it is, as far as clients know
 * @property {string | undefined} pending what it is asked to become
 * @property {Set<string>} past what it was before an acknowledged change
 */

/** All settings of one stream from its creation to its deletion. */
export class ChangeOracle {
  #name;
  #verdict;
  /** @type {Map<string, Facet>} */
  #facets = new Map();
  /** @type {Set<string>} */
  #held = new Set();

  /**
   * @param {string} name
   * @param {ChangeVerdict} verdict
   * @param {Record<string, string>} initial
   */
  constructor(name, verdict, initial) {
    this.#name = name;
    this.#verdict = verdict;
    for (const [facet, value] of Object.entries(initial)) this.#facet(facet).settled = value;
  }

  /** Whether no change is under way. */
  get quiet() {
    return this.#held.size === 0;
  }

  /** @param {string} facet */
  idle(facet) {
    return !this.#held.has(facet);
  }

  /** @param {string} facet */
  value(facet) {
    return this.#facets.get(facet)?.settled ?? ABSENT;
  }

  /**
   * A request is about to be sent; the facet is held until `release`.
   * @param {string} facet
   * @param {string} next
   */
  begin(facet, next) {
    this.#held.add(facet);
    this.#facet(facet).pending = next;
  }

  /**
   * @param {string} facet
   * @param {string} [exact] the value where only the answer tells it
   */
  acknowledged(facet, exact) {
    const it = this.#facet(facet);
    const next = exact ?? it.pending ?? it.settled;
    it.past.add(it.settled);
    it.past.delete(next);
    it.settled = next;
    it.pending = undefined;
    this.#verdict.acked++;
  }

  /** The server said no: nothing may have changed. @param {string} facet */
  refused(facet) {
    this.#facet(facet).pending = undefined;
  }

  /** @param {string} facet */
  release(facet) {
    this.#held.delete(facet);
  }

  /**
   * Everything the server says after a restart; what is not named is absent.
   * @param {Map<string, string>} actual
   */
  readBack(actual) {
    for (const facet of new Set([...this.#facets.keys(), ...actual.keys()])) {
      const it = this.#facet(facet);
      const found = actual.get(facet) ?? ABSENT;
      const where = `${this.#name} ${facet}`;
      if (!same(it.settled, found) && !(it.pending !== undefined && same(it.pending, found))) {
        const kind = [...it.past].some((value) => same(value, found)) ? 'lost' : 'torn';
        const asked = it.pending === undefined ? '' : ` or ${it.pending}`;
        this.#verdict.add(kind, `${where} is "${found}" and should be "${it.settled}"${asked}`);
      }
      // What the restart decided stays so.
      if (!same(it.settled, found)) it.past.add(it.settled);
      it.settled = found;
      it.past.delete(found);
      it.pending = undefined;
    }
    this.#held.clear();
  }

  /**
   * @param {string} name
   * @returns {Facet}
   */
  #facet(name) {
    let facet = this.#facets.get(name);
    if (facet === undefined) {
      facet = { settled: ABSENT, pending: undefined, past: new Set() };
      this.#facets.set(name, facet);
    }
    return facet;
  }
}

/**
 * The open shards of a stream as a value: where each range begins, in order.
 * @param {bigint[]} starts
 */
export function ring(starts) {
  return `ring ${starts.join(' ')}`;
}

/** @param {number} count */
export function equalRing(count) {
  return ring(Array.from({ length: count }, (_, n) => ((1n << 128n) * BigInt(n)) / BigInt(count)));
}

/**
 * @param {string} expected
 * @param {string} found
 */
function same(expected, found) {
  if (expected === found) return true;
  if (expected === ANY_ARN) return found.startsWith('arn:');
  if (!expected.startsWith('ring ') || !found.startsWith('ring ')) return false;
  const a = expected.split(' ').slice(1).map(BigInt);
  const b = found.split(' ').slice(1).map(BigInt);
  const near = (/** @type {bigint} */ x, /** @type {bigint} */ y) =>
    x - y < RING_TOLERANCE && y - x < RING_TOLERANCE;
  return a.length === b.length && a.every((start, n) => near(start, b[n] ?? -RING_TOLERANCE));
}
