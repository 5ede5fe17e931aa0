import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../model/service-error.ts';
import { coerce } from './coerce.ts';
import { Timestamp } from './operation.ts';
import type { Rule, StructureRule } from './rules.ts';

const string: Rule = { type: 'string' };
const rule = (member: Rule): StructureRule => ({ type: 'structure', members: { M: member } });
const coerced = (member: Rule, value: unknown): unknown => coerce(rule(member), { M: value })['M'];

function refused(member: Rule, value: unknown, text: string): void {
  assert.throws(
    () => coerced(member, value),
    (error) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.code, 'SerializationException');
      assert.equal(error.text, text);
      return true;
    },
  );
}

const boolean = 'class java.lang.Boolean';
const number = 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber';
const text = 'class java.lang.String';
const listFound = 'Start of list found where not expected';
const structureFound = 'Start of structure or map found where not expected.';

test('scalars of the wrong type', () => {
  refused(string, true, `${boolean} can not be converted to an String`);
  refused(string, 1, `${number} can not be converted to an String`);
  refused({ type: 'integer' }, 'a', `${text} can not be converted to an Integer`);
  refused({ type: 'long' }, 'a', `${text} can not be converted to an Long`);
  refused({ type: 'integer' }, true, `${boolean} can not be converted to an Integer`);
  refused({ type: 'boolean' }, 'maybe', `'MAYBE' can not be converted to an Boolean`);
  refused({ type: 'boolean' }, 1, `${number} can not be converted to an Boolean`);
  refused({ type: 'blob' }, true, `${boolean} can not be converted to a Blob`);
  refused({ type: 'blob' }, 1, `${number} can not be converted to a Blob`);
  const instant = 'can not be converted to milliseconds since epoch';
  refused({ type: 'timestamp' }, '1', `${text} ${instant}`);
  refused({ type: 'timestamp' }, true, `${boolean} ${instant}`);
});

test('base64 that is none', () => {
  const blob: Rule = { type: 'blob' };
  const wrong = (value: string): string => `'${value}' can not be converted to a Blob: `;
  refused(
    blob,
    '23456',
    `${wrong('23456')}Base64 encoded length is expected a multiple of 4 bytes but found: 5`,
  );
  refused(blob, '=+/=', `${wrong('=+/=')}Invalid Base64 character: '='`);
  refused(blob, 'ab-_', `${wrong('ab-_')}Invalid Base64 character: '-'`);
  refused(blob, 'ab\n=', `${wrong('ab\n=')}Invalid Base64 character: '\n'`);
  const last = 'Invalid last non-pad Base64 character dectected';
  refused(blob, '+/+=', `${wrong('+/+=')}${last}`);
  refused(blob, '====', `${wrong('====')}${last}`);
});

test('huge values are not quoted in full', () => {
  for (const type of ['blob', 'boolean'] as const) {
    assert.throws(
      () => coerced({ type }, 'x'.repeat(1_000_001)),
      (error) => error instanceof ServiceError && error.text!.length < 5_000,
    );
  }
});

test('lists, maps and structures in the wrong place', () => {
  const list: Rule = { type: 'list', member: string };
  const map: Rule = { type: 'map', key: { type: 'string' }, value: { type: 'string' } };
  const structure: Rule = rule(string);
  for (const scalar of ['a', 1, true]) {
    refused(list, scalar, 'Expected list or null');
    refused(map, scalar, 'Expected map or null');
    refused(structure, scalar, 'Expected null');
  }
  const types = ['string', 'integer', 'long', 'boolean', 'blob', 'timestamp'] as const;
  for (const type of types) {
    refused({ type }, [], listFound);
    refused({ type }, {}, structureFound);
  }
  refused(structure, [], listFound);
  refused(map, [], listFound);
  refused(list, {}, structureFound);
  refused(list, [1], `${number} can not be converted to an String`);
  refused(map, { a: true }, `${boolean} can not be converted to an String`);
  refused({ type: 'list', member: structure }, ['a'], 'Expected null');
});

test('what can be converted is', () => {
  assert.equal(coerced({ type: 'integer' }, 5.9), 5);
  assert.equal(coerced({ type: 'integer' }, -0.5), -1);
  assert.equal(coerced({ type: 'integer' }, 1e300), 2147483647);
  assert.equal(coerced({ type: 'integer' }, -1e300), -2147483648);
  assert.equal(coerced({ type: 'long' }, 1e12), 1e12);
  assert.equal(coerced({ type: 'timestamp' }, 1459799926.48), 1459799926480);
  assert.equal(coerced({ type: 'timestamp' }, 1459799926), 1459799926000);
  assert.equal(coerced({ type: 'timestamp' }, new Timestamp(5)), 5);
  assert.ok(Number.isSafeInteger(coerced({ type: 'timestamp' }, 1e300)));
  for (const yes of [true, 'true', 'TRUE', '1', 'yes']) {
    assert.equal(coerced({ type: 'boolean' }, yes), true);
  }
  for (const no of [false, 'False', '0', 'no']) {
    assert.equal(coerced({ type: 'boolean' }, no), false);
  }
  assert.deepEqual(coerced({ type: 'blob' }, 'aGk='), Buffer.from('hi'));
  assert.deepEqual(coerced({ type: 'blob' }, ''), Buffer.from(''));
  const bytes = Uint8Array.of(1, 2);
  assert.equal(coerced({ type: 'blob' }, bytes), bytes);
});

test('null is absent, unknown members are ignored, a null element stays', () => {
  const members = coerce(rule(string), { M: null, Other: 1, toString: 2 });
  assert.deepEqual(members, {});
  assert.deepEqual(coerced({ type: 'list', member: string }, ['a', null]), ['a', undefined]);
  const map: Rule = { type: 'map', key: { type: 'string' }, value: { type: 'string' } };
  assert.deepEqual({ ...(coerced(map, { a: 'b', c: null }) as object) }, { a: 'b' });
});
