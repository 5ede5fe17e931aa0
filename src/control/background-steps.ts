/**
 * Steps the control plane takes by itself some time later, at most one per key; a step that fails
 * is logged and repeated until it succeeds or is cancelled.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

/** Where problems that no caller waits for are told. */
export interface ControlLog {
  warn(fields: object, text: string): void;
}

export class BackgroundSteps {
  readonly #clock: Clock;
  readonly #log: ControlLog;
  readonly #retryMs: number;
  readonly #timers = new Map<string, Timer>();
  #closed = false;

  constructor(
    dependencies: { readonly clock: Clock; readonly log: ControlLog },
    options: { readonly retryMs: number },
  ) {
    this.#clock = dependencies.clock;
    this.#log = dependencies.log;
    this.#retryMs = options.retryMs;
  }

  /** Runs `run` after `delayMs`, in place of what was to run under the same key. */
  start(key: string, delayMs: number, run: () => Promise<void>): void {
    this.cancel(key);
    if (this.#closed) {
      return;
    }
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(key);
      run().catch((error: unknown) => {
        this.#log.warn({ err: error, key }, 'a background step of the control plane failed');
        if (!this.#timers.has(key)) {
          this.start(key, this.#retryMs, run);
        }
      });
    });
    this.#timers.set(key, timer);
  }

  cancel(key: string): void {
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }

  /** Nothing starts any more; what runs is not waited for. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) {
      timer.cancel();
    }
    this.#timers.clear();
  }
}
