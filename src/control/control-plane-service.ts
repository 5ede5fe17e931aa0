/**
 * The control plane of one process: streams and their shards, kept in a MetaStore, published to a
 * shard map.
 *
 * Reads are answered from memory, which follows the store commit by commit; every change is one
 * commit. Each command is a file of its own beside this one.
 */
import type {
  AccountSettings,
  AccountUse,
  ChannelFilter,
  ChannelUpdate,
  ConsumerRef,
  ControlPlane,
  CreateChannelCommand,
  CreateStreamCommand,
  MonitoringChange,
  ScalingEvent,
  WarmThroughput,
} from '../api/ports.ts';
import type { ChannelDocument, ChannelRef } from '../model/channel.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import type { DirectoryEntry, DirectorySource } from '../model/directory.ts';
import {
  CHANNELS_PER_ACCOUNT_MAX,
  ON_DEMAND_STREAMS_MAX,
  shardsPerAccount,
  STREAMS_CREATING_MAX,
  STREAMS_DELETING_MAX,
} from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import type {
  MetricsName,
  RecordDistributionStrategy,
  ShardKey,
  StreamDocument,
  StreamMode,
} from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ShardMap } from '../shardmap/local-shard-map.ts';
import { trimHorizonMs } from '../shardmap/lineage.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import { updateAccountSettings } from './account-settings.ts';
import { AccountTable } from './account-table.ts';
import type { ControlLog } from './background-steps.ts';
import { BackgroundSteps } from './background-steps.ts';
import type { ChannelDestinations } from './channel-destinations.ts';
import {
  createChannel,
  deleteChannel,
  scheduleChannel,
  selectChannels,
  updateChannel,
} from './channels.ts';
import { ChannelTable } from './channel-table.ts';
import { ConsumerTable } from './consumer-table.ts';
import {
  deregisterConsumer,
  findConsumer,
  registerConsumer,
  scheduleConsumer,
} from './consumers.ts';
import type { ControlContext } from './control-context.ts';
import { Counters } from './counters.ts';
import { createStream } from './create-stream.ts';
import { deleteStream } from './delete-stream.ts';
import { DirectoryChanges } from './directory.ts';
import { startEncryption, stopEncryption } from './encryption.ts';
import type { BytesWritten, OnDemandOptions } from './on-demand.ts';
import { OnDemandScaler } from './on-demand.ts';
import type { PolicyResource } from './policies.ts';
import { deletePolicy, policyOf, putPolicy } from './policies.ts';
import { PolicyTable } from './policy-table.ts';
import type { QuotaMode } from './quota-gate.ts';
import { QuotaGate } from './quota-gate.ts';
import type { QuotaLimits } from './quotas.ts';
import { Quotas } from './quotas.ts';
import { mergeShards, splitShard, updateShardCount } from './reshard.ts';
import { decreaseRetention, increaseRetention } from './retention-period.ts';
import type { RetentionPolicy } from './retention.ts';
import { removeExpiredShards } from './retention.ts';
import type { StreamChangesDependencies } from './stream-changes.ts';
import { StreamChanges } from './stream-changes.ts';
import {
  disableMonitoring,
  enableMonitoring,
  updateMaxRecordSize,
  updateRecordDistribution,
} from './stream-settings.ts';
import { StreamTable } from './stream-table.ts';
import {
  addChannelTags,
  addConsumerTags,
  addStreamTags,
  removeChannelTags,
  removeConsumerTags,
  removeStreamTags,
} from './tags.ts';
import { updateStreamMode } from './update-stream-mode.ts';
import { updateWarmThroughput, warmThroughputOf } from './warm-throughput.ts';
import { WritePeaks } from './write-peaks.ts';

export interface ControlPlaneDependencies {
  readonly meta: MetaStore;
  readonly clock: Clock;
  readonly shardMap: ShardMap;
  readonly backend: StreamChangesDependencies['backend'];
  readonly keys: ControlContext['keys'];
  readonly random: Random;
  /** Says whether a new channel can deliver. */
  readonly destinations: ChannelDestinations;
  readonly log: ControlLog;
}

