// @ts-check
// Seeded chance for the crash test: the plan of a run, and the bytes of every record.

import { createHash } from 'node:crypto';

/** xorshift128, seeded by the hash of a text; forks by name so that parts do not disturb others. */
export class Chance {
  #name;
  #state;

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
    const seed = createHash('md5').update(name).digest();
    this.#state = Uint32Array.from({ length: 4 }, (_, i) => seed.readUInt32LE(i * 4) || 1);
  }

  /** @returns {number} 32 bits */
  next() {
    const s = this.#state;
    let t = s[3] ?? 0;
    const first = s[0] ?? 0;
    s[3] = s[2] ?? 0;
    s[2] = s[1] ?? 0;
    s[1] = first;
    t ^= t << 11;
    t ^= t >>> 8;
    s[0] = t ^ first ^ (first >>> 19);
    return s[0] ?? 0;
  }

  /**
   * @param {number} from
   * @param {number} to inclusive
   * @returns {number}
   */
  between(from, to) {
    return from + (this.next() % (to - from + 1));
  }

  /** @param {number} probability 0 … 1 */
  happens(probability) {
    return this.next() < probability * 0x1_0000_0000;
  }

  /**
   * @template T
   * @param {readonly T[]} items
   * @returns {T}
   */
  pick(items) {
    return /** @type {T} */ (items[this.between(0, items.length - 1)]);
  }

  /** @param {string} name */
  fork(name) {
    return new Chance(`${this.#name}/${name}`);
  }
}

/** Sizes of records: mostly small, some empty, a few large; in per mille up to. */
const SIZES = [
  { upTo: 20, from: 0, to: 0 },
  { upTo: 700, from: 1, to: 400 },
  { upTo: 960, from: 401, to: 4_000 },
  { upTo: 996, from: 4_001, to: 40_000 },
  { upTo: 1000, from: 40_001, to: 400_000 },
];

/**
 * The data of a record is a function of its partition key, so that whatever is read back can be
 * checked to the byte without being remembered.
 * @param {string} key
 * @returns {Buffer}
 */
export function dataOf(key) {
  const chance = new Chance(key);
  const roll = chance.between(1, 1000);
  const size = SIZES.find((entry) => roll <= entry.upTo);
  const length = chance.between(size?.from ?? 0, size?.to ?? 0);
  const words = new Uint32Array((length + 3) >> 2);
  for (let i = 0; i < words.length; i++) words[i] = chance.next();
  return Buffer.from(words.buffer, 0, length);
}
