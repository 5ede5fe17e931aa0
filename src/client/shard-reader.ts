/**
 * Reads one shard from a position to its end, or for ever: each record once, in order.
 *
 * Keeps to the five reads per second that a shard grants, and makes room for other readers when it
 * is throttled. An iterator that has expired is replaced by one after the last record that was
 * read.
 */
import type { Clock } from '../runtime/clock.ts';
import { ClientError, isThrottling } from './client-error.ts';
import type { KinesisClient } from './kinesis-client.ts';
import type { ChildShard, Operations, StoredRecord } from './operation-types.ts';

export type StartPosition =
  | { readonly kind: 'trim-horizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'timestamp'; readonly epochMs: number };

export interface ShardReaderDependencies {
  readonly client: KinesisClient;
  readonly clock: Clock;
}

export interface ShardReaderOptions {
  readonly streamName: string;
  readonly shardId: string;
  readonly start: StartPosition;
  readonly signal: AbortSignal;
}

export type ReadStep =
  | {
      readonly kind: 'records';
      readonly records: readonly StoredRecord[];
      /** Nothing newer was there when they were read. */
      readonly caughtUp: boolean;
    }
  /** The shard is closed and was read to its end; `children` may be unknown to older servers. */
  | {
      readonly kind: 'end';
      readonly records: readonly StoredRecord[];
      readonly children: readonly ChildShard[];
    };

/** Five reads per second and shard are granted to all readers together; this one takes four. */
export const READ_INTERVAL_MS = 250;
const readIntervalMsMax = 2_000;
/** The most that can be asked for; answers are at most 10 MiB whatever is asked. */
const recordsPerRead = 10_000;

type IteratorInput = Operations['GetShardIterator']['input'];

export class ShardReader {
  readonly #deps: ShardReaderDependencies;
  readonly #options: ShardReaderOptions;
  readonly #openedMs: number;
  #iterator: string | null = null;
  #hadIterator = false;
  #lastSequenceNumber: string | null = null;
  #nextReadMs = 0;
  #throttledIntervalMs = 0;

  constructor(dependencies: ShardReaderDependencies, options: ShardReaderOptions) {
    this.#deps = dependencies;
    this.#options = options;
    this.#openedMs = dependencies.clock.now();
  }

  get shardId(): string {
    return this.#options.shardId;
  }

  /** Gets the first iterator, so that a reader of the latest misses nothing from now on. */
  async open(): Promise<void> {
    this.#iterator ??= await this.#newIterator();
  }

  /** Waits until the shard may be read again. Rejects when aborted. */
  async pace(intervalMs: number): Promise<void> {
    const { clock } = this.#deps;
    const waitMs = this.#nextReadMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, this.#options.signal);
    this.#nextReadMs = clock.monotonic() + Math.max(intervalMs, this.#throttledIntervalMs);
  }

  /** One read. Null when it has to be tried again: throttled, or the iterator had expired. */
  async read(): Promise<ReadStep | null> {
    const { signal } = this.#options;
    await this.open();
    let answer: Operations['GetRecords']['output'];
    try {
      const input = { ShardIterator: this.#iterator!, Limit: recordsPerRead };
      answer = await this.#deps.client.call('GetRecords', input, { signal, attemptsMax: 1 });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (isThrottling(error.code, error.text)) {
        const doubled = Math.max(READ_INTERVAL_MS, this.#throttledIntervalMs) * 2;
        this.#throttledIntervalMs = Math.min(readIntervalMsMax, doubled);
        return null;
      }
      if (error.code === 'ExpiredIteratorException') {
        this.#iterator = null;
        return null;
      }
      throw error;
    }
    return this.#advance(answer);
  }

  #advance(answer: Operations['GetRecords']['output']): ReadStep {
    const { Records: records, NextShardIterator, MillisBehindLatest, ChildShards } = answer;
    this.#throttledIntervalMs = 0;
    this.#lastSequenceNumber = records.at(-1)?.SequenceNumber ?? this.#lastSequenceNumber;
    if (NextShardIterator === undefined || NextShardIterator === null) {
      return { kind: 'end', records, children: ChildShards ?? [] };
    }
    this.#iterator = NextShardIterator;
    return { kind: 'records', records, caughtUp: (MillisBehindLatest ?? 0) === 0 };
  }

  async #newIterator(): Promise<string> {
    const { streamName, shardId, signal } = this.#options;
    const shard = { StreamName: streamName, ShardId: shardId };
    const input: IteratorInput = { ...shard, ...this.#iteratorStart() };
    const { ShardIterator } = await this.#deps.client.call('GetShardIterator', input, { signal });
    this.#hadIterator = true;
    return ShardIterator;
  }

  #iteratorStart(): Pick<
    IteratorInput,
    'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'
  > {
    if (this.#lastSequenceNumber !== null) {
      const StartingSequenceNumber = this.#lastSequenceNumber;
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber };
    }
    const { start } = this.#options;
    if (start.kind === 'trim-horizon') return { ShardIteratorType: 'TRIM_HORIZON' };
    if (start.kind === 'timestamp') {
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: start.epochMs / 1000 };
    }
    // Only the first iterator is at the latest; one that replaces it has to be where that was.
    return this.#hadIterator
      ? { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: this.#openedMs / 1000 }
      : { ShardIteratorType: 'LATEST' };
  }
}
