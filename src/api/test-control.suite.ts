/**
 * A control plane for tests of operations: documents in lists, changes applied at once, and every
 * command written down. Quotas, states and transitions are tested where the real one is.
 */
import { channelArn, consumerArn, streamArn } from '../model/arn.ts';
import type { ChannelDocument, ChannelRef } from '../model/channel.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import { initialHashKeyRanges } from '../model/hash-key.ts';
import { notFound, type StreamRef } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import type { MetricsName, StreamDocument } from '../model/stream.ts';
import type { ShardMap } from '../shardmap/local-shard-map.ts';
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
} from './ports.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';
export const START_MS: number = Date.parse('2026-10-01T12:00:00.250Z');

type Tags = Readonly<Record<string, string>>;

export class ListControlPlane implements ControlPlane {
  readonly documents: StreamDocument[] = [];
  readonly registered: ConsumerDocument[] = [];
  readonly delivering: ChannelDocument[] = [];
  readonly policies: Map<string, string> = new Map();
  /** Name and arguments of every command, in order. */
  readonly commands: (readonly unknown[])[] = [];
  settings: AccountSettings = {
    status: 'DISABLED',
    startedAtMs: null,
    endedAtMs: null,
    earliestAllowedEndAtMs: null,
  };
  readonly #map: ShardMap;
  #nextUid = 1;
  #version = 0;

  constructor(map: ShardMap) {
    this.#map = map;
  }

  /** Adds a stream or replaces it, in the shard map too unless it is CREATING. */
  put(document: StreamDocument): void {
    const at = this.documents.findIndex((d) => d.uid === document.uid);
    this.documents.splice(at < 0 ? this.documents.length : at, at < 0 ? 0 : 1, document);
    if (document.status !== 'CREATING') this.#map.publish(document, ++this.#version);
  }

  stream(account: string, name: string): StreamDocument | null {
    return this.documents.find((d) => d.account === account && d.name === name) ?? null;
  }

