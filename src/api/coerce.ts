/**
 * From decoded values to the types of the rules, the way the service does it: members that are not
 * known are ignored, null is absent, fractions are floored, large integers saturate, and whatever
 * cannot be converted is a SerializationException with the service's text.
 */
import { ServiceError } from '../model/service-error.ts';
import { Timestamp } from './operation.ts';
import type { Rule, StructureRule } from './rules.ts';

/** Coerced members; absent ones are missing. */
export type Members = Record<string, unknown>;

const INTEGER_MAX = 2 ** 31 - 1;
const INTEGER_MIN = -(2 ** 31);
const INSTANT_MAX = Number.MAX_SAFE_INTEGER;
/** Characters of a value up to which it is quoted in full. */
const QUOTED_CHARS_MAX = 4_096;
const LIST_FOUND = 'Start of list found where not expected';
const STRUCTURE_FOUND = 'Start of structure or map found where not expected.';
const TRUE_TEXTS: readonly string[] = ['TRUE', '1', 'YES'];
const FALSE_TEXTS: readonly string[] = ['FALSE', '0', 'NO'];

function refuse(text: string): never {
  throw new ServiceError('SerializationException', text);
}

/** Converts the members of a decoded body that `rule` names. Throws SerializationException. */
export function coerce(rule: StructureRule, body: unknown): Members {
  return coerceStructure(rule, body);
}

function coerceValue(rule: Rule, value: unknown): unknown {
  switch (rule.type) {
    case 'string':
      return typeof value === 'string' ? value : refuseAs(value, 'an String');
    case 'integer':
      return coerceNumber(value, 'an Integer', INTEGER_MIN, INTEGER_MAX);
    case 'long':
      return coerceNumber(value, 'an Long', -Infinity, Infinity);
    case 'boolean':
      return coerceBoolean(value);
    case 'blob':
      return coerceBlob(value);
    case 'timestamp':
      return coerceTimestamp(value);
    case 'list':
      return coerceList(rule.member, value);
    case 'map':
      return coerceMap(rule.value, value);
    case 'structure':
      return coerceStructure(rule, value);
  }
}

/** The name the service gives the type of a value that arrived. */
function classOf(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return 'class java.lang.Boolean';
    case 'number':
      return 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber';
    case 'string':
      return 'class java.lang.String';
    default:
      return value instanceof Uint8Array ? 'class java.nio.HeapByteBuffer' : 'class java.util.Date';
  }
}

/** A text as errors quote it: not all of it when it is huge. */
function quotable(text: string): string {
  return text.length <= QUOTED_CHARS_MAX ? text : `${text.slice(0, QUOTED_CHARS_MAX)}...`;
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value instanceof Uint8Array || value instanceof Timestamp;
}

function refuseAs(value: unknown, wanted: string): never {
  if (Array.isArray(value)) refuse(LIST_FOUND);
  if (!isScalar(value)) refuse(STRUCTURE_FOUND);
  refuse(`${classOf(value)} can not be converted to ${wanted}`);
}

function coerceNumber(value: unknown, wanted: string, min: number, max: number): number {
  if (typeof value !== 'number' || Number.isNaN(value)) refuseAs(value, wanted);
  return Math.min(max, Math.max(min, Math.floor(value)));
}

function coerceBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') refuseAs(value, 'an Boolean');
  const text = value.toUpperCase();
  if (TRUE_TEXTS.includes(text)) return true;
  if (FALSE_TEXTS.includes(text)) return false;
  refuse(`'${quotable(text)}' can not be converted to an Boolean`);
}

function coerceTimestamp(value: unknown): number {
  if (value instanceof Timestamp) return value.ms;
  if (typeof value === 'number' && !Number.isNaN(value)) {
    return Math.min(INSTANT_MAX, Math.max(-INSTANT_MAX, Math.round(value * 1000)));
  }
  refuseAs(value, 'milliseconds since epoch');
}

function coerceBlob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string') refuseAs(value, 'a Blob');
  const bytes = Buffer.from(value, 'base64');
  // The native decoder skips what it does not know; text it took in full encodes back to itself.
  if (value.length === Math.ceil(bytes.length / 3) * 4 && bytes.toString('base64') === value) {
    return bytes;
  }
  const wrong = `'${quotable(value)}' can not be converted to a Blob: `;
  if (value.length % 4 !== 0) {
    refuse(
      `${wrong}Base64 encoded length is expected a multiple of 4 bytes but found: ${value.length}`,
    );
  }
  const character = /[^a-zA-Z0-9+/=]|=(?!=|$)/.exec(value);
  if (character !== null) refuse(`${wrong}Invalid Base64 character: '${character[0]}'`);
  refuse(`${wrong}Invalid last non-pad Base64 character dectected`);
}

function coerceList(member: Rule, value: unknown): unknown[] {
  if (!Array.isArray(value)) refuse(isScalar(value) ? 'Expected list or null' : STRUCTURE_FOUND);
  // A null element is kept, for the constraints to find.
  return value.map((item: unknown) => (item === null ? undefined : coerceValue(member, item)));
}

function coerceMap(rule: Rule, value: unknown): Record<string, unknown> {
  if (Array.isArray(value)) refuse(LIST_FOUND);
  if (isScalar(value)) refuse('Expected map or null');
  const map = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value as object)) {
    if (item !== null && item !== undefined) map[key] = coerceValue(rule, item);
  }
  return map;
}

function coerceStructure(rule: StructureRule, value: unknown): Members {
  if (Array.isArray(value)) refuse(LIST_FOUND);
  if (isScalar(value)) refuse('Expected null');
  const given = value as Record<string, unknown>;
  const members: Members = {};
  for (const [name, memberRule] of Object.entries(rule.members)) {
    const item = given[name];
    if (item !== null && item !== undefined) members[name] = coerceValue(memberRule, item);
  }
  return members;
}
