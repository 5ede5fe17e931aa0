/**
 * Assertions that stay on in production. They state invariants of our own code; input from outside
 * is validated elsewhere and answered, never asserted. A failed assertion means the process must
 * stop.
 */

/** A broken invariant: a bug in this program, never a consequence of what a client sent. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Throws AssertionError with `message` unless `condition` is truthy. Pass a constant text:
 * arguments are evaluated on hot paths even when the condition holds.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks the place a complete `switch` never comes to; the compiler proves it, this enforces it. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value: ${String(value)}`);
}
