/**
 * What a metadata key may be, the same for every engine: printable ASCII, so that byte order, text
 * order and the order of any engine agree.
 */
import { assert } from '../common/assert.ts';

/** Longest key, characters. Stream and consumer names are at most 128 each. */
const KEY_LENGTH_MAX = 600;
const KEY_PATTERN = /^[\x21-\x7e]+$/;

/** Returns the key; throws AssertionError when it is not one. */
export function checkedKey(key: string): string {
  assert(key.length <= KEY_LENGTH_MAX && KEY_PATTERN.test(key), 'not a metadata key');
  return key;
}

/** The least text above all keys that start with `prefix`. */
export function prefixEnd(prefix: string): string {
  return `${prefix}\x7f`;
}
