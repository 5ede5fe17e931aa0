/**
 * The form every operation has: its rules as data, its errors, its code; one file each under
 * `operations/`.
 */
import type { RequestTags } from '../auth/request-context.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import type { SequenceNumberTexts } from '../model/sequence-number.ts';
import type { ErrorCode } from '../model/service-error.ts';
import type { BodyWork } from '../runtime/body-buffers.ts';
import type { Clock } from '../runtime/clock.ts';
import type { AnswerBudget } from './answer-budget.ts';
import type { PacedBody } from './paced-body.ts';
import type { ConsumerLookup, ControlPlane, DataPlane } from './ports.ts';
import type { StructureRule } from './rules.ts';
import type { Tokens } from './tokens.ts';

/** Who calls, as authentication found it. */
export interface Caller {
  readonly account: string;
  /** `arn:aws:iam::…`, for error texts and policies. */
  readonly arn: string;
}

export type Protocol = 'json' | 'cbor';

/** Decides whether a caller may do something. */
export interface Access {
  /**
   * Throws AccessDeniedException unless `caller` may do `action` (`kinesis:PutRecord`) on `target`;
   * null stands for actions that are on no resource. `tags` are those the request brings along.
   */
  check(
    caller: Caller,
    action: string,
    target: Target | null,
    tags?: RequestTags | null,
  ): void | Promise<void>;
}

/** What operations on records work with; a front end apart from the control plane has it too. */
export interface DataContext {
  readonly caller: Caller;
  readonly region: string;
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly clock: Clock;
  readonly data: DataPlane;
  readonly consumers: ConsumerLookup;
  /** Sealed, tamper-evident iterators and page tokens. */
  readonly tokens: Tokens;
  readonly access: Access;
  /** Memory for the records of answers. */
  readonly answers: AnswerBudget;
  readonly numbers: SequenceNumberTexts;
}

/** What every operation may work with. */
export interface OperationContext extends DataContext {
  readonly control: ControlPlane;
}

/**
 * In outputs, an instant; encoders write it as their protocol wants it. Milliseconds since the
 * epoch.
 */
export class Timestamp {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/**
 * Output values: plain objects with wire member names; Uint8Array for blobs, Timestamp for
 * instants; undefined members are left out. null stands for an empty body.
 */
export type Output = object | null;

/** What an action is on, for authorisation: the ARN, and the account that owns it. */
export interface Target {
  readonly arn: string;
  readonly account: string;
}

/**
 * Shortcuts for hot operations; each may decline by returning null, and the general way is taken.
 */
export interface FastCodec<I, O> {
  /** `work` may have read the body already. */
  decodeJson?(body: Uint8Array, buffers: BufferPool, work: BodyWork | null): I | null;
  decodeCbor?(body: Uint8Array, buffers: BufferPool, work: BodyWork | null): I | null;
  encodeJson?(output: O): readonly Uint8Array[] | PacedBody | null;
  encodeCbor?(output: O): readonly Uint8Array[] | PacedBody | null;
}

export interface Operation<
  I = unknown,
  O extends Output = Output,
  C extends DataContext = OperationContext,
> {
  readonly name: string;
  readonly plane: 'data' | 'control';
  readonly input: StructureRule;
  /** Modelled errors of this operation. */
  readonly errors: readonly ErrorCode[];
  readonly codec?: FastCodec<I, O>;
  /**
   * From the coerced and checked members (blobs Uint8Array, timestamps ms) to what `handle` takes.
   */
  prepare?(members: Readonly<Record<string, unknown>>): I;
  /**
   * The resource the action is checked against; null for account-wide actions (`*`). Throws when
   * the input does not say which resource it is.
   */
  target(context: C, input: I): Target | null;
  handle(context: C, input: I): O | Promise<O>;
}

/** An operation on records: it needs nothing of the control plane. */
export type DataOperation<I = unknown, O extends Output = Output> = Operation<I, O, DataContext>;
