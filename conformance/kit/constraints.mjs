// @ts-check
// Cases made from the model: for every member of an operation's input, however deep, what is
// missing, of a wrong type, just outside a bound and just inside it.
import { equal, fails, failsConstraints, must, understood } from './expect.mjs';
import { inputOf, shapeOf } from './facts.mjs';
import { matches, patternBreakers, sampleOf, textOfLength } from './samples.mjs';

/**
 * @typedef {import('./client.mjs').ApiAnswer} ApiAnswer
 * @typedef {import('./expect.mjs').Failure} Failure
 * @typedef {import('./samples.mjs').Place} Place
 *
 * @typedef {object} Made
 * @property {string} title
 * @property {(base: any, place: Place) => any} input
 * @property {(answer: ApiAnswer, protocol: string) => void} verify
 * @property {boolean} core whether it is worth a run in the second protocol too
 *
 * @typedef {object} Spot A member: where it is, and how to reach it
 * @property {(string | number)[]} keys
 * @property {{ name: string, shape: string }[]} parents shapes on the way, outermost first
 * @property {string} path as error texts name it
 * @property {import('./facts.mjs').Shape} shape
 * @property {boolean} required
 */

/** Nothing larger is sent just to meet a bound. */
const BYTES_MAX = 2 * 1024 * 1024;
const PRINTED_MAX = 300;
const NUMBERS = 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber';
const LIST_FOUND = 'Start of list found where not expected';
const MAP_FOUND = 'Start of structure or map found where not expected.';

/**
 * @param {string} operation
 * @returns {Made[]}
 */
export function constraintCases(operation) {
  return inputOf(operation).flatMap((member) => spotCases(spotOf(null, member)));
}

/**
 * @param {Spot | null} parent
 * @param {import('./facts.mjs').Member} member
 * @returns {Spot}
 */
function spotOf(parent, { name, shape, required }) {
  const path = name.charAt(0).toLowerCase() + name.slice(1);
  return {
    keys: [...(parent?.keys ?? []), name],
    parents: [...(parent?.parents ?? []), { name, shape }],
    path: parent === null ? path : `${parent.path}.${path}`,
    shape: shapeOf(shape),
    required,
  };
}

/**
 * @param {Spot} spot
 * @returns {Made[]}
 */
function spotCases(spot) {
  const made = spot.required ? [missing(spot)] : [];
  made.push(...wrongTypes(spot));
  const { shape } = spot;
  if (shape.kind === 'string') made.push(...strings(spot, shape));
  if (shape.kind === 'integer' || shape.kind === 'blob') made.push(...bounds(spot, shape));
  if (shape.kind === 'list') made.push(...lists(spot, shape));
  if (shape.kind === 'map') made.push(...maps(spot, shape));
  if (shape.kind === 'structure') {
    made.push(...shape.members.flatMap((member) => spotCases(spotOf(spot, member))));
  }
  return made;
}

/**
 * The base with one value put in, its parents made where they are missing.
 * @param {Spot} spot
 * @param {any} base
 * @param {Place} place
 * @param {unknown} value undefined takes the member away
 */
function withValue(spot, base, place, value) {
  const input = structuredCloneWithClasses(base);
  let at = input;
  spot.keys.slice(0, -1).forEach((key, i) => {
    if (at[key] === undefined) {
      const shape = spot.parents.findLast((parent) => parent.name === spot.keys[i])?.shape;
      at[key] = typeof key === 'number' ? {} : sampleOf(String(shape), place);
    }
    at = at[key];
  });
  const last = spot.keys.at(-1);
  must(last !== undefined, 'a spot has a name');
  at[last] = value;
  return input;
}

/**
 * @param {any} value
 * @returns {any}
 */
function structuredCloneWithClasses(value) {
  if (Array.isArray(value)) return value.map(structuredCloneWithClasses);
  if (value === null || typeof value !== 'object') return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, structuredCloneWithClasses(item)]),
  );
}

/**
 * @param {Spot} spot
 * @param {string} what
 * @param {unknown | ((place: Place) => unknown)} value
 * @param {Made['verify']} verify
 * @param {boolean} [core]
 * @returns {Made}
 */
function made(spot, what, value, verify, core = false) {
  const valueAt = (/** @type {Place} */ place) =>
    typeof value === 'function' ? value(place) : value;
  return {
    title: `${spot.path}: ${what}`,
    input: (base, place) => withValue(spot, base, place, valueAt(place)),
    verify,
    core,
  };
}

/**
 * @param {Spot} spot
 * @param {readonly string[]} texts
 * @param {unknown} [value]
 * @returns {Made['verify']}
 */
function refused(spot, texts, value) {
  const printed =
    typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  const shown = printed !== undefined && printed.length <= PRINTED_MAX ? printed : undefined;
  return (answer) => {
    const failures = texts.map((text) => ({ path: spot.path, value: shown, text }));
    failsConstraints(answer, failures);
  };
}

/**
 * @param {Spot} spot
 * @returns {Made['verify']}
 */
function allowed(spot) {
  return (answer) => understood(answer, spot.path);
}

