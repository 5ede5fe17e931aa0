/**
 * Constraints of the rules on coerced members: required, length, value, pattern, enumeration. All
 * that fail are reported together, at most ten, in one ValidationException with the service's
 * texts.
 *
 * The work and the text are bounded whatever the body holds: the search stops at the tenth failure,
 * and values too large to print are left out of the text.
 */
import { ServiceError } from '../model/service-error.ts';
import type { Members } from './coerce.ts';
import type { ListRule, MapRule, MemberRule, Rule, StringRule, StructureRule } from './rules.ts';

const FAILURES_MAX = 10;
/** Characters of a value up to which it is printed. */
const PRINTED_CHARS_MAX = 4_096;
/** Longer texts that already are too long are not matched against patterns that may backtrack. */
const MATCHED_CHARS_MAX = 4_096;

/** Failed constraints on their way into one ValidationException. */
export class ConstraintFailures {
  readonly #texts: string[] = [];

  /** True when no more will be listed, so that looking for more is useless. */
  get full(): boolean {
    return this.#texts.length >= FAILURES_MAX;
  }

  /** `value`: in the notation of the service, null when the member is missing. */
  add(path: string, value: string | null, text: string): void {
    this.#push(value === null ? 'Value null' : `Value '${value}'`, path, text);
  }

  /** As `add`, for a coerced value; one too large to print is left out. */
  addValue(path: string, value: unknown, rule: Rule, text: string): void {
    const printed = valueText(value, rule);
    this.#push(printed === null ? 'Value' : `Value '${printed}'`, path, text);
  }

  #push(subject: string, path: string, text: string): void {
    if (this.full) return;
    this.#texts.push(`${subject} at '${path}' failed to satisfy constraint: ${text}`);
  }

  throwIfAny(): void {
    const count = this.#texts.length;
    if (count === 0) return;
    throw new ServiceError(
      'ValidationException',
      `${count} validation ${count === 1 ? 'error' : 'errors'} detected: ${this.#texts.join('; ')}`,
    );
  }
}

/** Throws ValidationException unless `members` keep all constraints of `rule`. */
export function check(rule: StructureRule, members: Members): void {
  const failures = new ConstraintFailures();
  checkStructure(rule, members, '', failures);
  failures.throwIfAny();
}

/** What a blob of `length` bytes prints as. */
export function blobText(length: number): string {
  return `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`;
}

/** A value in the notation of Java's toString; null when it is too large to print. */
function valueText(value: unknown, rule: Rule | undefined): string | null {
  if (value instanceof Uint8Array) return blobText(value.length);
  if (typeof value === 'string') return value.length <= PRINTED_CHARS_MAX ? value : null;
  if (typeof value !== 'object' || value === null) return String(value);
  if (rule?.type === 'structure') return structureText(rule, value);
  const member = rule?.type === 'list' ? rule.member : undefined;
  const parts: string[] = [];
  let length = 0;
  for (const [key, item] of Object.entries(value)) {
    const text = valueText(item, member);
    length += (text ?? '').length + key.length;
    if (text === null || length > PRINTED_CHARS_MAX) return null;
    parts.push(Array.isArray(value) ? text : `${key}=${text}`);
  }
  return Array.isArray(value) ? `[${parts.join(', ')}]` : `{${parts.join(', ')}}`;
}

/** A Java object without toString of its own: class and hash code, here of its members' names. */
function structureText(rule: StructureRule, value: object): string {
  let hash = 7;
  for (const name of Object.keys(value)) {
    for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  }
  return `${rule.javaName ?? 'Object'}@${(hash >>> 0).toString(16)}`;
}

function checkStructure(
  rule: StructureRule,
  members: Members,
  prefix: string,
  failures: ConstraintFailures,
): void {
  for (const [name, memberRule] of Object.entries(rule.members)) {
    if (failures.full) return;
    const value = members[name];
    const path = prefix + name[0]!.toLowerCase() + name.slice(1);
    if (value !== undefined) checkValue(memberRule, value, path, failures);
    else if (isRequired(memberRule)) failures.add(path, null, 'Member must not be null');
  }
}

function isRequired(rule: MemberRule): boolean {
  return rule.required === true;
}

