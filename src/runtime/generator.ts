/**
 * The pseudo-random generator behind both forms of Random: xoshiro128**, 32-bit words only.
 *
 * The same seed gives the same numbers on every version and platform. Not for secrets.
 */
export type Seed = readonly [number, number, number, number];

export class Generator {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: Seed) {
    [this.#a, this.#b, this.#c, this.#d] = seed;
    if ((this.#a | this.#b | this.#c | this.#d) === 0) {
      this.#a = 1; // From all zeros the sequence would never leave zero.
    }
  }

  /** The next 32 bits, as an unsigned number. */
  word(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  fraction(): number {
    return this.#wide() / 2 ** 53;
  }

  /**
   * Uniform whole number in [0, bound), without bias; throws RangeError for other bounds than 1 …
   * 2^53.
   */
  below(bound: number): number {
    if (!(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 53)) {
      throw new RangeError(`bound out of range: ${bound}`);
    }
    const narrow = bound <= 2 ** 32;
    const range = narrow ? 2 ** 32 : 2 ** 53;
    const limit = range - (range % bound);
    for (;;) {
      const drawn = narrow ? this.word() : this.#wide();
      if (drawn < limit) {
        return drawn % bound;
      }
    }
  }

  fill(into: Uint8Array): void {
    for (let at = 0; at < into.byteLength; at += 4) {
      const word = this.word();
      const end = Math.min(4, into.byteLength - at);
      for (let index = 0; index < end; index += 1) {
        into[at + index] = word >>> (8 * index);
      }
    }
  }

  #wide(): number {
    return (this.word() >>> 5) * 2 ** 26 + (this.word() >>> 6);
  }
}

/** Spreads a text over four words; `base` makes the result depend on another seed as well. */
export function seedFrom(text: string, base: Seed = [0, 0, 0, 0]): Seed {
  let a = base[0] ^ 0x3c6ef372;
  let b = base[1] ^ 0x1f83d9ab;
  let c = base[2] ^ 0x5be0cd19;
  let d = base[3] ^ 0x243f6a88;
  // The length first, so that no text can be continued into another one's seed; then every unit.
  for (let index = -1; index < text.length; index += 1) {
    const unit = index < 0 ? text.length : text.charCodeAt(index);
    a = mix(a ^ unit);
    b = mix(b ^ a);
    c = mix(c ^ b);
    d = mix(d ^ c);
    a = (a + d) | 0;
  }
  return [mix(a ^ c), mix(b ^ d), mix(c ^ b), mix(d ^ a)].map((word) => word >>> 0) as [
    number,
    number,
    number,
    number,
  ];
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** A bijection of 32-bit words in which every input bit changes about half of the output bits. */
function mix(word: number): number {
  let mixed = (word + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