  streams(account: string, afterName: string | null, limit: number): readonly StreamDocument[] {
    return this.documents
      .filter((d) => d.account === account && (afterName === null || d.name > afterName))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit);
  }

  accountUse(): AccountUse {
    return {
      openShardCount: 7,
      shardLimit: 6000,
      onDemandStreamCount: 1,
      onDemandStreamLimit: 50,
      channelCount: this.delivering.length,
      channelLimit: 100,
    };
  }

  consumerCount(stream: StreamDocument): number {
    return this.consumers(stream, null, Infinity).length;
  }

  async createStream(command: CreateStreamCommand): Promise<void> {
    this.commands.push(['createStream', command]);
    const { account, name, shardCount } = command;
    const uid = this.#nextUid++;
    const createdSeconds = Math.floor(START_MS / 1000) - 2;
    this.put({
      ...command,
      arn: streamArn(REGION, account, name),
      uid,
      status: 'ACTIVE',
      settlesAtMs: null,
      createdMs: START_MS,
      retention: { hours: 24, hiddenBeforeMs: 0 },
      encryption: null,
      shardLevelMetrics: [],
      nextShardIndex: shardCount,
      shards: initialHashKeyRanges(shardCount).map((range, index) => ({
        key: uid * 1000 + index,
        index,
        volume: 0,
        ...range,
        createdSeconds,
        closedSeconds: null,
        parent: null,
        adjacentParent: null,
      })),
    });
  }

  async deleteStream(account: string, name: string, enforce: boolean): Promise<void> {
    this.commands.push(['deleteStream', account, name, enforce]);
  }

  async splitShard(stream: StreamRef, shard: number, key: string): Promise<void> {
    this.#write('splitShard', stream, shard, key);
  }

  async mergeShards(stream: StreamRef, shard: number, adjacent: number): Promise<void> {
    this.#write('mergeShards', stream, shard, adjacent);
  }

  async updateShardCount(stream: StreamRef, target: number): Promise<number> {
    return this.#write('updateShardCount', stream, target).shards.length;
  }

  async updateStreamMode(stream: StreamRef, mode: string, warm: number | null): Promise<void> {
    this.#write('updateStreamMode', stream, mode, warm);
  }

  async increaseRetention(stream: StreamRef, hours: number): Promise<void> {
    this.#write('increaseRetention', stream, hours);
  }

  async decreaseRetention(stream: StreamRef, hours: number): Promise<void> {
    this.#write('decreaseRetention', stream, hours);
  }

  async updateMaxRecordSize(stream: StreamRef, kib: number): Promise<void> {
    this.#write('updateMaxRecordSize', stream, kib);
  }

  async updateWarmThroughput(stream: StreamRef, mibps: number): Promise<WarmThroughput> {
    this.#write('updateWarmThroughput', stream, mibps);
    return { targetMiBps: mibps, currentMiBps: 4 };
  }

  warmThroughput(stream: StreamDocument): WarmThroughput | null {
    const target = stream.warmThroughputMiBps;
    return target === null ? null : { targetMiBps: target, currentMiBps: stream.shards.length };
  }

  async updateRecordDistribution(stream: StreamRef, distribution: string): Promise<void> {
    this.#write('updateRecordDistribution', stream, distribution);
  }

  async enableMonitoring(
    stream: StreamRef,
    metrics: readonly MetricsName[],
  ): Promise<MonitoringChange> {
    const { shardLevelMetrics } = this.#write('enableMonitoring', stream, metrics);
    return { current: shardLevelMetrics, desired: [...shardLevelMetrics, ...metrics] };
  }

  async disableMonitoring(
    stream: StreamRef,
    metrics: readonly MetricsName[],
  ): Promise<MonitoringChange> {
    const { shardLevelMetrics } = this.#write('disableMonitoring', stream, metrics);
    const desired = shardLevelMetrics.filter((name) => !metrics.includes(name));
    return { current: shardLevelMetrics, desired };
  }

  async startEncryption(stream: StreamRef, keyId: string): Promise<void> {
    this.#write('startEncryption', stream, keyId);
  }

  async stopEncryption(stream: StreamRef): Promise<void> {
    this.#write('stopEncryption', stream);
  }

  async addStreamTags(stream: StreamRef, tags: Tags): Promise<void> {
    const document = this.#write('addStreamTags', stream, tags);
    this.put({ ...document, tags: { ...document.tags, ...tags } });
  }

  async removeStreamTags(stream: StreamRef, keys: readonly string[]): Promise<void> {
    const document = this.#write('removeStreamTags', stream, keys);
    const left = Object.entries(document.tags).filter(([key]) => !keys.includes(key));
    this.put({ ...document, tags: Object.fromEntries(left) });
  }

  async addConsumerTags(ref: ConsumerRef, tags: Tags): Promise<void> {
    this.#replace(ref, (consumer) => ({ ...consumer, tags: { ...consumer.tags, ...tags } }));
  }

  async removeConsumerTags(ref: ConsumerRef, keys: readonly string[]): Promise<void> {
    this.#replace(ref, (consumer) => {
      const left = Object.entries(consumer.tags).filter(([key]) => !keys.includes(key));
      return { ...consumer, tags: Object.fromEntries(left) };
    });
  }

  async registerConsumer(ref: StreamRef, name: string, tags: Tags): Promise<ConsumerDocument> {
    const stream = this.#existing(ref);
    const createdSeconds = Math.floor(START_MS / 1000);
    const consumer: ConsumerDocument = {
      account: ref.account,
      streamName: ref.name,
      streamUid: stream.uid,
      streamArn: stream.arn,
      name,
      arn: consumerArn(stream.arn, name, createdSeconds),
      status: 'CREATING',
      settlesAtMs: null,
      createdSeconds,
      tags,
    };
    this.registered.push(consumer);
    return consumer;
  }

  async deregisterConsumer(ref: ConsumerRef): Promise<void> {
    this.#replace(ref, (consumer) => ({ ...consumer, status: 'DELETING' }));
  }

  consumer(ref: ConsumerRef): ConsumerDocument | null {
    const found = this.registered.find(
      (consumer) =>
        consumer.account === ref.account &&
        consumer.streamName === ref.name &&
        consumer.name === ref.consumer,
    );
    const other = ref.createdSeconds !== null && found?.createdSeconds !== ref.createdSeconds;
    return found === undefined || other ? null : found;
  }

  consumers(
    stream: StreamDocument,
    afterName: string | null,
    limit: number,
  ): readonly ConsumerDocument[] {
    return this.registered
      .filter((c) => c.streamUid === stream.uid && (afterName === null || c.name > afterName))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit);
  }

  async createChannel(ref: StreamRef, command: CreateChannelCommand): Promise<ChannelDocument> {
    const stream = this.#existing(ref);
    const { name, logging, ...settings } = command;
    const id = `c${this.delivering.length + 1}`;
    const channel: ChannelDocument = {
      ...settings,
      account: ref.account,
      id,
      name,
      arn: channelArn(REGION, ref.account, id),
      status: 'CREATING',
      statusReason: null,
      settlesAtMs: null,
      createdMs: START_MS,
      activeAtMs: null,
      streamName: ref.name,
      streamUid: stream.uid,
      streamArn: stream.arn,
      streamCreatedMs: stream.createdMs,
      logging: {
        enabled: logging.enabled,
        group: logging.group ?? 'default-group',
        stream: logging.stream ?? 'default-stream',
      },
    };
    this.delivering.push(channel);
    return channel;
  }

  async updateChannel(ref: ChannelRef, update: ChannelUpdate): Promise<ChannelDocument> {
    this.commands.push(['updateChannel', ref.id, update]);
    return this.#replaceChannel(ref, (channel) => ({ ...channel, status: 'UPDATING' }));
  }

  async deleteChannel(ref: ChannelRef): Promise<void> {
    this.#replaceChannel(ref, (channel) => ({ ...channel, status: 'DELETING' }));
  }

  channel(ref: ChannelRef): ChannelDocument | null {
    const { delivering } = this;
    return delivering.find((c) => c.account === ref.account && c.id === ref.id) ?? null;
  }

  channels(
    account: string,
    filters: readonly ChannelFilter[],
    afterId: string | null,
    limit: number,
  ): readonly ChannelDocument[] {
    const wanted = (c: ChannelDocument): boolean =>
      filters.length === 0 || filters.some(({ stream }) => stream.name === c.streamName);
    return this.delivering
      .filter((c) => c.account === account && (afterId === null || c.id > afterId) && wanted(c))
      .slice(0, limit);
  }

  channelCount(stream: StreamDocument): number {
    return this.delivering.filter((channel) => channel.streamUid === stream.uid).length;
  }

  async addChannelTags(ref: ChannelRef, tags: Tags): Promise<void> {
    this.#replaceChannel(ref, (channel) => ({ ...channel, tags: { ...channel.tags, ...tags } }));
  }

  async removeChannelTags(ref: ChannelRef, keys: readonly string[]): Promise<void> {
    this.#replaceChannel(ref, (channel) => {
      const left = Object.entries(channel.tags).filter(([key]) => !keys.includes(key));
      return { ...channel, tags: Object.fromEntries(left) };
    });
  }

  async putPolicy(resource: StreamRef | ConsumerRef, policy: string): Promise<void> {
    this.policies.set(this.#policyKey(resource), policy);
  }

  policy(resource: StreamRef | ConsumerRef): string | null {
    return this.policies.get(this.#policyKey(resource)) ?? null;
  }

  async deletePolicy(resource: StreamRef | ConsumerRef): Promise<void> {
    this.policies.delete(this.#policyKey(resource));
  }

  accountSettings(): AccountSettings {
    return this.settings;
  }

  async updateAccountSettings(_account: string, enabled: boolean): Promise<AccountSettings> {
    this.settings = {
      ...this.settings,
      status: enabled ? 'ENABLED' : 'DISABLED',
      startedAtMs: 1500,
    };
    return this.settings;
  }

  scalingHistory(): readonly ScalingEvent[] {
    return [];
  }

  #existing({ account, name }: StreamRef): StreamDocument {
    const document = this.stream(account, name);
    if (document !== null) return document;
    const text = notFound.stream({ account, name });
    throw new ServiceError('ResourceNotFoundException', text);
  }

  /** Writes a command on an existing stream down; gives the stream as it was before. */
  #write(command: string, { account, name }: StreamRef, ...given: unknown[]): StreamDocument {
    this.commands.push([command, `${account}/${name}`, ...given]);
    return this.#existing({ account, name });
  }

  #replace(ref: ConsumerRef, change: (consumer: ConsumerDocument) => ConsumerDocument): void {
    const consumer = this.consumer(ref);
    if (consumer === null) {
      const text = notFound.consumer(ref.consumer, ref.account);
      throw new ServiceError('ResourceNotFoundException', text);
    }
    this.registered[this.registered.indexOf(consumer)] = change(consumer);
  }

  #policyKey(resource: StreamRef | ConsumerRef): string {
    const stream = this.#existing(resource);
    return 'consumer' in resource ? `${stream.uid}/${resource.consumer}` : String(stream.uid);
  }

  #replaceChannel(
    ref: ChannelRef,
    change: (channel: ChannelDocument) => ChannelDocument,
  ): ChannelDocument {
    const channel = this.channel(ref);
    if (channel === null) {
      throw new ServiceError('ResourceNotFoundException', notFound.channel(ref.id));
    }
    const next = change(channel);
    this.delivering[this.delivering.indexOf(channel)] = next;
    return next;
  }
}
