/**
 * How much memory the records of all answers together may hold, from the reading of the records
 * until they have been written to the transport, however many readers there are and however slowly
 * they read.
 *
 * Nobody waits: while there is less room, answers are shorter. Readers then come back for the rest,
 * as they do after every answer. So slow readers cannot keep others from reading, and a part of the
 * budget that was never given back makes answers shorter, no more.
 */

export interface AnswerBudgetOptions {
  /** All answers together, bytes of records, while every one of them is longer than `bytesMin`. */
  readonly bytesMax: number;
  /** An answer may have this much in any case, bytes of records. */
  readonly bytesMin: number;
}

/** An answer may have this part of what is left, so that something is left for the next. */
const SHARE = 1 / 4;

/** What one answer holds. */
export interface AnswerLoan {
  /** Most bytes of records the answer may have. */
  readonly bytesMax: number;
  /** The answer has so many, and the rest is not needed. */
  keep(bytes: number): void;
  /** The records are not held any more. Does nothing the second time. */
  end(): void;
}

export class AnswerBudget {
  readonly #options: AnswerBudgetOptions;
  #bytes = 0;

  constructor(options: AnswerBudgetOptions) {
    this.#options = options;
  }

  /** Bytes of records held by answers. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Room for an answer of up to `bytes`. */
  borrow(bytes: number): AnswerLoan {
    const { bytesMax, bytesMin } = this.#options;
    const share = Math.floor((bytesMax - this.#bytes) * SHARE);
    const granted = Math.min(bytes, Math.max(bytesMin, share));
    let held = granted;
    this.#bytes += held;
    const keep = (kept: number): void => {
      const less = Math.max(0, held - kept);
      held -= less;
      this.#bytes -= less;
    };
    return { bytesMax: granted, keep, end: () => keep(0) };
  }
}
