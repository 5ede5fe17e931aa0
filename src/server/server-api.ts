/**
 * The operations, as the pipeline calls them: joins a decoded request with the parts of this
 * server.
 */
import { AnswerBudget } from '../api/answer-budget.ts';
import type { Access, Caller, OperationContext, Protocol } from '../api/operation.ts';
import type { ControlPlane, DataPlane } from '../api/ports.ts';
import { dataOperations, decodeRequest, invoke, operations } from '../api/registry.ts';
import type { Admit, DecodedBody } from '../api/registry.ts';
import type { Tokens } from '../api/tokens.ts';
import { assert } from '../common/assert.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import type { ApiCalls, Call, CallOutput } from '../frontend/pipeline.ts';
import type { OperationLimits } from '../frontend/operation-limits.ts';
import { SequenceNumberTexts } from '../model/sequence-number.ts';
import type { BodyWork } from '../runtime/body-buffers.ts';
import type { Clock } from '../runtime/clock.ts';
import { ANSWER_OPTIONS } from './buffer-options.ts';

export interface ServerApiDependencies {
  readonly clock: Clock;
  readonly data: DataPlane;
  readonly control: ControlPlane;
  readonly tokens: Tokens;
  readonly access: Access;
  readonly limits: OperationLimits;
  /** For batches of records on their way from the decoder to storage. */
  readonly buffers: BufferPool;
}

export class ServerApi implements ApiCalls<Caller, DecodedBody> {
  readonly #dependencies: ServerApiDependencies;
  readonly #region: string;
  readonly #admit: Admit;
  readonly #answers = new AnswerBudget(ANSWER_OPTIONS);
  readonly #numbers = new SequenceNumberTexts();
  #settled: (() => Promise<void>) | null = null;

  constructor(dependencies: ServerApiDependencies, region: string) {
    this.#dependencies = dependencies;
    this.#region = region;
    const { limits } = dependencies;
    this.#admit = ({ name }, caller, target, input) => limits.admit(name, caller, target, input);
  }

  /**
   * From now on what is not about records is answered once `settled` has resolved: what the answer
   * says must hold at whichever front end the client asks next.
   */
  settleBy(settled: () => Promise<void>): void {
    this.#settled = settled;
  }

  has(operation: string): boolean {
    return operations.has(operation);
  }

  decode(
    operation: string | null,
    protocol: Protocol,
    body: Uint8Array,
    work: BodyWork | null = null,
  ): DecodedBody {
    const known = operation === null ? null : (operations.get(operation) ?? null);
    return decodeRequest(known, protocol, body, this.#dependencies.buffers, work);
  }

  invoke(
    operation: string,
    input: DecodedBody,
    call: Pick<Call, 'caller' | 'requestId' | 'protocol'>,
  ): CallOutput | Promise<CallOutput> {
    const known = operations.get(operation);
    assert(known !== undefined, 'api: only known operations are invoked');
    const { clock, data, control, tokens, access } = this.#dependencies;
    const context: OperationContext = {
      caller: call.caller,
      region: this.#region,
      requestId: call.requestId,
      protocol: call.protocol,
      clock,
      data,
      control,
      consumers: control,
      tokens,
      access,
      answers: this.#answers,
      numbers: this.#numbers,
    };
    const settled = dataOperations.has(operation) ? null : this.#settled;
    return settled === null
      ? invoke(known, context, input, this.#admit)
      : this.#invokeSettled(() => invoke(known, context, input, this.#admit), settled);
  }

  async #invokeSettled(
    run: () => CallOutput | Promise<CallOutput>,
    settled: () => Promise<void>,
  ): Promise<CallOutput> {
    try {
      return await run();
    } finally {
      await settled();
    }
  }
}
