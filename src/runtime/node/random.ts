/**
 * Chance from the host: `bytes` straight from its cryptographic source, numbers from a generator
 * seeded by it. A fork is an independent stream with a seed of its own; nothing here can be
 * repeated.
 */
import { randomFillSync } from 'node:crypto';
import { Generator } from '../generator.ts';
import type { Random } from '../random.ts';

export class NodeRandom implements Random {
  readonly #generator: Generator;

  constructor() {
    const [a, b, c, d] = randomFillSync(new Uint32Array(4)) as unknown as Iterable<number>;
    this.#generator = new Generator([a ?? 0, b ?? 0, c ?? 0, d ?? 0]);
  }

  next(): number {
    return this.#generator.fraction();
  }

  below(bound: number): number {
    return this.#generator.below(bound);
  }

  bytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length));
  }

  fork(_name: string): Random {
    return new NodeRandom();
  }
}
