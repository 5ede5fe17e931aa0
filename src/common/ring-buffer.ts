/**
 * A bounded first-in, first-out queue in one array. It never grows past its capacity: a full ring
 * says so and the caller decides what gives way.
 */
import { assert } from './assert.ts';

export class RingBuffer<T> {
  readonly capacity: number;
  readonly #slots: (T | undefined)[];
  #head = 0;
  #size = 0;

  /** `capacity` is the largest number of items held, at least 1. */
  constructor(capacity: number) {
    assert(Number.isSafeInteger(capacity) && capacity > 0, 'ring: capacity must be positive');
    this.capacity = capacity;
    this.#slots = [];
  }

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size === this.capacity;
  }

  /** Adds the newest item; false, and nothing changed, when the ring is full. */
  push(item: T): boolean {
    if (this.full) return false;
    this.#slots[this.#slot(this.#size)] = item;
    this.#size++;
    return true;
  }

  /** Removes and gives the oldest item; undefined when empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#head];
    // The slot must not keep the item alive.
    this.#slots[this.#head] = undefined;
    this.#head = this.#slot(1);
    this.#size--;
    return item;
  }

  /** The item `index` places after the oldest, left in place; undefined past the newest. */
  at(index: number): T | undefined {
    assert(index >= 0, 'ring: negative index');
    return index < this.#size ? this.#slots[this.#slot(index)] : undefined;
  }

  /** The oldest item, left in place. */
  peek(): T | undefined {
    return this.at(0);
  }

  /** The newest item, left in place. */
  last(): T | undefined {
    return this.#size === 0 ? undefined : this.at(this.#size - 1);
  }

  clear(): void {
    this.#slots.length = 0;
    this.#head = 0;
    this.#size = 0;
  }

  /** Oldest to newest. The ring must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    const size = this.#size;
    for (let i = 0; i < size; i++) {
      assert(this.#size === size, 'ring: changed while iterated');
      yield this.#slots[this.#slot(i)] as T;
    }
  }

  #slot(offset: number): number {
    const slot = this.#head + offset;
    return slot < this.capacity ? slot : slot - this.capacity;
  }
}
