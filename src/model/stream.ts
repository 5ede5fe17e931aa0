/**
 * The documents the control plane stores about streams and their shards.
 *
 * They are plain JSON values; one stream is one document, so that every change of a stream, a
 * reshard included, is one metadata commit.
 */

/**
 * Identifies a shard in storage: a whole number below 2^48, never reused, given by the control
 * plane.
 */
export type ShardKey = number;

export type StreamStatus = 'CREATING' | 'DELETING' | 'ACTIVE' | 'UPDATING';
export type StreamMode = 'PROVISIONED' | 'ON_DEMAND';
export type RecordDistributionStrategy = 'AUTO' | 'USER_PARTITION_KEY';
export type MetricsName =
  | 'IncomingBytes'
  | 'IncomingRecords'
  | 'OutgoingBytes'
  | 'OutgoingRecords'
  | 'WriteProvisionedThroughputExceeded'
  | 'ReadProvisionedThroughputExceeded'
  | 'IteratorAgeMilliseconds';

export interface ShardDocument {
  readonly key: ShardKey;
  /**
   * The number in `shardId-000000000012`; assigned in creation order, never reused within a stream.
   */
  readonly index: number;
  /** Volume that holds the shard's records. */
  readonly volume: number;
  /** Inclusive bounds of the hash-key range, decimal. */
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  /** Part of every sequence number of the shard, epoch seconds. */
  readonly createdSeconds: number;
  /** Epoch seconds of the close; null while the shard is open. */
  readonly closedSeconds: number | null;
  readonly parent: number | null;
  readonly adjacentParent: number | null;
}

/** How far reads may look back; a decrease hides older records at once and for ever. */
export interface Retention {
  readonly hours: number;
  /**
   * Records that arrived before this instant stay hidden even when retention grows again; epoch ms.
   */
  readonly hiddenBeforeMs: number;
}

export interface StreamEncryption {
  /** As the caller named it: key id, ARN, alias. */
  readonly keyId: string;
  /** Which data key new records use; see the keyring. */
  readonly dataKeyId: number;
}

export interface StreamDocument {
  readonly account: string;
  readonly name: string;
  readonly arn: string;
  /** Tells this stream from an earlier or later one of the same name; never reused. */
  readonly uid: number;
  readonly status: StreamStatus;
  /**
   * When a CREATING, UPDATING or DELETING stream leaves that state, epoch ms; null when settled.
   */
  readonly settlesAtMs: number | null;
  readonly mode: StreamMode;
  readonly createdMs: number;
  readonly retention: Retention;
  readonly encryption: StreamEncryption | null;
  readonly shardLevelMetrics: readonly MetricsName[];
  readonly maxRecordSizeKiB: number;
  readonly distribution: RecordDistributionStrategy;
  readonly warmThroughputMiBps: number | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly nextShardIndex: number;
  /** All shards within retention, open and closed, in index order. Empty while CREATING. */
  readonly shards: readonly ShardDocument[];
}
