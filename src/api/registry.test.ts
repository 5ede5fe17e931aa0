/**
 * Every operation against the facts of the service model: names, planes, errors, members,
 * constraints; and for each constraint the values on both sides of its bounds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kmsCodes, ServiceError } from '../model/service-error.ts';
import { check } from './check.ts';
import { coerce } from './coerce.ts';
import { errorCodes, operationFacts, shapeFacts, structureFacts } from './model-facts.ts';
import { operations } from './registry.ts';
import type { MemberRule, Rule, StructureRule } from './rules.ts';

interface MemberFact {
  readonly name: string;
  readonly shape: string;
  readonly required: boolean;
}

function memberFacts(text: string): readonly MemberFact[] {
  if (text === '') return [];
  return text.split(' ').map((word) => {
    const [name = '', shape = name] = word.replace('!', '').split(':');
    return { name, shape, required: word.endsWith('!') };
  });
}

interface ShapeFact {
  readonly type: string;
  readonly of: string | undefined;
  readonly to: string | undefined;
  readonly values: readonly string[] | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly pattern: string | undefined;
}

const NOTATION = new RegExp(
  [
    '^(?<type>\\w+)(?: of (?<of>\\w+)(?: to (?<to>\\w+))?)?(?: in (?<values>\\S+))?',
    '(?: (?<min>\\d*)\\.\\.(?<max>\\d*))?(?: /(?<pattern>.*)/)?$',
  ].join(''),
);

function shapeFact(shape: string): ShapeFact {
  const found = NOTATION.exec(shapeFacts[shape] ?? '')?.groups;
  assert.ok(found, `no facts about ${shape}`);
  const number = (text: string | undefined): number | undefined =>
    text === undefined || text === '' ? undefined : Number(text);
  return {
    type: found['type']!,
    of: found['of'],
    to: found['to'],
    values: found['values']?.split('|'),
    min: number(found['min']),
    max: number(found['max']),
    pattern: found['pattern'],
  };
}

/** A rule in a form that can be compared with that of facts. */
function plainRule(rule: Rule): unknown {
  const bounds = (min: number | undefined, max: number | undefined): object => ({ min, max });
  switch (rule.type) {
    case 'string':
      return {
        type: rule.type,
        ...bounds(rule.lengthMin, rule.lengthMax),
        pattern: rule.pattern?.text,
        values: rule.values === undefined ? undefined : [...rule.values].sort(),
      };
    case 'integer':
    case 'long':
      return { type: rule.type, ...bounds(rule.valueMin, rule.valueMax) };
    case 'blob':
      return { type: rule.type, ...bounds(rule.lengthMin, rule.lengthMax) };
    case 'list':
      return {
        type: rule.type,
        ...bounds(rule.lengthMin, rule.lengthMax),
        member: plainRule(rule.member),
      };
    case 'map':
      return {
        type: rule.type,
        ...bounds(rule.lengthMin, rule.lengthMax),
        key: plainRule(rule.key),
        value: plainRule(rule.value),
      };
    case 'structure':
      return { type: rule.type, members: plainMembers(rule) };
    default:
      return { type: rule.type };
  }
}

function plainMembers(rule: StructureRule): unknown {
  return Object.fromEntries(
    Object.entries(rule.members).map(([name, member]: [string, MemberRule]) => [
      name,
      { rule: plainRule(member), required: member.required === true },
    ]),
  );
}

function plainFact(shape: string): unknown {
  const members = structureFacts[shape];
  if (members !== undefined) return { type: 'structure', members: plainMemberFacts(members) };
  const { type, of, to, values, min, max, pattern } = shapeFact(shape);
  if (type === 'list') return { type, min, max, member: plainFact(of!) };
  if (type === 'map') return { type, min, max, key: plainFact(of!), value: plainFact(to!) };
  if (type === 'boolean' || type === 'timestamp') return { type };
  if (type !== 'string') return { type, min, max };
  return { type, min, max, pattern, values: values === undefined ? undefined : [...values].sort() };
}

