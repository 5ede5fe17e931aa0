/**
 * Natural group commit: while one batch is being committed the next one fills; when idle, an append
 * is committed at once. No timer, no lingering.
 *
 * Sections are committed in the order they were given. The queue is bounded by bytes.
 */
import { crc32 } from '../common/crc32.ts';
import type { Section } from '../model/section.ts';
import { encodedBytes, frameAlignBytes, sectionRowBytes } from './frame.ts';
import { VolumeBusyError } from './volume-store.ts';

export interface GroupCommitOptions {
  /** A batch is closed before it exceeds this many encoded bytes, unless a single section does. */
  readonly frameBytesMax: number;
  /** Most payload bytes that wait. */
  readonly queueBytesMax: number;
}

/** Sections of one commit and their payload checksums. */
export interface Batch {
  readonly sections: readonly Section[];
  readonly payloadCrcs: readonly number[];
}

/** One call of `append`. */
interface Waiter {
  sectionsLeft: number;
  error: Error | null;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class GroupCommit {
  readonly #commit: (batch: Batch) => Promise<void>;
  readonly #options: GroupCommitOptions;
  #sections: Section[] = [];
  #payloadCrcs: number[] = [];
  #waiters: Waiter[] = [];
  #queuedBytes = 0;
  #running: Promise<void> | null = null;
  #closed: Error | null = null;
  /** Resolved by the next commit, which is made even when no section waits. */
  #forced: (() => void) | null = null;

  /** `commit` makes one batch durable; what it rejects with, the batch's appends reject with. */
  constructor(commit: (batch: Batch) => Promise<void>, options: GroupCommitOptions) {
    this.#commit = commit;
    this.#options = options;
  }

  /** Sections that wait and are not yet part of a commit. */
  get waiting(): readonly Section[] {
    return this.#sections;
  }

  /** Why these sections cannot be taken now; null when they can. */
  refusal(sections: readonly Section[]): Error | null {
    const bytes = payloadBytesOf(sections);
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

  append(sections: readonly Section[]): Promise<void> {
    const refusal = this.refusal(sections);
    if (refusal !== null) {
      return Promise.reject(refusal);
    }
    if (sections.length === 0) {
      return Promise.resolve();
    }
    this.#queuedBytes += payloadBytesOf(sections);
    return new Promise((resolve, reject) => {
      const waiter = { sectionsLeft: sections.length, error: null, resolve, reject };
      for (const section of sections) {
        this.#sections.push(section);
        // Here, so that it is done while the frame before is being written.
        this.#payloadCrcs.push(crc32(section.payload));
        this.#waiters.push(waiter);
      }
      this.#running ??= this.#run();
    });
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
      this.#running ??= this.#run();
    });
  }

  /** Commits what waits, then makes further appends reject with `reason`. */
  async close(reason: Error): Promise<void> {
    this.#closed ??= reason;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#sections.length > 0 || this.#forced !== null) {
      const forced = this.#forced;
      this.#forced = null;
      const count = this.#batchSize();
      const sections = takeFirst(this.#sections, count, (rest) => (this.#sections = rest));
      const payloadCrcs = takeFirst(this.#payloadCrcs, count, (rest) => (this.#payloadCrcs = rest));
      const waiters = takeFirst(this.#waiters, count, (rest) => (this.#waiters = rest));
      let failure: Error | null = null;
      try {
        await this.#commit({ sections, payloadCrcs });
      } catch (error) {
        failure = error as Error;
      }
      this.#queuedBytes -= payloadBytesOf(sections);
      settle(waiters, failure);
      forced?.();
    }
    this.#running = null;
  }

  /** How many of the waiting sections go into the next batch. */
  #batchSize(): number {
    const limit = this.#options.frameBytesMax - frameAlignBytes;
    let bytes = encodedBytes(0, 0);
    let count = 0;
    for (const section of this.#sections) {
      bytes += sectionRowBytes + section.payload.byteLength;
      if (count > 0 && bytes > limit) {
        break;
      }
      count += 1;
    }
    return count;
  }
}

export function payloadBytesOf(sections: readonly Section[]): number {
  let bytes = 0;
  for (const section of sections) {
    bytes += section.payload.byteLength;
  }
  return bytes;
}

/** The first `count` items; the usual case, all of them, moves no item. */
function takeFirst<T>(items: T[], count: number, keep: (rest: T[]) => void): T[] {
  if (count === items.length) {
    keep([]);
    return items;
  }
  keep(items.slice(count));
  return items.slice(0, count);
}

function settle(waiters: readonly Waiter[], failure: Error | null): void {
  for (const waiter of waiters) {
    waiter.error ??= failure;
    waiter.sectionsLeft -= 1;
    if (waiter.sectionsLeft === 0) {
      if (waiter.error === null) {
        waiter.resolve();
      } else {
        waiter.reject(waiter.error);
      }
    }
  }
}
