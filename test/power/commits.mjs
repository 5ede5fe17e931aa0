// @ts-check
// The commits that are recorded, and what the store holds after each.

export const COMMITS = 60;

const KEYS = 23;

/**
 * Several keys at once, now and then one removed, so that half a commit would be seen.
 * @param {number} number from 1
 * @returns {{ key: string, expect: 'any', value: Uint8Array | null }[]}
 */
export function commitOf(number) {
  const value = new Uint8Array(((number * 37) % 700) + 1).fill(number);
  const count = Uint8Array.of(number);
  /** @type {ReturnType<typeof commitOf>} */
  const ops = [
    { key: `key-${number % KEYS}`, expect: 'any', value },
    { key: 'count', expect: 'any', value: count },
  ];
  if (number % 7 === 3) {
    ops.push({ key: `key-${(number + 5) % KEYS}`, expect: 'any', value: null });
  }
  return ops;
}

/** @type {Map<string, string>[]} */
const states = [new Map()];

/**
 * Keys and values, these in hexadecimal, after the first `count` commits.
 * @param {number} count
 * @returns {Map<string, string>}
 */
export function stateAfter(count) {
  for (let number = states.length; number <= count; number++) {
    const state = new Map(states[number - 1]);
    for (const { key, value } of commitOf(number)) {
      if (value === null) state.delete(key);
      else state.set(key, Buffer.from(value).toString('hex'));
    }
    states.push(state);
  }
  return states[count] ?? new Map();
}
