/**
 * Deadlines of many things at once: one sweep a second instead of a timer each.
 *
 * Connections that have said nothing yet, requests whose body is still coming and responses the
 * peer does not take are all bounded this way. An entry fires at most two sweep periods late and
 * never twice.
 *
 * It fires only if its deadline had passed at the sweep before as well. After the process has stood
 * still (a stopped or starved machine) the first thing it does is a sweep, while what clients sent
 * meanwhile has not been read yet: they must not pay for it.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

/** Sweep period, ms; a deadline fires one to two of them late. */
const SWEEP_MS = 1000;

/** Something that must be over by `deadlineMs`. */
export interface Expiring {
  /** On the clock's monotonic scale, ms; Infinity suspends it. May be moved at any time. */
  deadlineMs: number;
  /** Called once, after the entry was taken out. */
  expire(): void;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #entries = new Set<Expiring>();
  readonly #timer: Timer;
  /** When the sweep before the next one was. */
  #sweptAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweptAtMs = clock.monotonic();
    this.#timer = clock.every(SWEEP_MS, () => this.#sweep());
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The deadline `delayMs` from now. */
  in(delayMs: number): number {
    return this.#clock.monotonic() + delayMs;
  }

  add(entry: Expiring): void {
    this.#entries.add(entry);
  }

  remove(entry: Expiring): void {
    this.#entries.delete(entry);
  }

  /** Stops sweeping. Entries are forgotten, not expired. */
  stop(): void {
    this.#timer.cancel();
    this.#entries.clear();
  }

  #sweep(): void {
    const passedMs = this.#sweptAtMs;
    this.#sweptAtMs = this.#clock.monotonic();
    for (const entry of this.#entries) {
      if (entry.deadlineMs <= passedMs) {
        this.#entries.delete(entry);
        entry.expire();
      }
    }
  }
}
