/**
 * The content of one simulated file: what a reader sees now, what the medium is sure to hold, and
 * the changes between the two.
 *
 * Invariant: applying every pending change to the durable bytes gives the current bytes. A sync
 * makes changes durable; a power loss applies an arbitrary part of the others (`power-loss.ts`).
 */
import { Pages } from './pages.ts';

/** New bytes of a range; null bytes stand for zeros, as a truncation or a gap leaves behind. */
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
  /** In the order they were made; what one operation changed has one number. */
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
    this.#fillGap(position);
    this.data.push({ number: this.#changes, stranded: false, start: position, end, bytes });
    if (end > this.length) {
      this.#changeLength(end, true);
    }
  }

  setLength(length: number): void {
    if (length === this.length) {
      return;
    }
    this.#changes += 1;
    if (length < this.length) {
      this.current.clear(length, this.length);
      this.#addZeros(length, this.length);
    }
    this.#fillGap(length);
    this.#changeLength(length, length > this.length);
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
      if (change.bytes !== null) {
        // Even where the length came from a write that was stranded: what is synced can be read.
        this.#makeLengthDurable({ number: change.number, grows: true, length: change.end });
      }
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
    if (position < this.durableLength) {
      this.durable.flip(position, bit);
    }
    for (const { start, end, bytes } of this.data) {
      if (bytes !== null && start <= position && position < end) {
        bytes[position - start] = (bytes[position - start] as number) ^ (1 << bit);
      }
    }
  }

  /** Ends a power loss: the durable bytes, cut to `length`, are all there is. */
  settle(length: number): void {
    this.durable.clear(length, Infinity);
    this.durableLength = length;
    this.length = length;
    this.current = this.durable.copy();
    this.data = [];
    this.lengths = [];
  }

  /** Between the end of a file and what comes beyond it lie zeros, which a sync saves too. */
  #fillGap(start: number): void {
    if (start > this.length) {
      this.#addZeros(this.length, start);
    }
  }

  #addZeros(start: number, end: number): void {
    this.data.push({ number: this.#changes, stranded: false, start, end, bytes: null });
  }

  #changeLength(length: number, grows: boolean): void {
    this.lengths.push({ number: this.#changes, stranded: false, grows, length });
    this.length = length;
  }

  #makeLengthDurable(change: Omit<LengthChange, 'stranded'>): void {
    this.durableLength = change.grows ? Math.max(this.durableLength, change.length) : change.length;
    // What is older and still pending must not undo this: no shorter file, no longer one than was
    // cut.
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