function checkValue(rule: Rule, value: unknown, path: string, failures: ConstraintFailures): void {
  switch (rule.type) {
    case 'string':
    case 'integer':
    case 'long':
    case 'blob':
      for (const text of scalarFailures(rule, value)) {
        failures.addValue(path, value, rule, text);
      }
      return;
    case 'list':
      return checkList(rule, value as unknown[], path, failures);
    case 'map':
      return checkMap(rule, value as Record<string, unknown>, path, failures);
    case 'structure':
      return checkStructure(rule, value as Members, `${path}.`, failures);
    case 'boolean':
    case 'timestamp':
  }
}

/** Texts of the constraints a scalar breaks. */
function scalarFailures(rule: Rule, value: unknown): readonly string[] {
  switch (rule.type) {
    case 'string':
      return stringFailures(rule, value as string);
    case 'integer':
    case 'long':
      return boundFailures('value', value as number, rule.valueMin, rule.valueMax);
    case 'blob':
      return boundFailures('length', (value as Uint8Array).length, rule.lengthMin, rule.lengthMax);
    default:
      return [];
  }
}

function boundFailures(
  what: 'length' | 'value',
  value: number,
  min: number | undefined,
  max: number | undefined,
): readonly string[] {
  if (min !== undefined && value < min) return [atLeast(what, min)];
  if (max !== undefined && value > max) return [atMost(what, max)];
  return [];
}

function atLeast(what: 'length' | 'value', min: number): string {
  return `Member must have ${what} greater than or equal to ${min}`;
}

function atMost(what: 'length' | 'value', max: number): string {
  return `Member must have ${what} less than or equal to ${max}`;
}

function stringFailures(rule: StringRule, value: string): readonly string[] {
  if (rule.values !== undefined) return rule.values.includes(value) ? [] : [enumText(rule.values)];
  const failures = [...boundFailures('length', value.length, rule.lengthMin, rule.lengthMax)];
  const { pattern } = rule;
  if (pattern === undefined) return failures;
  const matched = value.length <= MATCHED_CHARS_MAX || rule.lengthMax === undefined;
  if (matched && !pattern.whole.test(value)) {
    failures.unshift(`Member must satisfy regular expression pattern: ${pattern.text}`);
  }
  return failures;
}

function enumText(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`;
}

/** What every element of a list, key or value of a map must satisfy, as one text. */
function elementText(rule: Rule): string {
  const texts: string[] = [];
  if (rule.type === 'string') {
    if (rule.values !== undefined) texts.push(enumText(rule.values));
    if (rule.lengthMax !== undefined) texts.push(atMost('length', rule.lengthMax));
    if (rule.lengthMin !== undefined) texts.push(atLeast('length', rule.lengthMin));
    if (rule.pattern !== undefined) {
      texts.push(`Member must satisfy regular expression pattern: ${rule.pattern.text}`);
    }
  }
  return texts.join(', ');
}

function checkList(
  rule: ListRule,
  items: unknown[],
  path: string,
  failures: ConstraintFailures,
): void {
  for (const text of boundFailures('length', items.length, rule.lengthMin, rule.lengthMax)) {
    failures.addValue(path, items, rule, text);
  }
  const { member } = rule;
  for (let i = 0; i < items.length && !failures.full; i++) {
    const item = items[i];
    const itemPath = `${path}.${i + 1}.member`;
    if (item === undefined) failures.add(itemPath, null, 'Member must not be null');
    else if (member.type === 'structure') checkValue(member, item, itemPath, failures);
    else if (scalarFailures(member, item).length > 0) {
      const text = `Member must satisfy constraint: [${elementText(member)}]`;
      failures.addValue(path, items, rule, text);
      return;
    }
  }
}

function checkMap(
  rule: MapRule,
  map: Record<string, unknown>,
  path: string,
  failures: ConstraintFailures,
): void {
  const keys = Object.keys(map);
  for (const text of boundFailures('length', keys.length, rule.lengthMin, rule.lengthMax)) {
    failures.addValue(path, map, rule, text);
  }
  if (keys.some((key) => scalarFailures(rule.key, key).length > 0)) {
    failures.addValue(
      path,
      map,
      rule,
      `Map keys must satisfy constraint: [${elementText(rule.key)}]`,
    );
  }
  if (Object.values(map).some((item) => scalarFailures(rule.value, item).length > 0)) {
    failures.addValue(
      path,
      map,
      rule,
      `Map value must satisfy constraint: [${elementText(rule.value)}]`,
    );
  }
}
