/**
 * Natural group commit: while one frame is being committed the next one fills; when idle, an append
 * is committed at once. No timer, no lingering. Where frames are large, the next one may be
 * committed before the one before is, so that the disk need not wait for this process.
 *
 * Sections are committed in the order they were given. The queue is bounded by bytes.
 */
import { assert } from '../common/assert.ts';
import { encodedBytes, frameAlignBytes } from './frame.ts';
import { sectionRowBytes } from './section-rows.ts';
import { VolumeBusyError } from './volume-store.ts';

export interface GroupCommitOptions {
  /** A frame is closed before it exceeds this many encoded bytes, unless a single section does. */
  readonly frameBytesMax: number;
  /** Most payload bytes that wait. */
  readonly queueBytesMax: number;
}

/** A frame that fills and is then committed. */
export interface Batch {
  /** Sections in it. */
  readonly count: number;
  readonly payloadBytes: number;
}

export interface GroupCommitDependencies<B extends Batch> {
  /** An empty batch. */
  begin(): B;
  /**
   * Makes a batch durable; what it rejects with, the batch's appends reject with. Commits settle in
   * the order in which they were begun.
   */
  commit(batch: B): Promise<void>;
  /** Whether `batch`, which still fills, is to be committed while another is being committed. */
  mayOverlap(batch: B): boolean;
}

/** A batch that waits, and what all appends that are in it wait for. */
class Waiting<B> {
  readonly batch: B;
  #settled: Promise<void> | null = null;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(batch: B) {
    this.batch = batch;
  }

  /** Resolves when the batch is durable; made for the first append that asks. */
  get settled(): Promise<void> {
    this.#settled ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#settled;
  }

  settle(failure: Error | null): void {
    if (failure === null) this.#resolve();
    else this.#reject(failure);
  }
}

export class GroupCommit<B extends Batch> {
  readonly #deps: GroupCommitDependencies<B>;
  readonly #options: GroupCommitOptions;
  /** Oldest first; the last one fills. */
  #waiting: Waiting<B>[] = [];
  #queuedBytes = 0;
  /** Commits that are not settled, and how many of them there are. */
  #running: Promise<void> = Promise.resolve();
  #underWay = 0;
  #closed: Error | null = null;
  /** Resolved by the next commit, which is made even when no section waits. */
  #forced: (() => void) | null = null;

  constructor(deps: GroupCommitDependencies<B>, options: GroupCommitOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Batches that wait and are not being committed, oldest first. */
  get waiting(): readonly B[] {
    return this.#waiting.map(({ batch }) => batch);
  }

  /** Why sections of so many payload bytes cannot be taken now; null when they can. */
  refusal(bytes: number): Error | null {
    const { queueBytesMax } = this.#options;
    if (
      this.#closed === null &&
      this.#queuedBytes > 0 &&
      this.#queuedBytes + bytes > queueBytesMax
    ) {
      return new VolumeBusyError(`${this.#queuedBytes} bytes wait to be written`);
    }
    return this.#closed;
  }

  /**
   * Takes `count` sections, one or more, that were not refused: `put` adds sections `[first, end)`,
   * section i of `sectionBytes[i]` bytes, to a batch. Resolves when all of them are durable.
   */
  append(
    count: number,
    sectionBytes: Uint32Array,
    put: (batch: B, first: number, end: number) => void,
  ): Promise<void> {
    let settled: Promise<void> | null = null;
    for (let first = 0; first < count;) {
      const filling = this.#fillingFor(sectionBytes[first]!);
      const end = this.#endOf(filling.batch, sectionBytes, first, count);
      settled = settled === null ? filling.settled : both(settled, filling.settled);
      put(filling.batch, first, end);
      first = end;
    }
    assert(settled !== null, 'group commit: nothing is appended');
    this.#proceed();
    return settled;
  }

  /**
   * Makes a commit next, with what waits or with nothing. Resolves when it has been tried; does
   * nothing once closed.
   */
  force(): Promise<void> {
    if (this.#closed !== null || this.#forced !== null) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#forced = resolve;
      this.#proceed();
    });
  }

  /** Commits what waits, then makes further appends reject with `reason`. */
  async close(reason: Error): Promise<void> {
    this.#closed ??= reason;
    while (this.#underWay > 0) {
      await this.#running;
    }
  }

  /** The batch that takes a section of `bytes` payload bytes next. */
  #fillingFor(bytes: number): Waiting<B> {
    const last = this.#waiting.at(-1);
    if (last !== undefined) {
      const { count, payloadBytes } = last.batch;
      if (count === 0 || this.#fits(count + 1, payloadBytes + bytes)) {
        return last;
      }
    }
    const next = new Waiting(this.#deps.begin());
    this.#waiting.push(next);
    return next;
  }

  /** Queues sections from `first` on, which a batch takes, as far as it takes more; the end. */
  #endOf(batch: Batch, sectionBytes: Uint32Array, first: number, count: number): number {
    let sections = batch.count + 1;
    let bytes = batch.payloadBytes + sectionBytes[first]!;
    let end = first + 1;
    while (end < count && this.#fits(sections + 1, bytes + sectionBytes[end]!)) {
      sections += 1;
      bytes += sectionBytes[end]!;
      end += 1;
    }
    this.#queuedBytes += bytes - batch.payloadBytes;
    return end;
  }

  /** Whether a frame holds so much. */
  #fits(sections: number, payloadBytes: number): boolean {
    const filled = encodedBytes(0, 0) + sections * sectionRowBytes + payloadBytes;
    return filled <= this.#options.frameBytesMax - frameAlignBytes;
  }

  /** Begins what is to be committed now. */
  #proceed(): void {
    while (this.#isDue()) {
      const forced = this.#forced;
      this.#forced = null;
      const next = this.#waiting.shift() ?? new Waiting(this.#deps.begin());
      this.#underWay += 1;
      this.#running = this.#commit(next, forced);
    }
  }

  #isDue(): boolean {
    if (this.#underWay === 0) {
      return this.#waiting.length > 0 || this.#forced !== null;
    }
    const next = this.#waiting[0];
    return next !== undefined && this.#forced === null && this.#deps.mayOverlap(next.batch);
  }

  async #commit(next: Waiting<B>, forced: (() => void) | null): Promise<void> {
    const bytes = next.batch.payloadBytes;
    let failure: Error | null = null;
    try {
      await this.#deps.commit(next.batch);
    } catch (error) {
      failure = error as Error;
    }
    this.#underWay -= 1;
    this.#queuedBytes -= bytes;
    next.settle(failure);
    forced?.();
    this.#proceed();
  }
}

/** Resolves when both have; rejects when both are settled, with what the first one rejects with. */
async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  const [one, other] = await Promise.allSettled([first, second]);
  for (const outcome of [one, other]) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
