/**
 * The one queue of a simulation, ordered by (time, number).
 *
 * It runs an event, waits one real turn so that every promise the event settled has been handled,
 * and only then runs the next. So a run depends on nothing but the events, and the same seed gives
 * the same run. The trace hash covers time and number of every event and every note.
 */
import type { Timer } from '../clock.ts';
import { TraceHash } from './trace-hash.ts';

/** Simulated milliseconds from the start of the simulation. */
export type SimMs = number;

/** Default bounds: a simulation that goes beyond them does not come to rest and is a failure. */
export const RUN_EVENTS_MAX = 5_000_000;
export const RUN_MS_MAX: SimMs = 24 * 60 * 60 * 1000;

export interface SchedulerDependencies {
  /** Waits one real turn of the host's event loop: `nextTurn` of `runtime/node/turn.ts`. */
  readonly turn: () => Promise<void>;
}

export interface SchedulerOptions {
  /** Events that one call of a run method may run. */
  readonly eventsMax?: number;
  /** Sees every note with its time and event number, for reading what happened. */
  readonly trace?: (line: string) => void;
}

interface Event {
  readonly atMs: SimMs;
  readonly number: number;
  /** Background events do not keep `runUntilIdle` going: they are periodic. */
  readonly background: boolean;
  run: (() => void) | null;
}

export class Scheduler {
  readonly #turn: () => Promise<void>;
  readonly #eventsMax: number;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #hash = new TraceHash();
  #queue: Event[] = [];
  #cancelled = 0;
  #foreground = 0;
  #nowMs: SimMs = 0;
  #scheduled = 0;
  #ran = 0;
  #running = false;

  constructor({ turn }: SchedulerDependencies, options: SchedulerOptions = {}) {
    this.#turn = turn;
    this.#eventsMax = options.eventsMax ?? RUN_EVENTS_MAX;
    this.#trace = options.trace;
  }

  get nowMs(): SimMs {
    return this.#nowMs;
  }

  /** Events run so far. */
  get eventsRun(): number {
    return this.#ran;
  }

  /** Hash over everything that has happened so far, 16 hexadecimal digits. */
  get traceHash(): string {
    return this.#hash.digest();
  }

  /** Puts something that happened into the trace. */
  note(line: string): void {
    this.#hash.text(line);
    this.#trace?.(`${this.#nowMs.toFixed(3)} #${this.#ran} ${line}`);
  }

  /**
   * Runs `run` once, `delayMs` from now; events of equal time run in the order they were scheduled.
   */
  readonly schedule = (delayMs: number, run: () => void, background = false): Timer => {
    if (!(delayMs >= 0 && delayMs < Infinity)) {
      throw new RangeError(`delay out of range: ${delayMs} ms`);
    }
    this.#scheduled += 1;
    const event = { atMs: this.#nowMs + delayMs, number: this.#scheduled, background, run };
    this.#push(event);
    this.#foreground += background ? 0 : 1;
    return { cancel: () => this.#cancel(event) };
  };

  /** Runs until only background events are left. Throws when that takes too many events. */
  async runUntilIdle(): Promise<void> {
    await this.#run(() => this.#foreground === 0, Infinity);
  }

  /**
   * Runs until `condition` holds; throws when it still does not after `withinMs` or with nothing
   * left to run.
   */
  async runUntil(condition: () => boolean, withinMs: SimMs = RUN_MS_MAX): Promise<void> {
    const endMs = this.#nowMs + withinMs;
    if (!(await this.#run(condition, endMs))) {
      throw new Error(`the condition does not hold after ${this.#nowMs} simulated ms`);
    }
  }

  /** Runs everything due in the next `ms`, then sets the time to that moment. */
  async advance(ms: SimMs): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.#run(() => false, endMs);
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** Runs until `work` has settled and gives its outcome. */
  async drive<T>(work: Promise<T>, withinMs: SimMs = RUN_MS_MAX): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    work.then(settle, settle);
    await this.runUntil(() => settled, withinMs);
    return work;
  }

  /** True when `done` held, false when the events up to `endMs` have run out before. */
  async #run(done: () => boolean, endMs: SimMs): Promise<boolean> {
    if (this.#running) {
      throw new Error('the scheduler is running already');
    }
    this.#running = true;
    try {
      await this.#turn();
      for (let left = this.#eventsMax; !done(); left -= 1) {
        const event = this.#pop(endMs);
        if (event === null) {
          return false;
        }
        if (left === 0) {
          throw new Error(`the simulation does not come to rest in ${this.#eventsMax} events`);
        }
        this.#nowMs = event.atMs;
        this.#ran += 1;
        this.#hash.number(event.atMs);
        this.#hash.number(event.number);
        const run = event.run;
        event.run = null;
        run?.();
        await this.#turn();
      }
      return true;
    } finally {
      this.#running = false;
    }
  }

  #cancel(event: Event): void {
    if (event.run === null) {
      return;
    }
    event.run = null;
    this.#foreground -= event.background ? 0 : 1;
    this.#cancelled += 1;
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#queue.length) {
      // Timeouts that were cancelled long before their time must not pile up.
      const kept = this.#queue.filter((queued) => queued.run !== null);
      this.#queue = kept.sort((a, b) => (isBefore(a, b) ? -1 : 1)); // A sorted list is a heap.
      this.#cancelled = 0;
    }
  }

  #push(event: Event): void {
    const queue = this.#queue;
    let index = queue.length;
    queue.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = queue[parent] as Event;
      if (isBefore(above, event)) {
        break;
      }
      queue[index] = above;
      index = parent;
    }
    queue[index] = event;
  }

  /** Takes the first event that is not cancelled, null when there is none up to `endMs`. */
  #pop(endMs: SimMs): Event | null {
    for (;;) {
      const first = this.#queue[0];
      if (first === undefined || (first.run !== null && first.atMs > endMs)) {
        return null;
      }
      const last = this.#queue.pop() as Event;
      if (last !== first) {
        this.#sink(last);
      }
      if (first.run !== null) {
        this.#foreground -= first.background ? 0 : 1;
        return first;
      }
      this.#cancelled -= 1;
    }
  }

  /** Puts `event` in the place of the first one. */
  #sink(event: Event): void {
    const queue = this.#queue;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= queue.length) {
        break;
      }
      const right = queue[child + 1];
      if (right !== undefined && isBefore(right, queue[child] as Event)) {
        child += 1;
      }
      if (isBefore(event, queue[child] as Event)) {
        break;
      }
      queue[index] = queue[child] as Event;
      index = child;
    }
    queue[index] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}
