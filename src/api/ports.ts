/**
 * The two ports through which operations reach the rest of the system.
 *
 * DataPlane is implemented by the front end's router (shard map, then local or remote back end);
 * ControlPlane by `control/`. Both throw ServiceError for what a client may see.
 */
import type { RecordBatch } from '../model/record-batch.ts';
import type { StreamDocument } from '../model/stream.ts';
import type { ShardEntry, StreamEntry } from '../shardmap/shard-map.ts';
import type { Follower, FollowOutcome, PositionQuery, ReadOutcome } from '../model/data-plane.ts';

/** Per record, in request order; struct of arrays. */
export interface AppendResult {
  readonly shards: readonly ShardEntry[];
  /** Index into `shards` of record i. */
  readonly shardOf: Uint16Array;
  readonly ordinals: Float64Array;
  readonly arrivalMs: Float64Array;
  /** 0 stored, 1 throttled, 2 failed internally. */
  readonly status: Uint8Array;
  readonly failedCount: number;
  readonly encrypted: boolean;
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
  /** Pushes records of the shard to `follower` as they become durable, one follower per consumer ARN. */
  follow(
    shard: ShardEntry,
    fromOrdinal: number,
    consumerArn: string,
    follower: Follower,
  ): FollowOutcome;
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
}

export interface ControlPlane {
  /** Read-your-writes; null when there is none. DELETING streams are still there. */
  stream(account: string, name: string): StreamDocument | null;
  /** Streams of an account in name order, strictly after `afterName`, at most `limit`. */
  streams(account: string, afterName: string | null, limit: number): readonly StreamDocument[];
  accountUse(account: string): AccountUse;
  consumerCount(stream: StreamDocument): number;
  createStream(command: CreateStreamCommand): Promise<void>;
  deleteStream(account: string, name: string, enforceConsumerDeletion: boolean): Promise<void>;
}
