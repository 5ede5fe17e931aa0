/**
 * The Clock port: the only source of time and timers.
 *
 * `now` is wall time and may step; `monotonic` never goes back and is for measuring. Production
 * code receives a Clock by constructor; nothing outside `runtime/node/` reads the host's clock.
 */

/** A scheduled call that can be cancelled; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in whole milliseconds since the epoch. */
  now(): number;
  /** Milliseconds, fractional, from an arbitrary start; never decreases. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive by itself. */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` every `periodMs` until cancelled. Does not keep the process alive by itself. */
  every(periodMs: number, run: () => void): Timer;
  /** Calls `run` on the next turn of the event loop, after I/O callbacks that are due. */
  soon(run: () => void): void;
  /**
   * Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. Keeps the
   * process alive while it waits, since somebody awaits it.
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