export interface ControlPlaneOptions extends QuotaLimits {
  readonly region: string;
  /** How long a stream stays CREATING, UPDATING or DELETING, ms; 0 is as soon as possible. */
  readonly transitionMs: number;
  /** Volumes that shards are spread over. */
  readonly volumes: number;
  /** What happens to calls that pass a quota of account, stream or day. */
  readonly limits: QuotaMode;
  /** Pause before a step that failed in the background is tried again, ms. */
  readonly retryMs: number;
}

const DEFAULTS = {
  transitionMs: 500,
  volumes: 1,
  retryMs: 1_000,
  limits: 'aws' as const,
  onDemandStreamLimit: ON_DEMAND_STREAMS_MAX,
  streamsCreatingMax: STREAMS_CREATING_MAX,
  streamsDeletingMax: STREAMS_DELETING_MAX,
};

export class ControlPlaneService implements ControlPlane, DirectorySource, RetentionPolicy {
  readonly #context: ControlContext;
  readonly #shardMap: ShardMap;
  readonly #log: ControlLog;
  readonly #limits: QuotaLimits;

  private constructor(
    context: ControlContext,
    { shardMap, log }: { readonly shardMap: ShardMap; readonly log: ControlLog },
    limits: QuotaLimits,
  ) {
    this.#context = context;
    this.#shardMap = shardMap;
    this.#log = log;
    this.#limits = limits;
  }

  /** Loads everything, publishes the streams that take records, and resumes transitions. */
  static async open(
    dependencies: ControlPlaneDependencies,
    given: Pick<ControlPlaneOptions, 'region'> & Partial<ControlPlaneOptions>,
  ): Promise<ControlPlaneService> {
    const { meta, clock, shardMap } = dependencies;
    const options: ControlPlaneOptions = {
      ...DEFAULTS,
      shardLimit: shardsPerAccount(given.region),
      ...given,
    };
    const table = new StreamTable();
    const directory = new DirectoryChanges();
    const gate = new QuotaGate(options.limits);
    const context: ControlContext = {
      clock,
      table,
      consumers: new ConsumerTable(directory),
      channels: new ChannelTable(),
      destinations: dependencies.destinations,
      random: dependencies.random,
      policies: new PolicyTable(directory),
      accounts: new AccountTable(dependencies),
      peaks: new WritePeaks(),
      steps: new BackgroundSteps(dependencies, options),
      keys: dependencies.keys,
      changes: new StreamChanges({ ...dependencies, table, directory }, options),
      directory,
      counters: new Counters({ meta }),
      gate,
      quotas: new Quotas({ table, gate }, { region: options.region, limits: options }),
      region: options.region,
      transitionMs: options.transitionMs,
      volumes: options.volumes,
    };
    await context.consumers.load(meta);
    await context.channels.load(meta);
    await context.policies.load(meta);
    await context.accounts.load();
    await context.changes.load();
    for (const consumer of context.consumers.all()) {
      scheduleConsumer(context, consumer);
    }
    for (const channel of context.channels.all()) {
      scheduleChannel(context, channel);
    }
    return new ControlPlaneService(context, { shardMap, log: dependencies.log }, options);
  }

  /** Stops transitions and waits for changes that run; the store stays open. */
  async close(): Promise<void> {
    this.#context.steps.close();
    await this.#context.changes.close();
  }

  *entries(): Iterable<DirectoryEntry> {
    for (const { record, rev } of this.#context.table.all()) {
      const { document } = record;
      const { account, name, uid } = document;
      yield { kind: 'stream', account, name, uid, rev, document };
    }
    yield* this.#context.consumers.entries();
    yield* this.#context.policies.entries();
  }

  onEntry(listener: (entry: DirectoryEntry) => void): () => void {
    return this.#context.directory.onEntry(listener);
  }

  stream(account: string, name: string): StreamDocument | null {
    return this.#context.table.get(account, name)?.record.document ?? null;
  }

