/**
 * Reads all shards of a stream, through reshards: children begin when all their parents have ended,
 * so the records of a key come in the order they were written.
 *
 * Outages are waited out: once something was read, lost connections and server faults end the
 * reading only when they last longer than `outageMsMax`. Reads under way, and reads per second over
 * all shards, are bounded whatever the number of shards.
 */
import type { Clock } from '../runtime/clock.ts';
import { ClientError } from './client-error.ts';
import { TransportError } from './http-transport.ts';
import type { KinesisClient } from './kinesis-client.ts';
import { LineageOrder } from './lineage-order.ts';
import type { ChildShard, Operations, Shard, StoredRecord } from './operation-types.ts';
import { Slots } from './slots.ts';
import type { ReadStep, StartPosition } from './shard-reader.ts';
import { READ_INTERVAL_MS, ShardReader } from './shard-reader.ts';
import { listShards } from './stream-listing.ts';

export interface FollowerDependencies {
  readonly client: KinesisClient;
  readonly clock: Clock;
}

export interface FollowerOptions {
  readonly streamName: string;
  readonly start: StartPosition;
  /** Only this shard, not its children; null for all. */
  readonly shardId: string | null;
  /** False: ends when everything that is there has been read. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Told what happens, in the order of each shard. The next read of a shard waits for `records`. */
export interface FollowerEvents {
  /** All shards that are read from the start have their position. */
  started(shards: number): Promise<void>;
  records(shardId: string, records: readonly StoredRecord[]): Promise<void>;
  ended(shardId: string, children: readonly string[]): Promise<void>;
  /** Reading fails and goes on trying. */
  outage(error: Error): Promise<void>;
  recovered(): Promise<void>;
}

const outageMsMax = 10 * 60_000;
const outageRetryMs = 1_000;
const readsUnderWayMax = 16;
const readsPerSecondMax = 200;

export class StreamFollower {
  readonly #deps: FollowerDependencies;
  readonly #options: FollowerOptions;
  readonly #events: FollowerEvents;
  readonly #lineage: LineageOrder = new LineageOrder();
  readonly #slots: Slots = new Slots(readsUnderWayMax);
  readonly #stop: AbortController = new AbortController();
  #readers = 0;
  #hasRead = false;
  #outageSinceMs: number | null = null;

  constructor(
    dependencies: FollowerDependencies,
    options: FollowerOptions,
    events: FollowerEvents,
  ) {
    this.#deps = dependencies;
    this.#options = options;
    this.#events = events;
  }

