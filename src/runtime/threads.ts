/** The Threads port: other threads of this process, each at the far end of a link. */
import type { Link } from './link.ts';

export interface Thread {
  readonly link: Link;
  /**
   * Resolves when the thread is over, with what ended it; null when it was told to. Never rejects.
   */
  readonly ended: Promise<Error | null>;
  /** Ends it at once. Resolves when it is over; what it had open is closed by then. */
  terminate(): Promise<void>;
}

export interface Threads {
  /** Starts the program at `entry` with `data`, which is copied. */
  start(entry: URL, data: unknown): Thread;
}
