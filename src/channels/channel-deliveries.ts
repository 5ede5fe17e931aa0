/**
 * All channels of a process: looks again and again at which there are and which shards their
 * streams have, and lets each shard deliver what is due.
 *
 * Reshards need no word of their own: a shard that is closed delivers to its end, its children
 * begin with their first record. Memory is bounded by batches at once per channel times their size.
 */
import type { ChannelDocument } from '../model/channel.ts';
import type { ShardDocument, ShardKey, StreamDocument } from '../model/stream.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Compressor } from '../runtime/compressor.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import type { Buckets } from './bucket.ts';
import { DeliveryLedger } from './delivery-ledger.ts';
import type { ChannelCounts, DeliveryMetrics } from './delivery-metrics.ts';
import type { RecordSource } from './record-source.ts';
import { ShardDelivery } from './shard-delivery.ts';
import type { ShardDeliveryOptions } from './shard-delivery.ts';

/** What delivery asks the control plane. */
export interface ChannelDirectory {
  /** Channels of all accounts. */
  allChannels(): readonly ChannelDocument[];
  stream(account: string, name: string): StreamDocument | null;
}

export interface ChannelDeliveriesDependencies {
  readonly clock: Clock;
  readonly meta: MetaStore;
  readonly directory: ChannelDirectory;
  readonly source: RecordSource;
  readonly buckets: Buckets;
  readonly compressor: Compressor;
  readonly metrics: Pick<DeliveryMetrics, 'counts'>;
  readonly log: { warn(fields: object, text: string): void };
}

export interface ChannelDeliveriesOptions extends ShardDeliveryOptions {
  /** Shards of a channel that read or deliver at the same time. */
  readonly shardsAtOnce: number;
}

const MIB = 1024 * 1024;

export const DELIVERY_DEFAULTS: ChannelDeliveriesOptions = {
  periodMs: 5_000,
  objectBytesMax: 16 * MIB,
  readBytes: MIB,
  readRecordsMax: 10_000,
  retryMs: 1_000,
  retryMsMax: 60_000,
  shardsAtOnce: 2,
};

/** One channel at work. */
interface ChannelWork {
  readonly counts: ChannelCounts;
  readonly shards: Map<ShardKey, ShardDelivery>;
  /** The pass over its shards that runs, if any. */
  pass: Promise<void> | null;
}

export class ChannelDeliveries {
  readonly #deps: ChannelDeliveriesDependencies;
  readonly #options: ChannelDeliveriesOptions;
  readonly #ledger: DeliveryLedger;
  readonly #work = new Map<string, ChannelWork>();
  #timer: Timer | null = null;
  /** The ledger may hold positions of what is gone. */
  #untidy = true;
  #tidying: Promise<void> = Promise.resolve();

  constructor(deps: ChannelDeliveriesDependencies, options: ChannelDeliveriesOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#ledger = new DeliveryLedger(deps);
  }

  start(): void {
    this.#timer ??= this.#deps.clock.every(this.#options.periodMs, () => this.tick());
  }