  /**
   * Resolves when all was read or the signal was aborted. Rejects for what waiting cannot cure,
   * and with whatever an event handler rejects with.
   */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const abort = (): void => this.#stop.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      const readers = await this.#firstReaders();
      await this.#events.started(readers.length);
      await Promise.all(readers.map((reader) => this.#readAll(reader)));
    } catch (error) {
      // The other shards end with the first that fails.
      this.#stop.abort();
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #firstReaders(): Promise<readonly ShardReader[]> {
    const { shardId, start, streamName } = this.#options;
    let ids = [shardId ?? ''];
    if (shardId === null) {
      const signal = this.#stop.signal;
      const shards = await listShards(this.#deps.client, streamName, filterOf(start), { signal });
      for (const shard of shards) this.#lineage.learn(shard.ShardId, parentsOf(shard));
      ids = shards.map(({ ShardId }) => ShardId);
    }
    const readers = ids.map((id) => this.#readerOf(id, start));
    await Promise.all(readers.map((reader) => this.#slots.run(() => reader.open())));
    return readers;
  }

  #readerOf(shardId: string, start: StartPosition): ShardReader {
    this.#lineage.start(shardId);
    const { streamName } = this.#options;
    return new ShardReader(this.#deps, { streamName, shardId, start, signal: this.#stop.signal });
  }

  /** Reads a shard and then those that come after it. */
  async #readAll(reader: ShardReader): Promise<void> {
    this.#readers++;
    let children: readonly ChildShard[] | null;
    try {
      children = await this.#readShard(reader);
    } finally {
      this.#readers--;
    }
    if (children === null || this.#options.shardId !== null) return;
    const next = await this.#after(reader.shardId, children);
    await this.#events.ended(
      reader.shardId,
      children.map(({ ShardId }) => ShardId),
    );
    await Promise.all(
      next.map((id) => this.#readAll(this.#readerOf(id, { kind: 'trim-horizon' }))),
    );
  }

  /** Children at the end of the shard; null when it goes on but nothing more is wanted. */
  async #readShard(reader: ShardReader): Promise<readonly ChildShard[] | null> {
    const perSecond = readsPerSecondMax;
    for (;;) {
      await reader.pace(Math.max(READ_INTERVAL_MS, (this.#readers / perSecond) * 1000));
      const step = await this.#tryRead(reader);
      if (step === null) continue;
      if (step.records.length > 0) await this.#events.records(reader.shardId, step.records);
      if (step.kind === 'end') return step.children;
      if (step.caughtUp && !this.#options.follow) return null;
    }
  }

  /** Null when nothing was read and it is to be tried again. */
  async #tryRead(reader: ShardReader): Promise<ReadStep | null> {
    try {
      const step = await this.#slots.run(() => reader.read());
      this.#hasRead = true;
      if (this.#outageSinceMs !== null) {
        this.#outageSinceMs = null;
        await this.#events.recovered();
      }
      return step;
    } catch (error) {
      if (!this.#hasRead || !isOutage(error)) throw error;
      await this.#waitOut(error);
      return null;
    }
  }

  async #waitOut(error: Error): Promise<void> {
    const { clock } = this.#deps;
    if (this.#outageSinceMs === null) {
      this.#outageSinceMs = clock.monotonic();
      await this.#events.outage(error);
    } else if (clock.monotonic() - this.#outageSinceMs > outageMsMax) {
      throw error;
    }
    await clock.sleep(outageRetryMs, this.#stop.signal);
  }

  /** Notes the end of a shard; gives the shards whose turn has come by it. */
  async #after(shardId: string, children: readonly ChildShard[]): Promise<readonly string[]> {
    for (const child of children) this.#lineage.learn(child.ShardId, child.ParentShards);
    const parents = children.flatMap(({ ParentShards }) => ParentShards);
    let ids = children.map(({ ShardId }) => ShardId);
    // Older servers do not name the children; and a parent never heard of may descend from a shard
    // that is still being read.
    if (ids.length === 0 || !parents.every((id) => this.#lineage.knows(id))) {
      const all = await this.#listAll();
      for (const shard of all) this.#lineage.learn(shard.ShardId, parentsOf(shard));
      if (ids.length === 0) {
        ids = all
          .filter((shard) => parentsOf(shard).includes(shardId))
          .map(({ ShardId }) => ShardId);
      }
    }
    for (const id of ids) this.#lineage.offer(id);
    this.#lineage.end(shardId);
    return this.#lineage.takeReady();
  }

  #listAll(): Promise<readonly Shard[]> {
    const signal = this.#stop.signal;
    return listShards(this.#deps.client, this.#options.streamName, undefined, { signal });
  }
}

type ShardFilter = Operations['ListShards']['input']['ShardFilter'];

/** Selects the shards that were open where the reading starts. */
function filterOf(start: StartPosition): ShardFilter {
  if (start.kind === 'latest') return { Type: 'AT_LATEST' };
  if (start.kind === 'trim-horizon') return { Type: 'AT_TRIM_HORIZON' };
  return { Type: 'AT_TIMESTAMP', Timestamp: start.epochMs / 1000 };
}

/** The shards that a shard was made of. */
export function parentsOf(shard: Shard): readonly string[] {
  return [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined);
}

function isOutage(error: unknown): error is Error {
  if (error instanceof TransportError) return error.failure !== 'aborted';
  return error instanceof ClientError && error.status >= 500;
}
