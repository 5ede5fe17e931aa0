/**
 * A simulated Link: messages take time, and the link can be broken with messages on their way, as
 * when a thread, a process or a host dies.
 */
import type { Random } from '../random.ts';
import type { Link } from '../link.ts';
import type { ShownBodies } from '../shown-bodies.ts';
import type { Scheduler, SimMs } from './scheduler.ts';

export interface SimLinkDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
}

export interface SimLinkOptions {
  /** Longest time a message takes. */
  readonly delayMsMax: SimMs;
}

export interface SimLinkPair {
  readonly left: Link;
  readonly right: Link;
  /** Both ends are told; what is on its way is lost. */
  break(): void;
}

/** Two ends of one link. */
export function simLink(
  dependencies: SimLinkDependencies,
  options: SimLinkOptions = { delayMsMax: 0 },
): SimLinkPair {
  const left = new SimLink(dependencies, options);
  const right = new SimLink(dependencies, options);
  left.peer = right;
  right.peer = left;
  const cut = (): void => {
    left.drop();
    right.drop();
  };
  return { left, right, break: cut };
}

class SimLink implements Link {
  peer: SimLink | null = null;
  readonly #dependencies: SimLinkDependencies;
  readonly #options: SimLinkOptions;
  #receive: ((parts: readonly Uint8Array[]) => void) | null = null;
  #closed: (() => void) | null = null;
  #shown: (bodies: ShownBodies | null) => void = () => undefined;
  readonly #waiting: (readonly Uint8Array[])[] = [];
  #open = true;
  /** Nothing sent later arrives before it. */
  #arrivalMs = 0;

  constructor(dependencies: SimLinkDependencies, options: SimLinkOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  send(parts: readonly Uint8Array[]): void {
    if (!this.#open) return;
    // As between threads: what was sent cannot be touched any more.
    const buffers = parts.map((part) => part.buffer as ArrayBuffer);
    const moved = structuredClone(parts, { transfer: buffers });
    this.#later(() => this.peer?.take(moved));
  }

  onMessage(receive: (parts: readonly Uint8Array[]) => void): void {
    this.#receive = receive;
    for (const parts of this.#waiting.splice(0)) receive(parts);
  }

  show(bodies: ShownBodies | null): boolean {
    if (this.#open) this.#later(() => this.peer?.see(bodies));
    return true;
  }

  onShown(shown: (bodies: ShownBodies | null) => void): void {
    this.#shown = shown;
  }

  onClose(closed: () => void): void {
    this.#closed = closed;
  }

  close(): void {
    if (!this.#open) return;
    this.#later(() => this.peer?.drop());
    this.drop();
  }

  take(parts: readonly Uint8Array[]): void {
    if (!this.#open) return;
    if (this.#receive === null) this.#waiting.push(parts);
    else this.#receive(parts);
  }

  see(bodies: ShownBodies | null): void {
    if (this.#open) this.#shown(bodies);
  }

  drop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#dependencies.scheduler.schedule(0, () => this.#closed?.(), false);
  }

  #later(run: () => void): void {
    const { scheduler, random } = this.#dependencies;
    const delayMs = random.below(this.#options.delayMsMax + 1);
    this.#arrivalMs = Math.max(this.#arrivalMs, scheduler.nowMs + delayMs);
    scheduler.schedule(this.#arrivalMs - scheduler.nowMs, run, false);
  }
}