  /** Begins nothing more and waits for what runs. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    for (const work of this.#work.values()) {
      for (const delivery of work.shards.values()) delivery.stop();
    }
    await this.idle();
  }

  /** Resolves when what the last tick began has ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#work.values()].map(({ pass }) => pass ?? Promise.resolve()));
    await this.#tidying;
  }

  /** Age of the oldest record known not to be delivered, seconds; 0 when all are. */
  get dataFreshnessSeconds(): number {
    let oldest = Infinity;
    for (const { shards } of this.#work.values()) {
      for (const { oldestArrivalMs } of shards.values()) {
        oldest = Math.min(oldest, oldestArrivalMs ?? Infinity);
      }
    }
    return oldest === Infinity ? 0 : Math.max(0, this.#deps.clock.now() - oldest) / 1000;
  }

  /** Shards whose last try to deliver failed. */
  get failingShards(): number {
    let failing = 0;
    for (const { shards } of this.#work.values()) {
      for (const delivery of shards.values()) failing += delivery.failing ? 1 : 0;
    }
    return failing;
  }

  /** Looks at all channels; one that is still busy since the last time is left alone. */
  tick(): void {
    const present = new Set<string>();
    for (const channel of this.#deps.directory.allChannels()) {
      if (channel.status === 'ACTIVE' || channel.status === 'UPDATING') {
        present.add(channel.id);
        this.#serve(channel);
      }
    }
    for (const [id, work] of this.#work) {
      if (present.has(id)) continue;
      for (const delivery of work.shards.values()) delivery.stop();
      if (work.pass !== null) continue;
      this.#work.delete(id);
      this.#untidy = true;
    }
    if (this.#untidy) this.#tidy();
  }

  #serve(channel: ChannelDocument): void {
    const stream = this.#deps.directory.stream(channel.account, channel.streamName);
    if (stream?.uid !== channel.streamUid) return;
    let work = this.#work.get(channel.id);
    if (work === undefined) {
      const counts = this.#deps.metrics.counts(channel);
      work = { counts, shards: new Map(), pass: null };
      this.#work.set(channel.id, work);
    }
    if (work.pass !== null) return;
    this.#followShards(work, channel, stream);
    const begun = work;
    work.pass = this.#pass(channel, work).finally(() => (begun.pass = null));
  }

  /** Takes up shards that are new and lets go of those that have expired. */
  #followShards(work: ChannelWork, channel: ChannelDocument, stream: StreamDocument): void {
    const present = new Set(stream.shards.map(({ key }) => key));
    for (const key of work.shards.keys()) {
      if (present.has(key)) continue;
      work.shards.delete(key);
      this.#untidy = true;
    }
    for (const shard of stream.shards) {
      if (work.shards.has(shard.key) || endedBefore(shard, channel.activeAtMs ?? 0)) continue;
      work.shards.set(shard.key, this.#delivery(work.counts, channel, shard));
    }
  }

  #delivery(counts: ChannelCounts, channel: ChannelDocument, shard: ShardDocument): ShardDelivery {
    const failed = ({ index }: ShardDocument, error: unknown): void =>
      this.#warn(channel, index, error);
    const deps = { ...this.#deps, ledger: this.#ledger, counts, failed };
    return new ShardDelivery(deps, this.#options, shard);
  }

  #warn({ account, id }: ChannelDocument, shard: number, error: unknown): void {
    // The channel's settings may have changed since the delivery was made.
    const channels = this.#deps.directory.allChannels();
    const channel = channels.find((one) => one.account === account && one.id === id);
    if (channel === undefined || !channel.logging.enabled) return;
    const { name, logging } = channel;
    const { group, stream } = logging;
    const fields = { err: error, channel: name, shard, logGroup: group, logStream: stream };
    this.#deps.log.warn(fields, 'a channel could not deliver and will try again');
  }

  /** Lets every shard take a step, a few at a time. */
  async #pass(channel: ChannelDocument, { shards }: ChannelWork): Promise<void> {
    const queue = [...shards.values()].values();
    const worker = async (): Promise<void> => {
      for (const delivery of queue) await delivery.step(channel);
    };
    await Promise.all(Array.from({ length: this.#options.shardsAtOnce }, worker));
  }

  /** Takes positions of channels and shards that are gone out of the ledger. */
  #tidy(): void {
    this.#untidy = false;
    const wanted = new Map<string, ReadonlySet<ShardKey>>();
    for (const { id, account, streamName } of this.#deps.directory.allChannels()) {
      const stream = this.#deps.directory.stream(account, streamName);
      wanted.set(id, new Set(stream?.shards.map(({ key }) => key) ?? []));
    }
    this.#tidying = this.#ledger
      .removeUnless((id, shard) => wanted.get(id)?.has(shard) ?? false)
      .catch((error: unknown) => {
        this.#untidy = true;
        this.#deps.log.warn({ err: error }, 'positions of channels cannot be tidied up');
      });
  }
}

/** Whether a shard was closed before the channel began. */
function endedBefore({ closedSeconds }: ShardDocument, activeAtMs: number): boolean {
  return closedSeconds !== null && (closedSeconds + 1) * 1000 <= activeAtMs;
}
