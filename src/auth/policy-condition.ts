/**
 * Conditions of policy statements: operators, sets, missing keys.
 *
 * A condition holds when every one of its entries does; an entry, when one of its values fits (for
 * negated operators: when none does). A missing key fits nothing, so a negated operator holds and
 * any other does not, unless the operator ends in IfExists.
 */
import { parseIpAddress, parseIpRange } from './ip-address.ts';
import { ArnPattern, Pattern } from './wildcard.ts';
import type { VariableLookup } from './wildcard.ts';

/** The values a request has for a condition key, in lower case; null where it has none. */
export interface ConditionContext {
  values(key: string): readonly string[] | null;
}

/** Whether one value of a request fits one value of a policy. */
type Comparison = (actual: string, lookup: VariableLookup) => boolean;
type MakeComparison = (wanted: string, variables: boolean) => Comparison;

interface OperatorForm {
  readonly make: MakeComparison;
  readonly negated: boolean;
}

export interface ConditionEntry {
  readonly key: string;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly set: 'any' | 'all' | null;
  /** Null for the operator Null. */
  readonly comparisons: readonly Comparison[] | null;
  /** For the operator Null: whether the key must be missing. */
  readonly wantsMissing: readonly boolean[];
}

const exactText: MakeComparison = (wanted, variables) => {
  const pattern = new Pattern(wanted, { wildcards: false, variables });
  return (actual, lookup) => pattern.matches(actual, lookup);
};

const anyCaseText: MakeComparison = (wanted, variables) => {
  const pattern = new Pattern(wanted, { wildcards: false, variables });
  return (actual, lookup) => pattern.text(lookup)?.toLowerCase() === actual.toLowerCase();
};

const likeText: MakeComparison = (wanted, variables) => {
  const pattern = new Pattern(wanted, { wildcards: true, variables });
  return (actual, lookup) => pattern.matches(actual, lookup);
};

const likeArn: MakeComparison = (wanted, variables) => {
  const pattern = new ArnPattern(wanted, variables);
  return (actual, lookup) => pattern.matches(actual, lookup);
};

const boolean: MakeComparison = (wanted) => {
  const text = wanted.toLowerCase();
  return (actual) => actual.toLowerCase() === text;
};

const address: MakeComparison = (wanted) => {
  const range = parseIpRange(wanted);
  return (actual) => {
    const value = parseIpAddress(actual);
    return range !== null && value !== null && value >= range.first && value <= range.last;
  };
};

type Order = (actual: number, wanted: number) => boolean;

function ordered(parse: (text: string) => number, holds: Order): MakeComparison {
  return (text) => {
    const wanted = parse(text);
    return (actual) => {
      const value = parse(actual);
      return !Number.isNaN(wanted) && !Number.isNaN(value) && holds(value, wanted);
    };
  };
}

function parseNumber(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

/** ISO 8601, or seconds since the epoch; in ms. */
function parseInstant(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

const orders: readonly (readonly [name: string, holds: Order])[] = [
  ['equals', (a, b) => a === b],
  ['lessthan', (a, b) => a < b],
  ['lessthanequals', (a, b) => a <= b],
  ['greaterthan', (a, b) => a > b],
  ['greaterthanequals', (a, b) => a >= b],
];

const operators: ReadonlyMap<string, OperatorForm> = new Map<string, OperatorForm>([
  ...both('string', 'equals', exactText),
  ...both('string', 'equalsignorecase', anyCaseText),
  ...both('string', 'like', likeText),
  ...both('arn', 'equals', likeArn),
  ...both('arn', 'like', likeArn),
  ...both(
    'numeric',
    'equals',
    ordered(parseNumber, (a, b) => a === b),
  ),
  ...both(
    'date',
    'equals',
    ordered(parseInstant, (a, b) => a === b),
  ),
  ...orders.map(([name, holds]) => plain(`numeric${name}`, ordered(parseNumber, holds))),
  ...orders.map(([name, holds]) => plain(`date${name}`, ordered(parseInstant, holds))),
  plain('bool', boolean),
  plain('binaryequals', exactText),
  plain('ipaddress', address),
  ['notipaddress', { make: address, negated: true }],
]);

function plain(name: string, make: MakeComparison): [string, OperatorForm] {
  return [name, { make, negated: false }];
}

/** `StringEquals` and `StringNotEquals`. */
function both(type: string, name: string, make: MakeComparison): [string, OperatorForm][] {
  return [plain(`${type}${name}`, make), [`${type}not${name}`, { make, negated: true }]];
}

/** Thrown for operators that do not exist. */
export class UnknownOperatorError extends Error {
  override readonly name = 'UnknownOperatorError';
}

/** One entry `operator: { key: values }` of a Condition block. */
export function parseCondition(
  operator: string,
  key: string,
  values: readonly string[],
  variables: boolean,
): ConditionEntry {
  const match = /^(?:For(AnyValue|AllValues):)?([A-Za-z]+?)(IfExists)?$/i.exec(operator);
  const name = match?.[2]?.toLowerCase() ?? '';
  const set = match?.[1] === undefined ? null : /^any/i.test(match[1]) ? 'any' : 'all';
  const base = { key: key.toLowerCase(), set, ifExists: match?.[3] !== undefined } as const;
  if (name === 'null') {
    const wantsMissing = values.map((value) => value.toLowerCase() === 'true');
    return { ...base, negated: false, comparisons: null, wantsMissing };
  }
  const form = operators.get(name);
  if (form === undefined) {
    throw new UnknownOperatorError(`Unknown condition operator: ${operator}`);
  }
  const comparisons = values.map((value) => form.make(value, variables));
  return { ...base, negated: form.negated, comparisons, wantsMissing: [] };
}

export function conditionHolds(
  entry: ConditionEntry,
  context: ConditionContext,
  lookup: VariableLookup,
): boolean {
  const actual = context.values(entry.key);
  const { comparisons } = entry;
  if (comparisons === null) {
    const missing = actual === null;
    return entry.wantsMissing.some((wanted) => wanted === missing);
  }
  if (actual === null) {
    return entry.ifExists || entry.set === 'all' || (entry.negated && entry.set === null);
  }
  const fits = (value: string): boolean =>
    comparisons.some((compare) => compare(value, lookup)) !== entry.negated;
  if (entry.set === 'any') {
    return actual.some(fits);
  }
  if (entry.set === 'all' || entry.negated) {
    return actual.every(fits);
  }
  return actual.some(fits);
}