/** @param {Spot} spot */
function missing(spot) {
  const failure = { path: spot.path, value: null, text: 'Member must not be null' };
  return made(
    spot,
    'is required',
    undefined,
    (answer) => failsConstraints(answer, [failure]),
    true,
  );
}

/**
 * A wrong type is refused before anything else is looked at.
 * @param {string} text
 * @returns {Made['verify']}
 */
function refusedType(text) {
  return (answer, protocol) => {
    fails(answer, 'SerializationException');
    // How numbers and texts are called is known of JSON only.
    if (protocol !== 'json') return;
    fails(answer, 'SerializationException', text);
    equal(answer.out.Message, text, 'Message');
  };
}

const CLASSES = /** @type {const} */ ([
  ['a boolean', true, 'class java.lang.Boolean'],
  ['a number', 12.5, NUMBERS],
  ['a text', 'text', 'class java.lang.String'],
]);

/**
 * What scalars of other types are answered with; undefined where they are taken.
 * @param {string} kind
 * @param {string} what
 * @param {string} javaClass
 * @returns {string | undefined}
 */
function conversion(kind, what, javaClass) {
  if (kind === 'list') return 'Expected list or null';
  if (kind === 'map') return 'Expected map or null';
  if (kind === 'structure') return 'Expected null';
  const wanted = /** @type {Record<string, [own: string, name: string]>} */ ({
    string: ['a text', 'an String'],
    integer: ['a number', 'an Integer'],
    boolean: ['a boolean', 'an Boolean'],
    blob: ['a text', 'a Blob'],
    timestamp: ['a number', 'milliseconds since epoch'],
  })[kind];
  if (wanted === undefined || wanted[0] === what) return undefined;
  if (kind === 'boolean' && what === 'a text') return "'TEXT' can not be converted to an Boolean";
  return `${javaClass} can not be converted to ${wanted[1]}`;
}

/**
 * @param {Spot} spot
 * @returns {Made[]}
 */
function wrongTypes(spot) {
  const { kind } = spot.shape;
  const cases = CLASSES.flatMap(([what, value, javaClass]) => {
    const text = conversion(kind, what, javaClass);
    return text === undefined ? [] : [made(spot, `is not ${what}`, value, refusedType(text))];
  });
  if (kind !== 'list') cases.push(made(spot, 'is not a list', [], refusedType(LIST_FOUND)));
  if (kind !== 'map' && kind !== 'structure') {
    cases.push(made(spot, 'is not a structure', {}, refusedType(MAP_FOUND)));
  }
  return cases;
}

/**
 * @param {'length' | 'value'} what
 * @param {number} bound
 */
const atLeast = (what, bound) => `Member must have ${what} greater than or equal to ${bound}`;
/**
 * @param {'length' | 'value'} what
 * @param {number} bound
 */
const atMost = (what, bound) => `Member must have ${what} less than or equal to ${bound}`;
/** @param {string} pattern */
const patternText = (pattern) => `Member must satisfy regular expression pattern: ${pattern}`;
/** @param {readonly string[]} values */
const enumText = (values) => `Member must satisfy enum value set: [${values.join(', ')}]`;

/**
 * @param {Spot} spot
 * @param {import('./facts.mjs').StringShape} shape
 * @returns {Made[]}
 */
function strings(spot, shape) {
  const { values, pattern, min = 0, max } = shape;
  if (values !== undefined) {
    const wrong = ['WRONG', (values[0] ?? '').toLowerCase() + 'x'];
    return [
      ...wrong.map((value) =>
        made(spot, `is not ${value}`, value, refused(spot, [enumText(values)], value), true),
      ),
      ...values.map((value) => made(spot, `may be ${value}`, value, allowed(spot))),
    ];
  }
  /** @type {Made[]} */
  const cases = [];
  const broken = (/** @type {string} */ text) =>
    pattern !== undefined && !matches(pattern, text) ? [patternText(pattern)] : [];
  if (min > 0) {
    const short = 'a'.repeat(min - 1);
    const texts = [...broken(short), atLeast('length', min)];
    cases.push(made(spot, `has at least ${min}`, short, refused(spot, texts, short), true));
  }
  for (const text of patternBreakers(shape)) {
    const verify = refused(spot, broken(text), text);
    cases.push(made(spot, `does not match: ${text.slice(0, 20)}`, text, verify));
  }
  if (max !== undefined) {
    const long = 'a'.repeat(max + 1);
    const texts = [...broken(long), atMost('length', max)];
    cases.push(made(spot, `has at most ${max}`, long, refused(spot, texts, long)));
    const fits = (/** @type {Place} */ place) => textOfLength(shape, max, place);
    if (fits({ account: '0'.repeat(12), region: 'us-east-1' }) !== null) {
      cases.push(made(spot, `may have ${max}`, fits, allowed(spot)));
    }
  }
  return cases;
}

/**
 * @param {Spot} spot
 * @param {import('./facts.mjs').SizedShape} shape
 * @returns {Made[]}
 */
