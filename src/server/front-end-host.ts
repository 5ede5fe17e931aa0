/**
 * Answers what a front end in a thread of its own does not decide: operations of the control plane,
 * and whether a call is within its rate. Decided here, quotas and rates are the same however many
 * front ends there are (I16).
 */
import type { CredentialStore } from '../auth/credential-store.ts';
import { PacedBody, wholeBody } from '../api/paced-body.ts';
import { StreamingOutput } from '../api/response-stream.ts';
import { assert } from '../common/assert.ts';
import type { OperationLimits } from '../frontend/operation-limits.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Answer, Rpc } from '../runtime/rpc.ts';
import type { ForwardedOperation } from './front-end-wire.ts';
import {
  callerOf,
  frontEndKinds,
  readAdmit,
  readOperation,
  writeOutput,
} from './front-end-wire.ts';
import type { Log } from './log.ts';
import type { ServerApi } from './server-api.ts';

export interface FrontEndHostDependencies {
  readonly api: ServerApi;
  readonly limits: OperationLimits;
  /** Null where signatures are not checked. */
  readonly credentials: CredentialStore | null;
  readonly log: Log;
}

export class FrontEndHost {
  readonly #dependencies: FrontEndHostDependencies;

  constructor(dependencies: FrontEndHostDependencies) {
    this.#dependencies = dependencies;
  }

  /** To be called before `rpc.start`. */
  add(rpc: Rpc): void {
    rpc.serve(frontEndKinds.operation, (body, answer) => {
      void this.#answer(readOperation(body), answer);
    });
    rpc.serve(frontEndKinds.admit, (body, answer) => {
      const { operation, caller, target, shardId } = readAdmit(body);
      let refusal: ServiceError | null = null;
      try {
        this.#dependencies.limits.admit(operation, caller, target, { ShardId: shardId });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        refusal = error;
      }
      answer.send((writer) => writeOutput(writer, refusal ?? []));
    });
  }

  async #answer(call: ForwardedOperation, answer: Answer): Promise<void> {
    const { log } = this.#dependencies;
    let output: readonly Uint8Array[] | ServiceError;
    try {
      output = await this.#run(call);
    } catch (error) {
      if (error instanceof ServiceError) {
        output = error;
      } else {
        const { operation, requestId } = call;
        log.error({ err: error, requestId, operation }, 'a request failed');
        output = new ServiceError('InternalFailure', null);
      }
    }
    answer.send((writer) => writeOutput(writer, output));
  }

  async #run(call: ForwardedOperation): Promise<readonly Uint8Array[]> {
    const { api, credentials } = this.#dependencies;
    const { operation, protocol, requestId, body } = call;
    const caller = callerOf(call.caller, credentials);
    const input = api.decode(operation, protocol, body);
    const output = await api.invoke(operation, input, { caller, requestId, protocol });
    assert(!(output instanceof StreamingOutput), 'front end: only whole answers are forwarded');
    return output instanceof PacedBody ? [wholeBody(output)] : output;
  }
}
