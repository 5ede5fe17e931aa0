/**
 * One turn of the host's event loop: how the simulator waits until promises have settled.
 */
import { setImmediate } from 'node:timers';

/** Resolves after one turn, when every promise job that was due has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
