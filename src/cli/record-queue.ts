/**
 * Records between the input and the server: while one batch is on its way the next one fills, so
 * a single line goes out at once and many lines go out in large batches, without a timer.
 *
 * Bounded: the reader of the input waits for `room`.
 */
import type { PutEntry } from '../client/operation-types.ts';

export interface QueuedRecord {
  /** From 1, for messages. */
  readonly line: number;
  /** Null for a line that cannot be a record. */
  readonly entry: PutEntry | null;
  /** Data and partition key, as the service counts them. */
  readonly bytes: number;
}

export interface QueueBounds {
  readonly batchRecordsMax: number;
  /** A record that is larger makes a batch of its own. */
  readonly batchBytesMax: number;
}

/** Batches that may wait. */
const batchesMax = 2;

export class RecordQueue {
  readonly #bounds: QueueBounds;
  #records: QueuedRecord[] = [];
  #bytes = 0;
  #ended = false;
  #failure: Error | null = null;
  #wakeTaker: (() => void) | null = null;
  #wakeFeeder: (() => void) | null = null;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  push(record: QueuedRecord): void {
    this.#records.push(record);
    this.#bytes += record.bytes;
    this.#wakeTaker?.();
  }

  /** No more records come; `failure` is thrown once those that are here have been taken. */
  end(failure: Error | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#wakeTaker?.();
    this.#wakeFeeder?.();
  }

  /** Resolves when more records should be pushed; false when nobody wants any more. */
  async room(): Promise<boolean> {
    while (!this.#ended && this.#isFull()) {
      await new Promise<void>((resolve) => (this.#wakeFeeder = resolve));
      this.#wakeFeeder = null;
    }
    return !this.#ended;
  }

  /** The next batch as soon as there is a record; null at the end. Throws the end's failure. */
  async take(): Promise<readonly QueuedRecord[] | null> {
    while (this.#records.length === 0) {
      if (this.#ended) {
        if (this.#failure !== null) throw this.#failure;
        return null;
      }
      await new Promise<void>((resolve) => (this.#wakeTaker = resolve));
      this.#wakeTaker = null;
    }
    const batch = this.#records.splice(0, this.#batchLength());
    for (const { bytes } of batch) this.#bytes -= bytes;
    this.#wakeFeeder?.();
    return batch;
  }

  #isFull(): boolean {
    const { batchRecordsMax, batchBytesMax } = this.#bounds;
    return (
      this.#records.length >= batchRecordsMax * batchesMax ||
      this.#bytes >= batchBytesMax * batchesMax
    );
  }

  #batchLength(): number {
    const { batchRecordsMax, batchBytesMax } = this.#bounds;
    let bytes = 0;
    let length = 0;
    for (const record of this.#records) {
      bytes += record.bytes;
      if (length > 0 && (bytes > batchBytesMax || length >= batchRecordsMax)) break;
      length++;
    }
    return length;
  }
}
