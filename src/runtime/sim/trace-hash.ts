/**
 * A running 64-bit hash of what a simulation did, to compare two runs. Not for anything hostile.
 */
export class TraceHash {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  readonly #view = new DataView(new ArrayBuffer(8));

  number(value: number): void {
    this.#view.setFloat64(0, value, true);
    this.#word(this.#view.getUint32(0, true));
    this.#word(this.#view.getUint32(4, true));
  }

  text(value: string): void {
    this.#word(value.length);
    for (let index = 0; index < value.length; index += 1) {
      this.#word(value.charCodeAt(index));
    }
  }

  /** 16 hexadecimal digits; adding may go on afterwards. */
  digest(): string {
    return [this.#high, this.#low]
      .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
      .join('');
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#low ^= this.#low >>> 15;
    this.#high = Math.imul(this.#high ^ this.#low, 0x85ebca6b);
    this.#high ^= this.#high >>> 13;
  }
}
