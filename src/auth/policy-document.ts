/**
 * Policy documents, read and checked once: what they say, ready to be evaluated.
 *
 * The grammar is that of IAM: single values and lists are the same, names of actions ignore case,
 * unknown elements are refused rather than ignored, because an ignored condition would allow more
 * than its author meant.
 */
import { parseCondition, UnknownOperatorError } from './policy-condition.ts';
import type { ConditionEntry } from './policy-condition.ts';
import { ArnPattern, Pattern } from './wildcard.ts';

/** Who a statement of a resource policy is about. */
export interface PrincipalPattern {
  /** `*`, a 12-digit account, or an ARN. */
  readonly text: string;
  /** The account, when the whole of it is meant. */
  readonly account: string | null;
}

export interface PolicyStatement {
  readonly sid: string | null;
  readonly effect: 'Allow' | 'Deny';
  /** Null in identity policies. */
  readonly principals: readonly PrincipalPattern[] | null;
  readonly excludesPrincipals: boolean;
  readonly actions: readonly Pattern[];
  readonly excludesActions: boolean;
  /** Null when the statement names none: then every resource the policy is attached to. */
  readonly resources: readonly ArnPattern[] | null;
  readonly excludesResources: boolean;
  readonly conditions: readonly ConditionEntry[];
}

export interface PolicyDocument {
  readonly statements: readonly PolicyStatement[];
}

/** The kinds of policies, which differ in the elements they must and must not have. */
export type PolicyKind = 'identity' | 'resource';

/** The document breaks the grammar; the message says where. */
export class PolicyFormatError extends Error {
  override readonly name = 'PolicyFormatError';
}

const DOCUMENT_CHARACTERS_MAX = 32 * 1024;
const STATEMENTS_MAX = 1_000;
/** Of a resource or a condition value: patterns are matched at a cost of length times length. */
const PATTERN_CHARACTERS_MAX = 2_048;

type Json = Readonly<Record<string, unknown>>;

const documentElements = new Set(['Version', 'Id', 'Statement']);
const statementElements = new Set([
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction'],
  ...['Resource', 'NotResource', 'Condition'],
]);

/** Throws PolicyFormatError. */
export function parsePolicyText(text: string, kind: PolicyKind): PolicyDocument {
  if (text.length > DOCUMENT_CHARACTERS_MAX) {
    throw new PolicyFormatError(`longer than ${DOCUMENT_CHARACTERS_MAX} characters`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PolicyFormatError('not valid JSON');
  }
  return parsePolicy(value, kind);
}

/** Throws PolicyFormatError. */
export function parsePolicy(value: unknown, kind: PolicyKind): PolicyDocument {
  const document = objectOf(value, 'the policy');
  onlyKnown(document, documentElements, 'the policy');
  const version = document['Version'] ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') {
    throw new PolicyFormatError('Version must be 2012-10-17 or 2008-10-17');
  }
  const given = document['Statement'];
  const statements = Array.isArray(given) ? (given as unknown[]) : [given];
  if (given === undefined || statements.length === 0 || statements.length > STATEMENTS_MAX) {
    throw new PolicyFormatError(`Statement must hold 1 to ${STATEMENTS_MAX} statements`);
  }
  // Policies of the older version know no variables: there `${` is just text.
  const variables = version === '2012-10-17';
  return {
    statements: statements.map((statement, at) =>
      parseStatement(statement, kind, variables, `Statement[${at}]`),
    ),
  };
}

function parseStatement(
  value: unknown,
  kind: PolicyKind,
  variables: boolean,
  where: string,
): PolicyStatement {
  const statement = objectOf(value, where);
  onlyKnown(statement, statementElements, where);
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new PolicyFormatError(`${where}.Effect must be Allow or Deny`);
  }
  const sid = statement['Sid'];
  if (sid !== undefined && typeof sid !== 'string') {
    throw new PolicyFormatError(`${where}.Sid must be a string`);
  }
  const [principal, excludesPrincipals] = oneOf(statement, 'Principal', where);
  if ((principal !== undefined) !== (kind === 'resource')) {
    const rule = kind === 'resource' ? 'must name a Principal' : 'must not name a Principal';
    throw new PolicyFormatError(`${where} of a policy of this kind ${rule}`);
  }
  const [action, excludesActions] = oneOf(statement, 'Action', where);
  const [resource, excludesResources] = oneOf(statement, 'Resource', where);
  if (action === undefined || (resource === undefined && kind === 'identity')) {
    const missing = action === undefined ? 'Action' : 'Resource';
    throw new PolicyFormatError(`${where} must have ${missing} or Not${missing}`);
  }
  return {
    sid: sid ?? null,
    effect,
    principals: principal === undefined ? null : parsePrincipals(principal, where),
    excludesPrincipals,
    actions: textsOf(action, `${where}.Action`).map((text) => actionPattern(text, where)),
    excludesActions,
    resources:
      resource === undefined
        ? null
        : textsOf(resource, `${where}.Resource`).map((text) =>
            resourcePattern(text, variables, where),
          ),
    excludesResources,
    conditions: parseConditions(statement['Condition'], variables, where),
  };
}

