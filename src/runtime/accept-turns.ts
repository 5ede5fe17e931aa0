/**
 * The AcceptTurns port: threads that accept connections from one listening socket take turns, so
 * that none gets most of them. Without it the thread that happens to wake first takes all that
 * wait.
 */
export interface AcceptTurns {
  /** This thread has accepted a connection; may wait a moment for others to accept theirs. */
  accepted(): void;
  /** A connection of this thread is over. */
  closed(): void;
}

/** For one that accepts alone. */
export const noTurns: AcceptTurns = { accepted: () => undefined, closed: () => undefined };