function plainMemberFacts(text: string): unknown {
  return Object.fromEntries(
    memberFacts(text).map(({ name, shape, required }) => [
      name,
      { rule: plainFact(shape), required },
    ]),
  );
}

test('the operations are those of the model', () => {
  assert.equal(operations.size, 45);
  assert.deepEqual([...operations.keys()].sort(), Object.keys(operationFacts).sort());
});

for (const [name, facts] of Object.entries(operationFacts)) {
  test(`${name}: plane, errors, members and constraints are those of the model`, () => {
    const operation = operations.get(name)!;
    assert.equal(operation.plane, facts.plane);
    const errors = facts.errors
      .split(' ')
      .flatMap((code): readonly string[] =>
        code === 'KMS' ? kmsCodes : [errorCodes[code] ?? code],
      );
    assert.deepEqual([...operation.errors].sort(), [...errors].sort());
    assert.deepEqual(plainMembers(operation.input), plainMemberFacts(facts.input));
  });
}

/** Texts that match the patterns of the model, to start from. */
const SAMPLES: Readonly<Record<string, string>> = {
  BucketARN: 'arn:aws:s3:::bucket',
  ChannelARN: 'arn:aws:kinesis:us-east-1:123456789012:channel/abc',
  ConsumerARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1',
  ExpectedBucketOwner: '123456789012',
  GSRSchemaARN: 'arn:aws:glue:us-east-1:123456789012:schema/registry/schema',
  HashKey: '0',
  ResourceARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/s',
  RoleARN: 'arn:aws:iam::123456789012:role/r',
  SequenceNumber: '1',
  StreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/s',
  StreamId: 'abcdefghij0123456789-abc',
  TableBucketARN: 'arn:aws:s3tables:us-east-1:123456789012:bucket/tables',
};

/** A value that keeps all constraints, made from facts alone, as it would be decoded from JSON. */
function sample(shape: string): unknown {
  const members = structureFacts[shape];
  if (members !== undefined) return sampleMembers(members);
  const { type, of, to, values, min } = shapeFact(shape);
  switch (type) {
    case 'string':
      return values?.[0] ?? SAMPLES[shape] ?? 'a'.repeat(Math.max(1, min ?? 0));
    case 'integer':
    case 'long':
      return min ?? 1;
    case 'boolean':
      return true;
    case 'blob':
      return 'AAAA';
    case 'timestamp':
      return 1.5;
    case 'list':
      return [sample(of!)];
    default:
      return { [sample(of!) as string]: sample(to!) };
  }
}

function sampleMembers(text: string): Record<string, unknown> {
  return Object.fromEntries(memberFacts(text).map(({ name, shape }) => [name, sample(shape)]));
}

interface Case {
  readonly what: string;
  readonly value: unknown;
  /** Part of the error's text; null when the value is fine. */
  readonly error: string | null;
}

function* boundaryCases(shape: string): Generator<Case> {
  const { type, min, max, pattern, values } = shapeFact(shape);
  const scalar = type === 'integer' || type === 'long';
  const word = scalar ? 'value' : 'length';
  const [low, high] = [`${word} greater than or equal to`, `${word} less than or equal to`];
  if (scalar && min !== undefined) {
    yield { what: 'least', value: min, error: null };
    yield { what: 'below', value: min - 1, error: `${low} ${min}` };
  }
  if (scalar && max !== undefined) {
    yield { what: 'most', value: max, error: null };
    yield { what: 'above', value: max + 1, error: `${high} ${max}` };
    yield { what: 'a little above', value: max + 0.9, error: null };
  }
  if (type === 'string') {
    if (min !== undefined && min > 0) yield { what: 'empty', value: '', error: `${low} ${min}` };
    if (max !== undefined) {
      const long = (length: number): string => (SAMPLES[shape] ?? '').padEnd(length, '0');
      const fits = pattern === undefined || new RegExp(`^(?:${pattern})$`).test(long(max));
      if (fits) yield { what: 'longest', value: long(max), error: null };
      yield { what: 'too long', value: long(max + 1), error: `${high} ${max}` };
    }
    if (pattern !== undefined) {
      const error = `regular expression pattern: ${pattern}`;
      yield { what: 'blank', value: shape === 'CloudWatchLogStreamName' ? ':' : ' ', error };
    }
    if (values !== undefined) {
      for (const value of values) yield { what: value, value, error: null };
      yield { what: 'no value', value: 'NONE_SUCH', error: 'enum value set: [' };
    }
  }
  if (type === 'blob') {
    yield { what: 'empty', value: '', error: null };
    const above = Buffer.alloc(max! + 1).toString('base64');
    yield { what: 'above', value: above, error: `${high} ${max}` };
  }
  if (type === 'list') yield* listCases(shape);
  if (type === 'map') yield* mapCases(shape);
}

