/**
 * The Random port: the only source of chance.
 *
 * `fork(name)` gives an independent stream that depends on the parent's seed and the name only, so
 * a new user of chance does not reshuffle the others.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number in [0, bound). */
  below(bound: number): number;
  /** `length` bytes; from a cryptographic source in the node form. */
  bytes(length: number): Uint8Array;
  fork(name: string): Random;
}
