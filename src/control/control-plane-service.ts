/**
 * The control plane of one process: streams and their shards, kept in a MetaStore, published to a
 * shard map.
 *
 * Reads are answered from memory, which follows the store commit by commit; every change is one
 * commit. Each command is a file of its own beside this one.
 */
import type { AccountUse, ControlPlane, CreateStreamCommand } from '../api/ports.ts';
import {
  ON_DEMAND_STREAMS_MAX,
  shardsPerAccount,
  STREAMS_CREATING_MAX,
  STREAMS_DELETING_MAX,
} from '../model/limits.ts';
import type { ShardKey, StreamDocument } from '../model/stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ShardMap } from '../shardmap/local-shard-map.ts';
import { trimHorizonMs } from '../shardmap/lineage.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import { ConsumerTable } from './consumer-table.ts';
import type { ControlContext } from './control-context.ts';
import { Counters } from './counters.ts';
import { createStream } from './create-stream.ts';
import { deleteStream } from './delete-stream.ts';
import type { QuotaLimits } from './quotas.ts';
import { Quotas } from './quotas.ts';
import type { RetentionPolicy } from './retention.ts';
import { removeExpiredShards } from './retention.ts';
import type { ControlLog, StreamChangesDependencies } from './stream-changes.ts';
import { StreamChanges } from './stream-changes.ts';
import { StreamTable } from './stream-table.ts';

export interface ControlPlaneDependencies {
  readonly meta: MetaStore;
  readonly clock: Clock;
  readonly shardMap: ShardMap;
  readonly backend: StreamChangesDependencies['backend'];
  readonly log: ControlLog;
}

export interface ControlPlaneOptions extends QuotaLimits {
  readonly region: string;
  /** How long a stream stays CREATING, UPDATING or DELETING, ms; 0 is as soon as possible. */
  readonly transitionMs: number;
  /** Volumes that shards are spread over. */
  readonly volumes: number;
  /** Pause before a step that failed in the background is tried again, ms. */
  readonly retryMs: number;
}

const DEFAULTS = {
  transitionMs: 500,
  volumes: 1,
  retryMs: 1_000,
  onDemandStreamLimit: ON_DEMAND_STREAMS_MAX,
  streamsCreatingMax: STREAMS_CREATING_MAX,
  streamsDeletingMax: STREAMS_DELETING_MAX,
};

export class ControlPlaneService implements ControlPlane, RetentionPolicy {
  readonly #context: ControlContext;
  readonly #shardMap: ShardMap;
  readonly #limits: QuotaLimits;

  private constructor(context: ControlContext, shardMap: ShardMap, limits: QuotaLimits) {
    this.#context = context;
    this.#shardMap = shardMap;
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
    const consumers = new ConsumerTable();
    const context: ControlContext = {
      clock,
      table,
      consumers,
      changes: new StreamChanges({ ...dependencies, table }, options),
      counters: new Counters({ meta }),
      quotas: new Quotas({ table }, { region: options.region, limits: options }),
      region: options.region,
      transitionMs: options.transitionMs,
      volumes: options.volumes,
    };
    await consumers.load(meta);
    await context.changes.load();
    return new ControlPlaneService(context, shardMap, options);
  }

  /** Stops transitions and waits for changes that run; the store stays open. */
  async close(): Promise<void> {
    await this.#context.changes.close();
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