/** An element or its negation, never both. */
function oneOf(statement: Json, name: string, where: string): [value: unknown, negated: boolean] {
  const positive = statement[name];
  const negative = statement[`Not${name}`];
  if (positive !== undefined && negative !== undefined) {
    throw new PolicyFormatError(`${where} has both ${name} and Not${name}`);
  }
  return [positive ?? negative, negative !== undefined];
}

function parsePrincipals(value: unknown, where: string): PrincipalPattern[] {
  if (value === '*') {
    return [{ text: '*', account: null }];
  }
  const patterns: PrincipalPattern[] = [];
  for (const [type, names] of Object.entries(objectOf(value, `${where}.Principal`))) {
    if (!['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(type)) {
      throw new PolicyFormatError(`${where}.Principal has the unknown type ${type}`);
    }
    for (const text of textsOf(names, `${where}.Principal.${type}`)) {
      // Only accounts, users and roots call this service; the other types match nobody.
      if (type === 'AWS') {
        patterns.push(principalPattern(text, where));
      }
    }
  }
  return patterns;
}

function principalPattern(text: string, where: string): PrincipalPattern {
  if (text === '*') {
    return { text, account: null };
  }
  const account = /^(?:arn:aws[a-z-]*:iam::(\d{12}):root|(\d{12}))$/.exec(text);
  if (account !== null) {
    return { text, account: account[1] ?? (account[2] as string) };
  }
  if (!/^arn:aws[a-z-]*:(iam|sts)::\d{12}:[^*?]+$/.test(text)) {
    throw new PolicyFormatError(`${where}.Principal is no account and no principal's ARN: ${text}`);
  }
  return { text, account: null };
}

function actionPattern(text: string, where: string): Pattern {
  if (text !== '*' && !/^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(text)) {
    throw new PolicyFormatError(`${where} has the malformed action ${text}`);
  }
  return new Pattern(text.toLowerCase(), { wildcards: true, variables: false });
}

function resourcePattern(text: string, variables: boolean, where: string): ArnPattern {
  if (text.length > PATTERN_CHARACTERS_MAX || (text !== '*' && !text.startsWith('arn:'))) {
    throw new PolicyFormatError(`${where} has the malformed resource ${text}`);
  }
  return new ArnPattern(text, variables);
}

function parseConditions(value: unknown, variables: boolean, where: string): ConditionEntry[] {
  const entries: ConditionEntry[] = [];
  if (value === undefined) {
    return entries;
  }
  for (const [operator, keys] of Object.entries(objectOf(value, `${where}.Condition`))) {
    const place = `${where}.Condition.${operator}`;
    for (const [key, values] of Object.entries(objectOf(keys, place))) {
      const texts = valuesOf(values, `${place}.${key}`);
      try {
        entries.push(parseCondition(operator, key, texts, variables));
      } catch (error) {
        if (error instanceof UnknownOperatorError) {
          throw new PolicyFormatError(`${where}: ${error.message}`);
        }
        throw error;
      }
    }
  }
  return entries;
}

/** Condition values may be numbers and booleans too. */
function valuesOf(value: unknown, where: string): string[] {
  const values: unknown[] = Array.isArray(value) ? (value as unknown[]) : [value];
  return values.map((one) => {
    if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') {
      throw new PolicyFormatError(`${where} must be a string or a list of strings`);
    }
    if (String(one).length > PATTERN_CHARACTERS_MAX) {
      throw new PolicyFormatError(`${where} is longer than ${PATTERN_CHARACTERS_MAX} characters`);
    }
    return String(one);
  });
}

function textsOf(value: unknown, where: string): string[] {
  const values: unknown[] = Array.isArray(value) ? (value as unknown[]) : [value];
  if (values.length === 0 || !values.every((one) => typeof one === 'string')) {
    throw new PolicyFormatError(`${where} must be a string or a list of strings`);
  }
  return values;
}

function objectOf(value: unknown, where: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyFormatError(`${where} must be an object`);
  }
  return value as Json;
}

function onlyKnown(value: Json, known: ReadonlySet<string>, where: string): void {
  for (const name of Object.keys(value)) {
    if (!known.has(name)) {
      throw new PolicyFormatError(`${where} has the unknown element ${name}`);
    }
  }
}
