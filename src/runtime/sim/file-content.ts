/**
 * The content of one simulated file: what a reader sees now, what the medium is sure to hold, and the
 * changes between the two.
 *
 * Invariant: applying every pending change to the durable bytes gives the current bytes. A sync makes
 * changes durable; a power loss applies an arbitrary part of the others (`power-loss.ts`).
 */
import { Pages } from './pages.ts';

/** New bytes of a range; null bytes stand for zeros, as a shorter length leaves behind. */
export interface DataChange {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array | null;
  /** A sync that covered it has failed: the page counts as clean, and no later sync writes it. */
  stranded: boolean;
}

/** A new length. */
export interface LengthChange {
  readonly number: number;
  /** A write only ever grows a file; a truncation sets the length. */
  readonly grows: boolean;
  length: number;
  stranded: boolean;
}

export class FileContent {
  current: Pages = new Pages();
  readonly durable: Pages = new Pages();
  length = 0;
  durableLength = 0;
  /** In the order they were made; each number is used once. */
  data: DataChange[] = [];
  lengths: LengthChange[] = [];
  #changes = 0;

  /** Number of the last change made so far; what `makeDurable` takes to cover all of them. */
  get lastChange(): number {
    return this.#changes;
  }

  get isDurable(): boolean {
    return this.data.length === 0 && this.lengths.length === 0;
  }

  /** Takes over `bytes`, which nobody changes afterwards. */
  write(position: number, bytes: Uint8Array): void {
    if (bytes.byteLength === 0) {
      return;
    }
    const end = position + bytes.byteLength;
    this.current.write(position, bytes);
    this.#changes += 1;
    const change = { number: this.#changes, stranded: false };
    this.data.push({ ...change, start: position, end, bytes });
    if (end > this.length) {
      this.lengths.push({ ...change, grows: true, length: end });
      this.length = end;
    }
  }

  setLength(length: number): void {
    if (length === this.length) {
      return;
    }
    this.#changes += 1;
    const change = { number: this.#changes, stranded: false };
    const grows = length > this.length;
    if (!grows) {
      this.current.clear(length, this.length);
      this.data.push({ ...change, start: length, end: this.length, bytes: null });
    }
    this.lengths.push({ ...change, grows, length });
    this.length = length;
  }

  /** Fills `into` from `position`; returns the number of bytes up to the end of the file. */
  read(position: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.byteLength, this.length - position));
    this.current.read(position, into.subarray(0, count));
    return count;
  }

  /** A sync that began when `upTo` was the last change has succeeded. */
  makeDurable(upTo: number): void {
    if (this.isDurable) {
      return;
    }
    const covered = (change: { number: number; stranded: boolean }): boolean =>
      change.number <= upTo && !change.stranded;
    const data = this.data.filter(covered);
    const lengths = this.lengths.filter(covered);
    this.data = this.data.filter((change) => !covered(change));
    this.lengths = this.lengths.filter((change) => !covered(change));
    for (const change of data) {
      applyData(this.durable, change, change.start, change.end);
      if (this.data.length > 0) {
        this.data = this.data.flatMap((left) => withoutOverlap(left, change));
      }
    }
    for (const change of lengths) {
      this.#makeLengthDurable(change);
    }
  }

  /** A sync that began when `upTo` was the last change has failed. */
  strand(upTo: number): void {
    for (const change of [...this.data, ...this.lengths]) {
      change.stranded ||= change.number <= upTo;
    }
  }

  /** Turns over one bit on the medium; readers see it at once, as after the cache was dropped. */
  flip(position: number, bit: number): void {
    this.current.flip(position, bit);
    this.durable.flip(position, bit);
    for (const { start, end, bytes } of this.data) {
      if (bytes !== null && start <= position && position < end) {
        bytes[position - start] = (bytes[position - start] as number) ^ (1 << bit);
      }
    }
  }

  /** Ends a power loss: the durable bytes, cut to `length`, are all there is. */
  settle(length: number): void {
    this.durable.clear(length, Math.max(this.length, this.durableLength, length));
    this.durableLength = length;
    this.length = length;
    this.current = this.durable.copy();
    this.data = [];
    this.lengths = [];
  }

  #makeLengthDurable(change: LengthChange): void {
    this.durableLength = change.grows ? Math.max(this.durableLength, change.length) : change.length;
    // What is older and still pending must not undo this: no shorter file, no longer one than was cut.
    for (const left of this.lengths) {
      if (left.number < change.number) {
        left.length = change.grows ? Math.max(left.length, change.length) : change.length;
      }
    }
  }
}

/** Applies the part of `change` between `start` and `end`, which lie within it. */
export function applyData(pages: Pages, change: DataChange, start: number, end: number): void {
  if (change.bytes === null) {
    pages.clear(start, end);
  } else {
    pages.write(start, change.bytes.subarray(start - change.start, end - change.start));
  }
}

/** What is left of a pending change when the newer change `over` has become durable. */
function withoutOverlap(change: DataChange, over: DataChange): DataChange[] {
  if (change.number > over.number || change.start >= over.end || change.end <= over.start) {
    return [change];
  }
  return [
    part(change, change.start, Math.min(change.end, over.start)),
    part(change, Math.max(change.start, over.end), change.end),
  ].filter((left) => left.start < left.end);
}

function part(change: DataChange, start: number, end: number): DataChange {
  const bytes = change.bytes?.subarray(start - change.start, end - change.start) ?? null;
  return { ...change, start, end, bytes };
}
