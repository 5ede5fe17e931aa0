/**
 * What a value from a JSON file must look like, as small functions that are put together: each
 * returns the value in its type, or throws a ShapeError that says where and what was expected,
 * never what was found, since that may be a secret.
 */

/** The value does not look as it must. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Checks a value; `at` is its place in the file, such as `keys[0].id`. */
export type Shape<T> = (value: unknown, at: string) => T;

function fail(at: string, expected: string): never {
  throw new ShapeError(`${at === '' ? 'the file' : at}: expected ${expected}`);
}

/** A text; `expected` describes the pattern. */
export function textShape(pattern: RegExp = /(?:)/, expected = 'a text'): Shape<string> {
  return (value, at) =>
    typeof value === 'string' && pattern.test(value) ? value : fail(at, expected);
}

/** Bytes in standard base64 with padding; `bytes` of them where given. */
export function base64Shape(bytes: number | null = null): Shape<string> {
  const pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const expected = bytes === null ? 'base64' : `${bytes} bytes in base64`;
  return (value, at) => {
    const fits =
      typeof value === 'string' &&
      pattern.test(value) &&
      (bytes === null || Buffer.byteLength(value, 'base64') === bytes);
    return fits ? value : fail(at, expected);
  };
}

export const numberShape: Shape<number> = (value, at) =>
  typeof value === 'number' ? value : fail(at, 'a number');

export const anyShape: Shape<unknown> = (value) => value;

/** One of these values. */
export function oneOfShape<T extends string | number>(...values: readonly T[]): Shape<T> {
  return (value, at) => values.find((known) => known === value) ?? fail(at, values.join(' or '));
}

export function nullableShape<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at));
}

export function listShape<T>(shape: Shape<T>): Shape<T[]> {
  return (value, at) =>
    Array.isArray(value)
      ? value.map((item, index) => shape(item, `${at}[${index}]`))
      : fail(at, 'a list');
}

/** An object whose keys are data. */
export function recordShape<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return (value, at) =>
    Object.fromEntries(
      Object.entries(objectIn(value, at)).map(([key, item]) => [key, shape(item, `${at}.${key}`)]),
    );
}

/** An object with these members; others are left out. */
export function objectShape<T extends object>(members: {
  readonly [K in keyof T]-?: Shape<T[K]>;
}): Shape<T> {
  const names = Object.keys(members) as (keyof T & string)[];
  return (value, at) => {
    const object = objectIn(value, at);
    const checked: Partial<T> = {};
    for (const name of names) {
      checked[name] = members[name](object[name], at === '' ? name : `${at}.${name}`);
    }
    return checked as T;
  };
}

function objectIn(value: unknown, at: string): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : fail(at, 'an object');
}
