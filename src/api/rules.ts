/**
 * Input rules as data: what the service model says of each member, in our own form.
 *
 * One interpreter turns a decoded body into a typed input, first coercing types (contract 6.3),
 * then checking constraints (6.4); no operation checks types or lengths by hand.
 */

/** A pattern that a whole text must match. */
export interface Pattern {
  /** Exactly as the model prints it; also the text of the error. */
  readonly text: string;
  /** The same, compiled and anchored at both ends. */
  readonly whole: RegExp;
}

export interface StringRule {
  readonly type: 'string';
  readonly lengthMin?: number;
  readonly lengthMax?: number;
  readonly pattern?: Pattern;
  /** In the order the service lists them. */
  readonly values?: readonly string[];
}
export interface IntegerRule {
  readonly type: 'integer' | 'long';
  readonly valueMin?: number;
  readonly valueMax?: number;
}
export interface BooleanRule {
  readonly type: 'boolean';
}
/** Becomes a Uint8Array. */
export interface BlobRule {
  readonly type: 'blob';
  readonly lengthMin?: number;
  readonly lengthMax?: number;
}
/** Becomes a number, epoch milliseconds. */
export interface TimestampRule {
  readonly type: 'timestamp';
}
export interface ListRule {
  readonly type: 'list';
  readonly member: Rule;
  readonly lengthMin?: number;
  readonly lengthMax?: number;
}
export interface MapRule {
  readonly type: 'map';
  readonly key: StringRule;
  readonly value: StringRule;
  readonly lengthMin?: number;
  readonly lengthMax?: number;
}
export interface StructureRule {
  readonly type: 'structure';
  /** Java class name the service prints for a value of this structure in constraint errors. */
  readonly javaName?: string;
  readonly members: Readonly<Record<string, MemberRule>>;
}
export type Rule =
  | StringRule
  | IntegerRule
  | BooleanRule
  | BlobRule
  | TimestampRule
  | ListRule
  | MapRule
  | StructureRule;
/** A member of a structure; one that is required may be neither absent nor null. */
export type MemberRule = Rule & { readonly required?: boolean };

/** Compiles a pattern of the model. */
export function pattern(text: string): Pattern {
  return { text, whole: new RegExp(`^(?:${text})$`) };
}

/** The same rule for a member that must be given. */
export function required(rule: Rule): MemberRule {
  return { ...rule, required: true };
}
