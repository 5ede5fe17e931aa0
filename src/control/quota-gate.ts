/**
 * What happens to a call that passes a quota: refused, only counted, or neither.
 *
 * The same three modes as for rates (`--limits`), and the same count for metrics.
 */
import { ServiceError } from '../model/service-error.ts';

export type QuotaMode = 'aws' | 'observe' | 'off';

export class QuotaGate {
  readonly #mode: QuotaMode;
  #passed = 0;

  constructor(mode: QuotaMode) {
    this.#mode = mode;
  }

  /** Calls that passed a quota so far, refused or only observed. */
  get passed(): number {
    return this.#passed;
  }

  /** Whether quotas are binding. */
  get enforced(): boolean {
    return this.#mode === 'aws';
  }

  /** Tells of a quota that a call would pass. Throws LimitExceededException where it is refused. */
  pass(text: string): void {
    this.#passed += this.#mode === 'off' ? 0 : 1;
    if (this.#mode === 'aws') {
      throw new ServiceError('LimitExceededException', text);
    }
  }
}
