/**
 * AcceptTurns by a few shared counters: connections of each thread. One that has more to do than
 * the one with the least sleeps for a moment, or until that one has accepted another.
 *
 * Thread 0 also stores what comes over the connections of the others, so that a part of each is its
 * work too.
 *
 * Sleeping stops the whole thread, so it is rationed: what is saved up in quiet times is spent when
 * many connections come at once, and when nothing is left, whoever is first takes the connection.
 */
import { performance } from 'node:perf_hooks';
import { TokenBucket } from '../../common/token-bucket.ts';
import type { AcceptTurns } from '../accept-turns.ts';

/** Longest single sleep, ms. */
const waitMs = 2;
/** Time asleep: so much per second, so much at once, ms. */
const sleepMsPerSecond = 20;
const sleepMsBurst = 100;
/** A difference within this part of one's own work is let be. */
const slackShare = 16;
/** What a connection of another thread is to thread 0, beside one of its own. */
const storingShare = 2 / 3;

/** More than any thread has: nobody waits for it. */
const away = 2 ** 30;

/** The counters of `threads` threads, for each to be given; all are away at first. */
export function sharedCounts(threads: number): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(shared).fill(away);
  return shared;
}

/** A thread accepts no more. */
export function leaveTurns(counts: SharedArrayBuffer, thread: number): void {
  Atomics.store(new Int32Array(counts), thread, away);
}

export class NodeAcceptTurns implements AcceptTurns {
  readonly #counts: Int32Array<SharedArrayBuffer>;
  readonly #own: number;
  readonly #sleep: TokenBucket;

  /** `own`: the number of this thread, from 0. From now on others wait for it. */
  constructor(counts: SharedArrayBuffer, own: number) {
    this.#counts = new Int32Array(counts);
    this.#own = own;
    this.#sleep = new TokenBucket(sleepMsPerSecond, sleepMsBurst, performance.now());
    Atomics.store(this.#counts, own, 0);
  }

  accepted(): void {
    const counts = this.#counts;
    Atomics.add(counts, this.#own, 1);
    Atomics.notify(counts, this.#own);
    const now = counts.map((_, thread) => Atomics.load(counts, thread));
    const work = workOf(now);
    const mine = work[this.#own]!;
    const least = Math.min(...work);
    if (mine - least <= mine / slackShare) return;
    const startMs = performance.now();
    if (!this.#sleep.has(waitMs, startMs)) return;
    const waitedFor = work.indexOf(least);
    Atomics.wait(counts, waitedFor, now[waitedFor]!, waitMs);
    this.#sleep.tryTake(Math.min(waitMs, performance.now() - startMs), performance.now());
  }

  closed(): void {
    Atomics.sub(this.#counts, this.#own, 1);
  }
}

/** What each thread has to do, in connections of its own. */
function workOf(connections: Int32Array): number[] {
  const work = [...connections];
  for (const count of work.slice(1)) if (count < away) work[0]! += count * storingShare;
  return work;
}
