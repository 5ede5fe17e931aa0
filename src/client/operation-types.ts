/**
 * The operations that clients here call, as they are in awsJson1.1: timestamps are epoch seconds
 * with a fraction, data is base64. Only members that are used are listed.
 */
export interface Shard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
  readonly SequenceNumberRange: {
    readonly StartingSequenceNumber: string;
    readonly EndingSequenceNumber?: string;
  };
}

export interface ChildShard {
  readonly ShardId: string;
  readonly ParentShards: readonly string[];
}

export interface StoredRecord {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp?: number;
  /** Base64. */
  readonly Data: string;
  readonly PartitionKey?: string;
  readonly EncryptionType?: string;
}

export interface PutEntry {
  /** Base64. */
  readonly Data: string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

export interface PutResult {
  readonly ShardId?: string;
  readonly SequenceNumber?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

export interface StreamSummary {
  readonly StreamName: string;
  readonly StreamARN: string;
  readonly StreamStatus: string;
  readonly StreamModeDetails?: { readonly StreamMode: string };
  readonly StreamCreationTimestamp?: number;
}

export interface StreamDescriptionSummary extends StreamSummary {
  readonly RetentionPeriodHours: number;
  readonly OpenShardCount: number;
  readonly ConsumerCount?: number;
  readonly EncryptionType?: string;
  readonly KeyId?: string;
  readonly MaxRecordSizeInKiB?: number;
  readonly RecordDistributionStrategy?: string;
  readonly WarmThroughput?: { readonly TargetMiBps?: number; readonly CurrentMiBps?: number };
  readonly EnhancedMonitoring: readonly { readonly ShardLevelMetrics: readonly string[] }[];
}

export type ShardIteratorType =
  'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER' | 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';

interface ShardFilter {
  readonly Type:
    'FROM_TRIM_HORIZON' | 'AT_TRIM_HORIZON' | 'AT_LATEST' | 'AT_TIMESTAMP' | 'FROM_TIMESTAMP';
  readonly Timestamp?: number;
}

interface Operation<Input, Output> {
  readonly input: Input;
  readonly output: Output;
}

export interface Operations {
  readonly CreateStream: Operation<
    {
      readonly StreamName: string;
      readonly ShardCount?: number;
      readonly StreamModeDetails?: { readonly StreamMode: 'PROVISIONED' | 'ON_DEMAND' };
      readonly MaxRecordSizeInKiB?: number;
      readonly Tags?: Readonly<Record<string, string>>;
    },
    object
  >;
  readonly DeleteStream: Operation<
    { readonly StreamName: string; readonly EnforceConsumerDeletion?: boolean },
    object
  >;
  readonly DescribeStreamSummary: Operation<
    { readonly StreamName: string },
    { readonly StreamDescriptionSummary: StreamDescriptionSummary }
  >;
  readonly DescribeLimits: Operation<
    object,
    {
      readonly ShardLimit: number;
      readonly OpenShardCount: number;
      readonly OnDemandStreamCount: number;
      readonly OnDemandStreamCountLimit: number;
    }
  >;
  readonly ListStreams: Operation<
    { readonly NextToken?: string; readonly Limit?: number },
    {
      readonly StreamNames: readonly string[];
      readonly StreamSummaries?: readonly StreamSummary[];
      readonly HasMoreStreams: boolean;
      readonly NextToken?: string;
    }
  >;
  readonly ListTagsForStream: Operation<
    { readonly StreamName: string },
    { readonly Tags: readonly { readonly Key: string; readonly Value?: string }[] }
  >;
  readonly ListShards: Operation<
    {
      readonly StreamName?: string;
      readonly NextToken?: string;
      readonly ShardFilter?: ShardFilter;
    },
    { readonly Shards?: readonly Shard[]; readonly NextToken?: string }
  >;
  readonly PutRecord: Operation<
    PutEntry & { readonly StreamName: string },
    { readonly ShardId: string; readonly SequenceNumber: string; readonly EncryptionType?: string }
  >;
  readonly PutRecords: Operation<
    { readonly StreamName: string; readonly Records: readonly PutEntry[] },
    { readonly FailedRecordCount?: number; readonly Records: readonly PutResult[] }
  >;
  readonly GetShardIterator: Operation<
    {
      readonly StreamName: string;
      readonly ShardId: string;
      readonly ShardIteratorType: ShardIteratorType;
      readonly StartingSequenceNumber?: string;
      readonly Timestamp?: number;
    },
    { readonly ShardIterator: string }
  >;
  readonly GetRecords: Operation<
    { readonly ShardIterator: string; readonly Limit?: number },
    {
      readonly Records: readonly StoredRecord[];
      readonly NextShardIterator?: string | null;
      readonly MillisBehindLatest?: number;
      readonly ChildShards?: readonly ChildShard[];
    }
  >;
}

export type OperationName = keyof Operations;
