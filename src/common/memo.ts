/**
 * Results of a pure function of texts that come again and again, such as what every request of a
 * client repeats. Bounded: long texts are not kept, and when it is full it is emptied.
 */
import { assert } from './assert.ts';

export interface MemoOptions {
  /** Most results kept. */
  readonly entriesMax: number;
  /** Results for longer texts are not kept, UTF-16 units. */
  readonly textMax: number;
}

export class Memo<V> {
  readonly #make: (text: string) => V;
  readonly #options: MemoOptions;
  readonly #known = new Map<string, V>();
  /** What was asked for last: mostly the same is asked for again, and comparing beats hashing. */
  #lastText: string | null = null;
  #lastValue: V | undefined = undefined;

  /** `make` must give the same for the same text; what it throws is not kept. */
  constructor(make: (text: string) => V, options: MemoOptions) {
    assert(options.entriesMax > 0, 'memo: room for one result at least');
    this.#make = make;
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  get(text: string): V {
    if (text === this.#lastText) return this.#lastValue as V;
    const known = this.#known.get(text);
    if (known !== undefined) return this.#remember(text, known);
    const made = this.#make(text);
    const { entriesMax, textMax } = this.#options;
    if (text.length > textMax) return made;
    if (this.#known.size >= entriesMax) this.#known.clear();
    this.#known.set(text, made);
    return this.#remember(text, made);
  }

  #remember(text: string, value: V): V {
    this.#lastText = text;
    this.#lastValue = value;
    return value;
  }
}
