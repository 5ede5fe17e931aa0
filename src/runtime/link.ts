/**
 * The Link port: whole messages between two ends, in order, each once, or not at all once it is
 * broken.
 *
 * A message is a list of parts. Sending one gives their memory away: between threads it changes
 * hands without being copied. Links are what the parts of a server talk through where they are not
 * in one thread.
 */
import type { ShownBodies } from './shown-bodies.ts';

export interface Link {
  /**
   * Every part must be a whole buffer, used by nobody else, and must not be touched after this.
   * Does nothing on a link that is closed.
   */
  send(parts: readonly Uint8Array[]): void;
  /** Messages wait until this is called; to be called once. */
  onMessage(receive: (parts: readonly Uint8Array[]) => void): void;
  /**
   * Gives the other end sight of these bodies in place of those it saw before; null: of none. In
   * order with messages. False where the ends have no memory in common: it is told nothing then.
   */
  show(bodies: ShownBodies | null): boolean;
  /** To be called before `onMessage`, once or never. */
  onShown(shown: (bodies: ShownBodies | null) => void): void;
  /** Called once, when the other end is gone or this one was closed; to be called once. */
  onClose(closed: () => void): void;
  /** What was sent before still arrives. Closing twice does nothing. */
  close(): void;
}
