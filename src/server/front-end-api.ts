/**
 * The operations, as the pipeline of a front end in a thread of its own calls them: those on
 * records run here, all others where the control plane is.
 */
import { AnswerBudget } from '../api/answer-budget.ts';
import { callRate } from '../api/call-rates.ts';
import type { Access, Caller, DataContext, Protocol } from '../api/operation.ts';
import type { ConsumerLookup, DataPlane } from '../api/ports.ts';
import { dataOperations, decodeRequest, invoke, operations } from '../api/registry.ts';
import type { Admit, DecodedBody } from '../api/registry.ts';
import type { Tokens } from '../api/tokens.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import type { ApiCalls, Call, CallOutput } from '../frontend/pipeline.ts';
import { SequenceNumberTexts } from '../model/sequence-number.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { BodyWork } from '../runtime/body-buffers.ts';
import type { Rpc } from '../runtime/rpc.ts';
import { RpcError } from '../runtime/rpc.ts';
import { ANSWER_OPTIONS } from './buffer-options.ts';
import { callerText, frontEndKinds, readOutput } from './front-end-wire.ts';
import { writeAdmit, writeOperation } from './front-end-wire.ts';

export interface FrontEndApiDependencies {
  readonly clock: Clock;
  readonly data: DataPlane;
  readonly consumers: ConsumerLookup;
  readonly tokens: Tokens;
  readonly access: Access;
  readonly rpc: Rpc;
  /** For batches of records on their way from the decoder to the link. */
  readonly buffers: BufferPool;
}

export interface FrontEndApiOptions {
  readonly region: string;
  /** Whether calls have rates. */
  readonly limited: boolean;
}

/** A body, and what was read of it. */
export interface ForwardableBody {
  readonly decoded: DecodedBody;
  readonly body: Uint8Array;
}

/** As long as a client waits. */
const operationMs = 60_000;
const admitMs = 5_000;

export class FrontEndApi implements ApiCalls<Caller, ForwardableBody> {
  /** Of the context of an operation, what is the same for all. */
  readonly #parts: Omit<FrontEndApiDependencies, 'rpc' | 'buffers'>;
  readonly #rpc: Rpc;
  readonly #options: FrontEndApiOptions;
  readonly #buffers: BufferPool;
  readonly #answers = new AnswerBudget(ANSWER_OPTIONS);
  readonly #numbers = new SequenceNumberTexts();

  constructor({ rpc, buffers, ...parts }: FrontEndApiDependencies, options: FrontEndApiOptions) {
    this.#parts = parts;
    this.#rpc = rpc;
    this.#buffers = buffers;
    this.#options = options;
  }

  has(operation: string): boolean {
    return operations.has(operation);
  }

  decode(
    operation: string | null,
    protocol: Protocol,
    body: Uint8Array,
    work: BodyWork | null = null,
  ): ForwardableBody {
    const known = operation === null ? null : (operations.get(operation) ?? null);
    return { decoded: decodeRequest(known, protocol, body, this.#buffers, work), body };
  }

  invoke(operation: string, input: ForwardableBody, call: Call): CallOutput | Promise<CallOutput> {
    const known = dataOperations.get(operation);
    if (known === undefined) return this.#forward(operation, input.body, call);
    const context: DataContext = {
      ...this.#parts,
      caller: call.caller,
      region: this.#options.region,
      requestId: call.requestId,
      protocol: call.protocol,
      answers: this.#answers,
      numbers: this.#numbers,
    };
    return invoke(known, context, input.decoded, this.#admit);
  }

  async #forward(operation: string, body: Uint8Array, call: Call): Promise<CallOutput> {
    const { protocol, requestId } = call;
    const caller = callerText(call.caller);
    return this.#ask(frontEndKinds.operation, operationMs, (writer) =>
      writeOperation(writer, { operation, protocol, requestId, caller, body }),
    );
  }

  /** Rates are kept where all front ends ask. */
  readonly #admit: Admit = ({ name }, caller, target, input) => {
    if (!this.#options.limited || callRate(name) === null) return undefined;
    const shardId = (input as { readonly ShardId?: unknown }).ShardId;
    const asked = this.#ask(frontEndKinds.admit, admitMs, (writer) =>
      writeAdmit(writer, { operation: name, caller, target, shardId }),
    );
    return asked.then(() => undefined);
  };

  async #ask(
    kind: number,
    deadlineMs: number,
    write: Parameters<Rpc['call']>[2],
  ): Promise<Uint8Array[]> {
    try {
      return readOutput(await this.#rpc.call(kind, deadlineMs, write));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const unknown = error.reason === 'late' || error.reason === 'failed';
      throw new ServiceError(unknown ? 'InternalFailure' : 'ServiceUnavailable', null);
    }
  }
}
