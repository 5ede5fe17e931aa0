/**
 * The two ports through which operations reach the rest of the system.
 *
 * DataPlane is implemented by the front end's router (shard map, then local or remote back end);
 * ControlPlane by `control/`. Both throw ServiceError for what a client may see.
 */
import type {
  ChannelDocument,
  ChannelFormat,
  ChannelLogging,
  ChannelDestination,
  ChannelRef,
} from '../model/channel.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import type { StreamRef } from '../model/messages.ts';
import type { RecordBatch } from '../model/record-batch.ts';
import type {
  MetricsName,
  RecordDistributionStrategy,
  StreamDocument,
  StreamMode,
} from '../model/stream.ts';
import type { ShardEntry, StreamEntry } from '../shardmap/shard-map.ts';
import type { Follower, FollowOutcome, PositionQuery, ReadOutcome } from '../model/data-plane.ts';

/** Per record, in request order; struct of arrays, which may be longer than they need be. */
export interface AppendResult {
  /** Number of records. */
  readonly count: number;
  /** The record's shard, by its index within the stream, and when that was created. */
  readonly shardIndexes: Uint32Array;
  readonly createdSeconds: Float64Array;
  readonly ordinals: Float64Array;
  readonly arrivalMs: Float64Array;
  /** 0 stored, 1 throttled, 2 failed internally. */
  readonly status: Uint8Array;
  readonly failedCount: number;
  readonly encrypted: boolean;
  /**
   * Where it is given: says that nobody looks at it any more. To be called once, or never.
   */
  readonly release?: (() => void) | undefined;
}

export interface DataPlane {
  /** The stream as the shard map has it; undefined when it does not exist or is still CREATING. */
  stream(account: string, name: string): StreamEntry | undefined;
  streamByUid(uid: number): StreamEntry | undefined;
  append(stream: StreamEntry, batch: RecordBatch): Promise<AppendResult>;
  position(shard: ShardEntry, query: PositionQuery): Promise<number>;
  read(
    shard: ShardEntry,
    fromOrdinal: number,
    recordsMax: number,
    bytesMax: number,
  ): ReadOutcome | Promise<ReadOutcome>;
  /**
   * Pushes records of the shard to `follower` as they become durable, one follower per consumer
   * ARN.
   */
  follow(
    shard: ShardEntry,
    fromOrdinal: number,
    consumerArn: string,
    follower: Follower,
  ): FollowOutcome | Promise<FollowOutcome>;
}

/** Consumers, by name or ARN. */
export interface ConsumerLookup {
  /** Null when there is none, or the one of that name is another one. */
  consumer(consumer: ConsumerRef): ConsumerDocument | null;
}

export interface CreateStreamCommand {
  readonly account: string;
  readonly name: string;
  readonly mode: StreamDocument['mode'];
  readonly shardCount: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly warmThroughputMiBps: number | null;
  readonly maxRecordSizeKiB: number;
  readonly distribution: StreamDocument['distribution'];
}

export interface AccountUse {
  readonly openShardCount: number;
  readonly shardLimit: number;
  readonly onDemandStreamCount: number;
  readonly onDemandStreamLimit: number;
  readonly channelCount: number;
  readonly channelLimit: number;
}

export interface ControlPlane extends ControlCommands, ConsumerLookup {
  /** Read-your-writes; null when there is none. DELETING streams are still there. */
  stream(account: string, name: string): StreamDocument | null;
  /** Streams of an account in name order, strictly after `afterName`, at most `limit`. */
  streams(account: string, afterName: string | null, limit: number): readonly StreamDocument[];
  accountUse(account: string): AccountUse;
  consumerCount(stream: StreamDocument): number;
  createStream(command: CreateStreamCommand): Promise<void>;
  deleteStream(account: string, name: string, enforceConsumerDeletion: boolean): Promise<void>;
}

export interface MonitoringChange {
  /** Shard-level metrics before the call, in the order of the service model. */
  readonly current: readonly MetricsName[];
  readonly desired: readonly MetricsName[];
}

export interface WarmThroughput {
  readonly targetMiBps: number;
  /** What the open shards take, at most the target. */
  readonly currentMiBps: number;
}

/** Which consumer of a stream; with its creation second when an ARN named it. */
export interface ConsumerRef extends StreamRef {
  readonly consumer: string;
  /** Null: whichever has the name now. */
  readonly createdSeconds: number | null;
}

