/**
 * Chance from a seed: the same seed gives the same numbers, and a fork's numbers depend on the
 * seeds and names above it only, never on what was drawn before.
 */
import type { Seed } from '../generator.ts';
import { Generator, seedFrom } from '../generator.ts';
import type { Random } from '../random.ts';

export class SimRandom implements Random {
  readonly #seed: Seed;
  readonly #generator: Generator;

  /** Any number or text is a seed; a `Seed` is taken as it is. */
  constructor(seed: number | string | Seed) {
    this.#seed = typeof seed === 'object' ? seed : seedFrom(String(seed));
    this.#generator = new Generator(this.#seed);
  }

  next(): number {
    return this.#generator.fraction();
  }

  below(bound: number): number {
    return this.#generator.below(bound);
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#generator.fill(bytes);
    return bytes;
  }

  fork(name: string): Random {
    return new SimRandom(seedFrom(name, this.#seed));
  }
}
