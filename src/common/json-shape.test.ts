import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { base64Text, JsonShapeError, parseJsonShape, patternText } from './json-shape.ts';

const schema = v.object({
  version: v.literal(1),
  state: v.picklist(['on', 'off']),
  secret: base64Text(3),
  names: v.array(patternText(/^[a-z]+$/, 'lower-case letters')),
  extra: v.nullable(v.unknown()),
});
const good = { version: 1, state: 'on', secret: 'AAAA', names: ['a'], extra: null };

test('gives the value when it fits', () => {
  assert.deepEqual(parseJsonShape(schema, JSON.stringify({ ...good, unknown: 1 })), good);
});

test('says where it does not fit and what was expected, never what was found', () => {
  const cases: readonly (readonly [object | string, RegExp])[] = [
    ['{"secret":"hunter2"', /^it is not valid JSON$/],
    ['"hunter2"', /^the file: expected Object$/],
    [{ ...good, version: 'hunter2' }, /^version: expected 1$/],
    [{ ...good, state: 'hunter2' }, /^state: expected \("on" \| "off"\)$/],
    [{ ...good, secret: 'hunter2' }, /^secret: expected 3 bytes in base64$/],
    [{ ...good, secret: 'AAAAAAAA' }, /^secret: expected 3 bytes in base64$/],
    [{ ...good, secret: 5 }, /^secret: expected string$/],
    [{ ...good, names: ['a', 'hunter2'] }, /^names\.1: expected lower-case letters$/],
  ];
  for (const [value, message] of cases) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    assert.throws(
      () => parseJsonShape(schema, text),
      (error) =>
        error instanceof JsonShapeError &&
        message.test(error.message) &&
        !error.message.includes('hunter2'),
      String(message),
    );
  }
});
