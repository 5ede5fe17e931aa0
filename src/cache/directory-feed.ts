/**
 * Feeds the directory (streams, consumers, policies) to replicas: once as a whole, then change by
 * change, in order.
 *
 * A change is encoded once, however many replicas there are, and is sent before anything that
 * follows from it is. Whoever answers a client after a change first waits until the replicas have
 * it (`settled`), so that what a client was told holds at whichever front end it asks next.
 */
import type { Clock } from '../runtime/clock.ts';
import type { DirectoryEntry, DirectorySource } from '../model/directory.ts';
import type { Rpc } from '../runtime/rpc.ts';
import { directoryKinds, encodeEntry, writeEntry } from './directory-wire.ts';

export interface DirectoryFeedDependencies {
  readonly clock: Clock;
  readonly source: DirectorySource;
}

export interface DirectoryFeedOptions {
  /** A replica that has not applied a change by then is not waited for. */
  readonly settleMs: number;
}

export const DIRECTORY_FEED_DEFAULTS: DirectoryFeedOptions = { settleMs: 5_000 };

interface Replica {
  readonly rpc: Rpc;
  applied: number;
}

interface Waiter {
  readonly number: number;
  readonly resolve: () => void;
}

export class DirectoryFeed {
  readonly #clock: Clock;
  readonly #source: DirectorySource;
  readonly #options: DirectoryFeedOptions;
  readonly #replicas = new Set<Replica>();
  readonly #stop: () => void;
  #waiters: Waiter[] = [];
  /** Of the last change. */
  #number = 0;
  /** Waits that were given up because a replica did not answer in time. */
  unsettled = 0;

  constructor({ clock, source }: DirectoryFeedDependencies, options: DirectoryFeedOptions) {
    this.#clock = clock;
    this.#source = source;
    this.#options = options;
    this.#stop = source.onEntry((entry) => this.#changed(entry));
  }

  /** Sends everything there is, and from now on every change. To be called before `rpc.start`. */
  add(rpc: Rpc): void {
    const replica: Replica = { rpc, applied: this.#number };
    this.#replicas.add(replica);
    rpc.hear(directoryKinds.applied, (body) => {
      replica.applied = Math.max(replica.applied, body.whole());
      this.#look();
    });
    rpc.onClose(() => {
      this.#replicas.delete(replica);
      this.#look();
    });
    for (const entry of this.#source.entries()) this.#send(rpc, encodeEntry(entry));
    rpc.notify(directoryKinds.complete, (writer) => writer.number(this.#number));
  }

  /** Resolves when all replicas have every change so far, or have had the time for it. */
  async settled(): Promise<void> {
    if (this.#isSettled(this.#number)) return;
    await new Promise<void>((resolve) => {
      const waiter: Waiter = { number: this.#number, resolve };
      const timer = this.#clock.after(this.#options.settleMs, () => {
        this.#waiters = this.#waiters.filter((other) => other !== done);
        this.unsettled++;
        resolve();
      });
      const done: Waiter = {
        ...waiter,
        resolve: () => {
          timer.cancel();
          resolve();
        },
      };
      this.#waiters.push(done);
    });
  }

  close(): void {
    this.#stop();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  #changed(entry: DirectoryEntry): void {
    this.#number++;
    if (this.#replicas.size === 0) return;
    const bytes = encodeEntry(entry);
    for (const { rpc } of this.#replicas) this.#send(rpc, bytes);
  }

  #send(rpc: Rpc, bytes: Uint8Array): void {
    rpc.notify(directoryKinds.entry, (writer) => writeEntry(writer, this.#number, bytes));
  }

  #isSettled(number: number): boolean {
    for (const { applied } of this.#replicas) {
      if (applied < number) return false;
    }
    return true;
  }

  #look(): void {
    if (this.#waiters.length === 0) return;
    const done = this.#waiters.filter(({ number }) => this.#isSettled(number));
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }
}