function bounds(spot, shape) {
  const { min, max } = shape;
  if (shape.kind === 'blob') return blobs(spot);
  /** @type {Made[]} */
  const cases = [];
  if (min !== undefined) {
    const verify = refused(spot, [atLeast('value', min)], min - 1);
    cases.push(made(spot, `is not below ${min}`, min - 1, verify, true));
    cases.push(made(spot, `may be ${min}`, min, allowed(spot)));
  }
  if (max !== undefined) {
    const verify = refused(spot, [atMost('value', max)], max + 1);
    cases.push(made(spot, `is not above ${max}`, max + 1, verify));
    cases.push(made(spot, `may be ${max}`, max, allowed(spot)));
  }
  return cases;
}

/**
 * Texts that are no base64; CBOR has blobs of its own.
 * @param {Spot} spot
 * @returns {Made[]}
 */
function blobs(spot) {
  const texts = {
    23456: 'Base64 encoded length is expected a multiple of 4 bytes but found: 5',
    '=+/=': "Invalid Base64 character: '='",
    '+/+=': 'Invalid last non-pad Base64 character dectected',
  };
  return Object.entries(texts).map(([value, why]) => {
    const verify = refusedType(`'${value}' can not be converted to a Blob: ${why}`);
    return made(spot, `is not '${value}'`, value, verify);
  });
}

/**
 * @param {Spot} spot
 * @param {import('./facts.mjs').ListShape} shape
 * @returns {Made[]}
 */
function lists(spot, shape) {
  const { min, max, member } = shape;
  const inner = shapeOf(member);
  /** @type {Made[]} */
  const cases = [];
  const many = (/** @type {number} */ count) => (/** @type {Place} */ place) =>
    Array.from({ length: count }, () => sampleOf(member, place));
  if (min !== undefined && min > 0) {
    const verify = refused(spot, [atLeast('length', min)], '[]');
    cases.push(made(spot, `has at least ${min}`, [], verify, true));
  }
  if (max !== undefined && max * JSON.stringify(sampleOf(member, ANYWHERE)).length < BYTES_MAX) {
    const verify = refused(spot, [atMost('length', max)]);
    cases.push(made(spot, `has at most ${max}`, many(max + 1), verify));
  }
  if (inner.kind === 'structure') {
    const element = { ...spot, keys: [...spot.keys, 0], path: `${spot.path}.1.member` };
    cases.push(...inner.members.flatMap((one) => spotCases(spotOf(element, one))));
  } else if (inner.kind === 'string') {
    cases.push(...elements(spot, inner));
  }
  return cases;
}

const ANYWHERE = { account: '0'.repeat(12), region: 'us-east-1' };

/**
 * @param {import('./facts.mjs').StringShape} shape
 * @returns {string}
 */
function elementText({ values, min, max, pattern }) {
  if (values !== undefined) return enumText(values);
  const texts = [];
  if (max !== undefined) texts.push(atMost('length', max));
  if (min !== undefined) texts.push(atLeast('length', min));
  if (pattern !== undefined) texts.push(patternText(pattern));
  return texts.join(', ');
}

/**
 * @param {Spot} spot
 * @param {import('./facts.mjs').StringShape} inner
 * @returns {Made[]}
 */
function elements(spot, inner) {
  const text = `Member must satisfy constraint: [${elementText(inner)}]`;
  const wrong = inner.values === undefined ? ['', 'a'.repeat((inner.max ?? 0) + 1)] : ['WRONG'];
  return [
    ...wrong.map((value) =>
      made(spot, `has no element of ${value.length}`, [value], refused(spot, [text])),
    ),
    made(
      spot,
      'has no number in it',
      [1],
      refusedType(`${NUMBERS} can not be converted to an String`),
    ),
    made(spot, 'has no list in it', [[]], refusedType(LIST_FOUND)),
  ];
}

/**
 * @param {Spot} spot
 * @param {import('./facts.mjs').MapShape} shape
 * @returns {Made[]}
 */
function maps(spot, shape) {
  const { min, max, key, value } = shape;
  const keys = /** @type {import('./facts.mjs').StringShape} */ (shapeOf(key));
  const values = /** @type {import('./facts.mjs').StringShape} */ (shapeOf(value));
  const many = (/** @type {number} */ count) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));
  const keyText = `Map keys must satisfy constraint: [${elementText(keys)}]`;
  const valueText = `Map value must satisfy constraint: [${elementText(values)}]`;
  const longKey = { ['k'.repeat((keys.max ?? 0) + 1)]: 'v' };
  const longValue = { k: 'v'.repeat((values.max ?? 0) + 1) };
  return [
    made(spot, `has at least ${min}`, {}, refused(spot, [atLeast('length', min ?? 0)], '{}'), true),
    made(
      spot,
      `has at most ${max}`,
      many((max ?? 0) + 1),
      refused(spot, [atMost('length', max ?? 0)]),
    ),
    made(spot, 'has no empty key', { '': 'v' }, refused(spot, [keyText])),
    made(spot, `has no key over ${keys.max}`, longKey, refused(spot, [keyText])),
    made(spot, `has no value over ${values.max}`, longValue, refused(spot, [valueText])),
    made(
      spot,
      'has no number in it',
      { k: 1 },
      refusedType(`${NUMBERS} can not be converted to an String`),
    ),
  ];
}
