import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anyShape,
  base64Shape,
  listShape,
  nullableShape,
  numberShape,
  objectShape,
  oneOfShape,
  recordShape,
  ShapeError,
  textShape,
} from './shape.ts';

const shape = objectShape<{
  version: 1;
  names: string[];
  ages: Record<string, number>;
  secret: string | null;
  rest: unknown;
}>({
  version: oneOfShape(1),
  names: listShape(textShape(/^[a-z]+$/, 'lower-case letters')),
  ages: recordShape(numberShape),
  secret: nullableShape(base64Shape(3)),
  rest: anyShape,
});

const good = { version: 1, names: ['ann'], ages: { ann: 3 }, secret: 'AAAA', rest: [null] };

test('returns what fits, without members that are not known', () => {
  assert.deepEqual(shape({ ...good, more: true }, ''), good);
  assert.deepEqual(shape({ ...good, secret: null }, ''), { ...good, secret: null });
});

test('says where and what was expected, never what was found', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [null, 'the file: expected an object'],
    [[], 'the file: expected an object'],
    [{ ...good, version: 2 }, 'version: expected 1'],
    [{ ...good, names: 'ann' }, 'names: expected a list'],
    [{ ...good, names: ['ann', 'BOB'] }, 'names[1]: expected lower-case letters'],
    [{ ...good, ages: { ann: '3' } }, 'ages.ann: expected a number'],
    [{ ...good, secret: 'AAA' }, 'secret: expected 3 bytes in base64'],
    [{ ...good, secret: 'AAAAAAAA' }, 'secret: expected 3 bytes in base64'],
    [{ ...good, secret: undefined }, 'secret: expected 3 bytes in base64'],
  ];
  for (const [value, message] of cases) {
    assert.throws(
      () => shape(value, ''),
      (error) => error instanceof ShapeError && error.message === message,
      message,
    );
  }
});