export interface CreateChannelCommand {
  readonly name: string;
  readonly roleArn: string;
  readonly format: ChannelFormat;
  readonly destination: ChannelDestination;
  readonly kmsKeyId: string | null;
  /** Null names: the default ones, which the channel's id is part of. */
  readonly logging: ChannelLoggingWish;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ChannelLoggingWish {
  readonly enabled: ChannelLogging['enabled'];
  readonly group: string | null;
  readonly stream: string | null;
}

/** What may change of a channel; null stays as it is. */
export interface ChannelUpdate {
  readonly freshnessSeconds: number | null;
  readonly logging: ChannelLoggingWish | null;
}

export interface ChannelFilter {
  readonly stream: StreamRef;
  /** Epoch ms, compared by the second; null for whichever has the name now. */
  readonly streamCreatedMs: number | null;
}

export interface AccountSettings {
  readonly status: 'ENABLED' | 'DISABLED' | 'ENABLED_UNTIL_EARLIEST_ALLOWED_END';
  /** Epoch ms; null while it never was enabled. */
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly earliestAllowedEndAtMs: number | null;
}

/** Why the shards of an on-demand stream changed. */
export interface ScalingEvent {
  readonly atMs: number;
  readonly reason: 'created' | 'hot-shard' | 'warm-throughput' | 'mode';
  readonly shardsBefore: number;
  readonly shardsAfter: number;
  /** One sentence with the numbers behind the decision. */
  readonly detail: string;
}

/**
 * The commands and questions of the other control-plane operations. Streams are named by account
 * and name. All commands look the stream up (ResourceNotFound), then its state (ResourceInUse),
 * then arguments, then quotas (LimitExceeded), and throw ServiceError with the contract's texts;
 * tags and policies are checked for form by the operation, for number here. Promises resolve once
 * the change is durable and, where it concerns the data plane, in this process's shard map.
 */
export interface ControlCommands {
  /** `shard` is an index; `newStartingHashKey` any decimal number of the modelled pattern. */
  splitShard(stream: StreamRef, shard: number, newStartingHashKey: string): Promise<void>;
  mergeShards(stream: StreamRef, shard: number, adjacentShard: number): Promise<void>;
  /** Resolves with the number of shards that were open before. */
  updateShardCount(stream: StreamRef, targetShardCount: number): Promise<number>;
  updateStreamMode(
    stream: StreamRef,
    mode: StreamMode,
    warmThroughputMiBps: number | null,
  ): Promise<void>;
  increaseRetention(stream: StreamRef, hours: number): Promise<void>;
  decreaseRetention(stream: StreamRef, hours: number): Promise<void>;
  updateMaxRecordSize(stream: StreamRef, maxRecordSizeKiB: number): Promise<void>;
  updateWarmThroughput(stream: StreamRef, warmThroughputMiBps: number): Promise<WarmThroughput>;
  /** Null for a stream without a warm throughput. */
  warmThroughput(stream: StreamDocument): WarmThroughput | null;
  updateRecordDistribution(
    stream: StreamRef,
    distribution: RecordDistributionStrategy,
  ): Promise<void>;
  /** `metrics` are names already expanded from ALL. */
  enableMonitoring(stream: StreamRef, metrics: readonly MetricsName[]): Promise<MonitoringChange>;
  disableMonitoring(stream: StreamRef, metrics: readonly MetricsName[]): Promise<MonitoringChange>;
  /** `keyId` as the caller names it; throws the KMS errors. */
  startEncryption(stream: StreamRef, keyId: string): Promise<void>;
  stopEncryption(stream: StreamRef): Promise<void>;

  addStreamTags(stream: StreamRef, tags: Readonly<Record<string, string>>): Promise<void>;
  removeStreamTags(stream: StreamRef, keys: readonly string[]): Promise<void>;
  addConsumerTags(consumer: ConsumerRef, tags: Readonly<Record<string, string>>): Promise<void>;
  removeConsumerTags(consumer: ConsumerRef, keys: readonly string[]): Promise<void>;

  /** Resolves with the consumer in CREATING. */
  registerConsumer(
    stream: StreamRef,
    consumer: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<ConsumerDocument>;
  deregisterConsumer(consumer: ConsumerRef): Promise<void>;
  /** Consumers of a stream in name order, strictly after `afterName`, at most `limit`. */
  consumers(
    stream: StreamDocument,
    afterName: string | null,
    limit: number,
  ): readonly ConsumerDocument[];

  /** Resolves with the channel in CREATING. */
  createChannel(stream: StreamRef, command: CreateChannelCommand): Promise<ChannelDocument>;
  /** Resolves with the channel in UPDATING. */
  updateChannel(channel: ChannelRef, update: ChannelUpdate): Promise<ChannelDocument>;
  deleteChannel(channel: ChannelRef): Promise<void>;
  channel(channel: ChannelRef): ChannelDocument | null;
  /**
   * Channels of an account by id, strictly after `afterId`, at most `limit`; with filters, those
   * that deliver from one of their streams.
   */
  channels(
    account: string,
    filters: readonly ChannelFilter[],
    afterId: string | null,
    limit: number,
  ): readonly ChannelDocument[];
  channelCount(stream: StreamDocument): number;
  addChannelTags(channel: ChannelRef, tags: Readonly<Record<string, string>>): Promise<void>;
  removeChannelTags(channel: ChannelRef, keys: readonly string[]): Promise<void>;

  /** Stores the policy of a stream or consumer that exists, in place of an older one. */
  putPolicy(resource: StreamRef | ConsumerRef, policy: string): Promise<void>;
  /**
   * The policy as stored; null when there is none. Throws ResourceNotFound for a missing resource.
   */
  policy(resource: StreamRef | ConsumerRef): string | null;
  deletePolicy(resource: StreamRef | ConsumerRef): Promise<void>;

  accountSettings(account: string): AccountSettings;
  updateAccountSettings(account: string, enabled: boolean): Promise<AccountSettings>;
  /** Newest last; empty for a stream that never scaled by itself. */
  scalingHistory(stream: StreamDocument): readonly ScalingEvent[];
}