function* listCases(shape: string): Generator<Case> {
  const { of, min, max } = shapeFact(shape);
  const items = (count: number): unknown[] => Array.from({ length: count }, () => sample(of!));
  yield { what: 'shortest', value: items(min!), error: null };
  yield { what: 'empty', value: [], error: `length greater than or equal to ${min}` };
  yield { what: 'longest', value: items(max!), error: null };
  yield { what: 'too long', value: items(max! + 1), error: `length less than or equal to ${max}` };
}

function* mapCases(shape: string): Generator<Case> {
  const { min, max } = shapeFact(shape);
  const entries = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));
  yield { what: 'smallest', value: entries(min!), error: null };
  yield { what: 'empty', value: {}, error: `length greater than or equal to ${min}` };
  yield { what: 'largest', value: entries(max!), error: null };
  yield { what: 'too large', value: entries(max! + 1), error: `less than or equal to ${max}` };
  yield { what: 'empty key', value: { '': 'v' }, error: 'Map keys must satisfy constraint: [' };
  yield {
    what: 'long value',
    value: { k: 'v'.repeat(257) },
    error: 'Map value must satisfy constraint: [',
  };
}

/** Inputs that differ from a fine one in one place, at any depth; with the path of that place. */
function* inputCases(
  members: string,
): Generator<Case & { readonly path: string; readonly input: Record<string, unknown> }> {
  for (const { name, shape, required } of memberFacts(members)) {
    const path = name[0]!.toLowerCase() + name.slice(1);
    const with_ = (value: unknown): Record<string, unknown> => ({
      ...sampleMembers(members),
      [name]: value,
    });
    const absent = required ? 'Member must not be null' : null;
    yield { what: 'null', value: null, error: absent, path, input: with_(null) };
    const of = structureFacts[shape] ? undefined : shapeFact(shape).of;
    const inner = structureFacts[shape] ?? structureFacts[of ?? ''];
    if (structureFacts[shape] === undefined) {
      for (const found of boundaryCases(shape)) yield { ...found, path, input: with_(found.value) };
    }
    if (inner === undefined) continue;
    for (const found of inputCases(inner)) {
      yield of === undefined
        ? { ...found, path: `${path}.${found.path}`, input: with_(found.input) }
        : { ...found, path: `${path}.1.member.${found.path}`, input: with_([found.input]) };
    }
  }
}

test('values on both sides of every bound', () => {
  let count = 0;
  for (const [name, facts] of Object.entries(operationFacts)) {
    const rule = operations.get(name)!.input;
    for (const { what, error, path, input } of inputCases(facts.input)) {
      const label = `${name} ${path}: ${what}`;
      count++;
      const run = (): void => check(rule, coerce(rule, input));
      if (error === null) {
        assert.doesNotThrow(run, label);
        continue;
      }
      assert.throws(
        run,
        (thrown) => {
          assert.ok(thrown instanceof ServiceError && thrown.code === 'ValidationException', label);
          assert.ok(thrown.text!.includes(`at '${path}' failed`), `${label}: ${thrown.text}`);
          assert.ok(thrown.text!.includes(error), `${label}: ${thrown.text}`);
          return true;
        },
        label,
      );
    }
  }
  assert.ok(count > 800, `only ${count} cases`);
});
