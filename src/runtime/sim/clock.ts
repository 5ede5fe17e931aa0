/**
 * A Clock on simulated time: one for each simulated process.
 *
 * Wall time can be stepped without moving monotonic time. A clock that is halted never calls
 * anything again, as the timers of a process that was killed.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Scheduler, SimMs } from './scheduler.ts';

/** Where wall time starts unless told otherwise: 2026-01-01T00:00:00Z. */
export const START_MS = 1_767_225_600_000;

export interface SimClockOptions {
  /** Wall time at simulated time 0, milliseconds since the epoch. */
  readonly startMs?: number;
}

const NOTHING: Timer = { cancel: () => undefined };

export class SimClock implements Clock {
  readonly #scheduler: Scheduler;
  #wallOffsetMs: number;
  #halted = false;

  constructor({ scheduler }: { readonly scheduler: Scheduler }, options: SimClockOptions = {}) {
    this.#scheduler = scheduler;
    this.#wallOffsetMs = options.startMs ?? START_MS;
  }

  now(): number {
    return Math.floor(this.#wallOffsetMs + this.#scheduler.nowMs);
  }

  monotonic(): number {
    return this.#scheduler.nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#start(delayMs, false, run);
  }

  every(periodMs: number, run: () => void): Timer {
    if (!(periodMs > 0)) {
      throw new RangeError(`period out of range: ${periodMs} ms`);
    }
    let cancelled = false;
    let timer = NOTHING;
    const arm = (): void => {
      timer = this.#start(periodMs, true, () => {
        run();
        if (!cancelled) {
          arm();
        }
      });
    };
    arm();
    return {
      cancel: (): void => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  soon(run: () => void): void {
    this.#start(0, false, run);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const timer = this.#start(delayMs, false, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      const abort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Moves wall time by `byMs`, forwards or backwards; timers and monotonic time do not notice. */
  stepWall(byMs: SimMs): void {
    this.#wallOffsetMs += byMs;
  }

  /**
   * The process of this clock has died: nothing it started is called any more, nothing new starts.
   */
  halt(): void {
    this.#halted = true;
  }

  #start(delayMs: number, background: boolean, run: () => void): Timer {
    if (this.#halted) {
      return NOTHING;
    }
    const guarded = (): void => {
      if (!this.#halted) {
        run();
      }
    };
    return this.#scheduler.schedule(delayMs, guarded, background);
  }
}