  streams(account: string, afterName: string | null, limit: number): readonly StreamDocument[] {
    return this.#context.table.page(account, afterName, limit);
  }

  accountUse(account: string): AccountUse {
    const totals = this.#context.table.totals(account);
    return {
      openShardCount: totals.openShards,
      shardLimit: this.#limits.shardLimit,
      onDemandStreamCount: totals.onDemandStreams,
      onDemandStreamLimit: this.#limits.onDemandStreamLimit,
      channelCount: this.#context.channels.list(account).length,
      channelLimit: CHANNELS_PER_ACCOUNT_MAX,
    };
  }

  consumerCount(stream: StreamDocument): number {
    return this.#context.consumers.count(stream.uid);
  }

  async createStream(command: CreateStreamCommand): Promise<void> {
    await createStream(this.#context, command);
  }

  async deleteStream(
    account: string,
    name: string,
    enforceConsumerDeletion: boolean,
  ): Promise<void> {
    await deleteStream(this.#context, account, name, enforceConsumerDeletion);
  }

  async splitShard(stream: StreamRef, shard: number, newStartingHashKey: string): Promise<void> {
    await splitShard(this.#context, stream, shard, newStartingHashKey);
  }

  async mergeShards(stream: StreamRef, shard: number, adjacentShard: number): Promise<void> {
    await mergeShards(this.#context, stream, shard, adjacentShard);
  }

  async updateShardCount(stream: StreamRef, targetShardCount: number): Promise<number> {
    return updateShardCount(this.#context, stream, targetShardCount);
  }

  async updateStreamMode(
    stream: StreamRef,
    mode: StreamMode,
    warmThroughputMiBps: number | null,
  ): Promise<void> {
    await updateStreamMode(this.#context, stream, mode, warmThroughputMiBps);
  }

  async increaseRetention(stream: StreamRef, hours: number): Promise<void> {
    await increaseRetention(this.#context, stream, hours);
  }

  async decreaseRetention(stream: StreamRef, hours: number): Promise<void> {
    await decreaseRetention(this.#context, stream, hours);
  }

  async updateMaxRecordSize(stream: StreamRef, maxRecordSizeKiB: number): Promise<void> {
    await updateMaxRecordSize(this.#context, stream, maxRecordSizeKiB);
  }

  async updateWarmThroughput(
    stream: StreamRef,
    warmThroughputMiBps: number,
  ): Promise<WarmThroughput> {
    return updateWarmThroughput(this.#context, stream, warmThroughputMiBps);
  }

  warmThroughput(stream: StreamDocument): WarmThroughput | null {
    return warmThroughputOf(stream);
  }

  async updateRecordDistribution(
    stream: StreamRef,
    distribution: RecordDistributionStrategy,
  ): Promise<void> {
    await updateRecordDistribution(this.#context, stream, distribution);
  }

  async enableMonitoring(
    stream: StreamRef,
    metrics: readonly MetricsName[],
  ): Promise<MonitoringChange> {
    return enableMonitoring(this.#context, stream, metrics);
  }

  async disableMonitoring(
    stream: StreamRef,
    metrics: readonly MetricsName[],
  ): Promise<MonitoringChange> {
    return disableMonitoring(this.#context, stream, metrics);
  }

  async startEncryption(stream: StreamRef, keyId: string): Promise<void> {
    await startEncryption(this.#context, stream, keyId);
  }

  async stopEncryption(stream: StreamRef): Promise<void> {
    await stopEncryption(this.#context, stream);
  }

  async addStreamTags(stream: StreamRef, tags: Readonly<Record<string, string>>): Promise<void> {
    await addStreamTags(this.#context, stream, tags);
  }

  async removeStreamTags(stream: StreamRef, keys: readonly string[]): Promise<void> {
    await removeStreamTags(this.#context, stream, keys);
  }

  async addConsumerTags(
    consumer: ConsumerRef,
    tags: Readonly<Record<string, string>>,
  ): Promise<void> {
    await addConsumerTags(this.#context, consumer, tags);
  }

  async removeConsumerTags(consumer: ConsumerRef, keys: readonly string[]): Promise<void> {
    await removeConsumerTags(this.#context, consumer, keys);
  }

  async registerConsumer(
    stream: StreamRef,
    consumer: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<ConsumerDocument> {
    return registerConsumer(this.#context, stream, consumer, tags);
  }

  async deregisterConsumer(consumer: ConsumerRef): Promise<void> {
    await deregisterConsumer(this.#context, consumer);
  }

  consumer(consumer: ConsumerRef): ConsumerDocument | null {
    return findConsumer(this.#context, consumer);
  }

  consumers(
    stream: StreamDocument,
    afterName: string | null,
    limit: number,
  ): readonly ConsumerDocument[] {
    const all = this.#context.consumers.list(stream.uid);
    return all.filter(({ name }) => afterName === null || name > afterName).slice(0, limit);
  }

  async createChannel(ref: StreamRef, command: CreateChannelCommand): Promise<ChannelDocument> {
    return createChannel(this.#context, ref, command);
  }

  async updateChannel(channel: ChannelRef, update: ChannelUpdate): Promise<ChannelDocument> {
    return updateChannel(this.#context, channel, update);
  }

  async deleteChannel(channel: ChannelRef): Promise<void> {
    await deleteChannel(this.#context, channel);
  }

  channel(channel: ChannelRef): ChannelDocument | null {
    return this.#context.channels.get(channel) ?? null;
  }

  channels(
    account: string,
    filters: readonly ChannelFilter[],
    afterId: string | null,
    limit: number,
  ): readonly ChannelDocument[] {
    return selectChannels(this.#context.channels.list(account), filters, afterId, limit);
  }

  /** Channels of all accounts. */
  allChannels(): readonly ChannelDocument[] {
    return [...this.#context.channels.all()];
  }

  channelCount(stream: StreamDocument): number {
    return this.#context.channels.count(stream.uid);
  }

  async addChannelTags(channel: ChannelRef, tags: Readonly<Record<string, string>>): Promise<void> {
    await addChannelTags(this.#context, channel, tags);
  }

  async removeChannelTags(channel: ChannelRef, keys: readonly string[]): Promise<void> {
    await removeChannelTags(this.#context, channel, keys);
  }

  async putPolicy(resource: PolicyResource, policy: string): Promise<void> {
    await putPolicy(this.#context, resource, policy);
  }

  policy(resource: PolicyResource): string | null {
    return policyOf(this.#context, resource);
  }

  async deletePolicy(resource: PolicyResource): Promise<void> {
    await deletePolicy(this.#context, resource);
  }

  accountSettings(account: string): AccountSettings {
    return this.#context.accounts.settings(account);
  }

  async updateAccountSettings(account: string, enabled: boolean): Promise<AccountSettings> {
    return updateAccountSettings(this.#context, account, enabled);
  }

  scalingHistory({ account, name }: StreamDocument): readonly ScalingEvent[] {
    return this.#context.table.get(account, name)?.record.history.scaling ?? [];
  }

  /** Calls so far that passed a quota, whether they were refused or only observed. */
  get quotasPassed(): number {
    return this.#context.gate.passed;
  }

  /** Starts scaling on-demand streams by what their shards take; the caller closes it. */
  scaleOnDemand(bytesWritten: BytesWritten, options: OnDemandOptions): OnDemandScaler {
    const dependencies = { context: this.#context, log: this.#log, bytesWritten };
    return new OnDemandScaler(dependencies, options);
  }

  /**
   * Records of a shard that arrived before this instant may be dropped by storage; epoch ms,
   * Infinity for a shard that no stream has any more.
   */
  horizonMs(shard: ShardKey): number {
    const entry = this.#shardMap.shard(shard);
    return entry === undefined
      ? Infinity
      : trimHorizonMs(entry.stream.document, this.#context.clock.now());
  }

  /** Takes closed shards whose records have all expired out of their streams. */
  async removeExpiredShards(): Promise<void> {
    await removeExpiredShards(this.#context);
  }
}
