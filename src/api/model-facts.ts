/**
 * What the public service model says of every operation: facts to test our own rules against.
 *
 * Members read `Name[:Shape][!]`: the shape where its name differs, `!` when required. `errors` use
 * the short codes of `errorCodes`, `KMS` stands for the six key errors. Scalars read `type [in
 * values] [min..max] [/pattern/]`.
 */
export interface OperationFacts {
  readonly plane: 'data' | 'control';
  readonly errors: string;
  readonly input: string;
  /** Null when the answer has no body. */
  readonly output: string | null;
}

export const errorCodes: Readonly<Record<string, string>> = {
  RNF: 'ResourceNotFoundException',
  RIU: 'ResourceInUseException',
  IA: 'InvalidArgumentException',
  LE: 'LimitExceededException',
  PTE: 'ProvisionedThroughputExceededException',
  VE: 'ValidationException',
  AD: 'AccessDeniedException',
  EI: 'ExpiredIteratorException',
  ENT: 'ExpiredNextTokenException',
  DRY: 'DryRunOperationException',
  // The name on the wire, not that of the shape.
  IF: 'InternalFailure',
};

export const operationFacts: Readonly<Record<string, OperationFacts>> = {
  AddTagsToStream: {
    plane: 'control',
    errors: 'RNF RIU IA LE AD',
    input: 'StreamName Tags:TagMap! StreamARN StreamId',
    output: null,
  },
  CreateChannel: {
    plane: 'control',
    errors: 'VE RIU RNF LE IA KMS AD',
    input:
      'ChannelName! ServiceExecutionRoleARN:RoleARN! ' +
      'StreamConfigurationList:ChannelStreamConfigurationList! S3DestinationConfiguration ' +
      'S3TablesDestinationConfiguration ' +
      'EncryptionConfiguration:ChannelEncryptionConfiguration Tags:TagMap ' +
      'LoggingConfiguration:ChannelLoggingConfiguration',
    output: 'ChannelDescription!',
  },
  CreateStream: {
    plane: 'control',
    errors: 'RIU LE IA VE',
    input:
      'StreamName! ShardCount:PositiveIntegerObject StreamModeDetails Tags:TagMap ' +
      'WarmThroughputMiBps:NaturalIntegerObject MaxRecordSizeInKiB ' +
      'RecordDistributionStrategy',
    output: null,
  },
  DecreaseStreamRetentionPeriod: {
    plane: 'control',
    errors: 'RIU RNF LE IA AD',
    input: 'StreamName RetentionPeriodHours! StreamARN StreamId',
    output: null,
  },
  DeleteChannel: {
    plane: 'control',
    errors: 'VE RNF LE IA AD',
    input: 'ChannelARN!',
    output: null,
  },
  DeleteResourcePolicy: {
    plane: 'control',
    errors: 'AD RNF LE IA RIU',
    input: 'ResourceARN! StreamId',
    output: null,
  },
  DeleteStream: {
    plane: 'control',
    errors: 'RNF LE RIU IA AD',
    input: 'StreamName EnforceConsumerDeletion:BooleanObject StreamARN StreamId',
    output: null,
  },
  DeregisterStreamConsumer: {
    plane: 'control',
    errors: 'LE RNF IA',
    input: 'StreamARN ConsumerName ConsumerARN StreamId',
    output: null,
  },
  DescribeAccountSettings: {
    plane: 'control',
    errors: 'LE',
    input: '',
    output: 'MinimumThroughputBillingCommitment:MinimumThroughputBillingCommitmentOutput',
  },
  DescribeChannel: {
    plane: 'control',
    errors: 'VE RNF LE IA AD',
    input: 'ChannelARN!',
    output: 'ChannelDescription!',
  },
  DescribeLimits: {
    plane: 'control',
    errors: 'LE',
    input: '',
    output:
      'ShardLimit:ShardCountObject! OpenShardCount:ShardCountObject! ' +
      'OnDemandStreamCount:OnDemandStreamCountObject! ' +
      'OnDemandStreamCountLimit:OnDemandStreamCountLimitObject! ' +
      'ChannelCount:ChannelCountObject ChannelCountLimit:ChannelCountObject',
  },
  DescribeStream: {
    plane: 'control',
    errors: 'RNF LE IA AD',
    input:
      'StreamName Limit:DescribeStreamInputLimit ExclusiveStartShardId:ShardId StreamARN StreamId',
    output: 'StreamDescription!',
  },
  DescribeStreamConsumer: {
    plane: 'control',
    errors: 'LE RNF IA',
    input: 'StreamARN ConsumerName ConsumerARN StreamId',
    output: 'ConsumerDescription!',
  },
  DescribeStreamSummary: {
    plane: 'control',
    errors: 'RNF LE IA AD',
    input: 'StreamName StreamARN StreamId',
    output: 'StreamDescriptionSummary!',
  },
  DisableEnhancedMonitoring: {
    plane: 'control',
    errors: 'IA LE RIU RNF AD',
    input: 'StreamName ShardLevelMetrics:MetricsNameList! StreamARN StreamId',
    output:
      'StreamName CurrentShardLevelMetrics:MetricsNameList ' +
      'DesiredShardLevelMetrics:MetricsNameList StreamARN',
  },
  EnableEnhancedMonitoring: {
    plane: 'control',
    errors: 'IA LE RIU RNF AD',
    input: 'StreamName ShardLevelMetrics:MetricsNameList! StreamARN StreamId',
    output:
      'StreamName CurrentShardLevelMetrics:MetricsNameList ' +
      'DesiredShardLevelMetrics:MetricsNameList StreamARN',
  },
  GetRecords: {
    plane: 'data',
    errors: 'RNF IA PTE EI KMS AD IF DRY',
    input: 'ShardIterator! Limit:GetRecordsInputLimit StreamARN StreamId DryRun:BooleanObject',
    output:
      'Records:RecordList! NextShardIterator:ShardIterator MillisBehindLatest ' +
      'ChildShards:ChildShardList',
  },
  GetResourcePolicy: {
    plane: 'control',
    errors: 'AD RNF LE IA RIU',
    input: 'ResourceARN! StreamId',
    output: 'Policy!',
  },
  GetShardIterator: {
    plane: 'data',
    errors: 'RNF IA PTE AD IF DRY',
    input:
      'StreamName ShardId! ShardIteratorType! StartingSequenceNumber:SequenceNumber ' +
      'Timestamp StreamARN StreamId DryRun:BooleanObject',
    output: 'ShardIterator',
  },
  IncreaseStreamRetentionPeriod: {
    plane: 'control',
    errors: 'RIU RNF LE IA AD',
    input: 'StreamName RetentionPeriodHours! StreamARN StreamId',
    output: null,
  },
  ListChannels: {
    plane: 'control',
    errors: 'VE ENT LE IA AD',
    input: 'StreamFilter:StreamFilterList MaxResults:ListChannelsInputLimit NextToken',
    output: 'ChannelSummaries:ChannelSummaryList! NextToken',
  },
  ListShards: {
    plane: 'control',
    errors: 'RNF IA LE ENT RIU AD',
    input:
      'StreamName NextToken ExclusiveStartShardId:ShardId MaxResults:ListShardsInputLimit ' +
      'StreamCreationTimestamp:Timestamp ShardFilter StreamARN StreamId',
    output: 'Shards:ShardList NextToken',
  },
  ListStreamConsumers: {
    plane: 'control',
    errors: 'RNF IA LE ENT RIU',
    input:
      'StreamARN! NextToken MaxResults:ListStreamConsumersInputLimit ' +
      'StreamCreationTimestamp:Timestamp StreamId',
    output: 'Consumers:ConsumerList NextToken',
  },
  ListStreams: {
    plane: 'control',
    errors: 'LE ENT IA',
    input: 'Limit:ListStreamsInputLimit ExclusiveStartStreamName:StreamName NextToken',
    output:
      'StreamNames:StreamNameList! HasMoreStreams:BooleanObject! NextToken ' +
      'StreamSummaries:StreamSummaryList',
  },
  ListTagsForResource: {
    plane: 'control',
    errors: 'RNF RIU IA LE AD',
    input: 'ResourceARN! StreamId',
    output: 'Tags:TagList',
  },
  ListTagsForStream: {
    plane: 'control',
    errors: 'RNF IA LE AD',
    input:
      'StreamName ExclusiveStartTagKey:TagKey Limit:ListTagsForStreamInputLimit StreamARN StreamId',
    output: 'Tags:TagList! HasMoreTags:BooleanObject!',
  },
  MergeShards: {
    plane: 'control',
    errors: 'RNF RIU IA LE VE AD',
    input: 'StreamName ShardToMerge:ShardId! AdjacentShardToMerge:ShardId! StreamARN StreamId',
    output: null,
  },
  PutRecord: {
    plane: 'data',
    errors: 'RNF IA PTE KMS AD IF DRY',
    input:
      'StreamName Data! PartitionKey ExplicitHashKey:HashKey ' +
      'SequenceNumberForOrdering:SequenceNumber StreamARN StreamId DryRun:BooleanObject',
    output: 'ShardId! SequenceNumber! EncryptionType',
  },
  PutRecords: {
    plane: 'data',
    errors: 'RNF IA PTE KMS AD IF DRY',
    input: 'Records:PutRecordsRequestEntryList! StreamName StreamARN StreamId DryRun:BooleanObject',
    output:
      'FailedRecordCount:PositiveIntegerObject Records:PutRecordsResultEntryList! EncryptionType',
  },
  PutResourcePolicy: {
    plane: 'control',
    errors: 'AD RNF LE IA RIU',
    input: 'ResourceARN! StreamId Policy!',
    output: null,
  },
  RegisterStreamConsumer: {
    plane: 'control',
    errors: 'IA LE RIU RNF',
    input: 'StreamARN! ConsumerName! StreamId Tags:TagMap',
    output: 'Consumer!',
  },
  RemoveTagsFromStream: {
    plane: 'control',
    errors: 'RNF RIU IA LE AD',
    input: 'StreamName TagKeys:TagKeyList! StreamARN StreamId',
    output: null,
  },
  SplitShard: {
    plane: 'control',
    errors: 'RNF RIU IA LE VE AD',
    input: 'StreamName ShardToSplit:ShardId! NewStartingHashKey:HashKey! StreamARN StreamId',
    output: null,
  },
  StartStreamEncryption: {
    plane: 'control',
    errors: 'IA LE RIU RNF KMS AD',
    input: 'StreamName EncryptionType! KeyId! StreamARN StreamId',
    output: null,
  },
  StopStreamEncryption: {
    plane: 'control',
    errors: 'IA LE RIU RNF AD',
    input: 'StreamName EncryptionType! KeyId! StreamARN StreamId',
    output: null,
  },
  SubscribeToShard: {
    plane: 'data',
    errors: 'RNF IA RIU LE AD DRY',
    input: 'ConsumerARN! StreamId ShardId! StartingPosition! DryRun:BooleanObject',
    output: 'EventStream:SubscribeToShardEventStream!',
  },
  TagResource: {
    plane: 'control',
    errors: 'RNF RIU IA LE AD',
    input: 'Tags:TagMap! ResourceARN! StreamId',
    output: null,
  },
  UntagResource: {
    plane: 'control',
    errors: 'RNF RIU IA LE AD',
    input: 'TagKeys:TagKeyList! ResourceARN! StreamId',
    output: null,
  },
  UpdateAccountSettings: {
    plane: 'control',
    errors: 'IA VE LE',
    input: 'MinimumThroughputBillingCommitment:MinimumThroughputBillingCommitmentInput!',
    output: 'MinimumThroughputBillingCommitment:MinimumThroughputBillingCommitmentOutput',
  },
  UpdateChannel: {
    plane: 'control',
    errors: 'VE RIU RNF LE IA AD',
    input:
      'ChannelARN! S3DestinationConfiguration:S3DestinationUpdateInput ' +
      'S3TablesDestinationConfiguration:S3TablesDestinationUpdateInput ' +
      'LoggingConfiguration:ChannelLoggingUpdateInput',
    output: 'ChannelDescription!',
  },
  UpdateMaxRecordSize: {
    plane: 'control',
    errors: 'RIU RNF LE IA AD VE',
    input: 'StreamARN StreamId MaxRecordSizeInKiB!',
    output: null,
  },
  UpdateShardCount: {
    plane: 'control',
    errors: 'IA LE RIU RNF VE AD',
    input: 'StreamName TargetShardCount:PositiveIntegerObject! ScalingType! StreamARN StreamId',
    output:
      'StreamName CurrentShardCount:PositiveIntegerObject ' +
      'TargetShardCount:PositiveIntegerObject StreamARN',
  },
  UpdateStreamMode: {
    plane: 'control',
    errors: 'IA LE RIU RNF VE',
    input: 'StreamARN! StreamId StreamModeDetails! WarmThroughputMiBps:NaturalIntegerObject',
    output: null,
  },
  UpdateStreamRecordDistributionStrategy: {
    plane: 'control',
    errors: 'RNF IA RIU LE AD VE',
    input: 'StreamARN! StreamId RecordDistributionStrategy!',
    output: null,
  },
  UpdateStreamWarmThroughput: {
    plane: 'control',
    errors: 'AD RNF LE IA RIU VE',
    input: 'StreamARN StreamName StreamId WarmThroughputMiBps:NaturalIntegerObject!',
    output: 'StreamARN StreamName WarmThroughput:WarmThroughputObject',
  },
};

/** Structures inside requests. */
export const structureFacts: Readonly<Record<string, string>> = {
  ChannelEncryptionConfiguration: 'EncryptionType:ChannelEncryptionType! KeyId!',
  CloudWatchLogs:
    'Enabled:BooleanObject! LogGroupName:CloudWatchLogGroupName ' +
    'LogStreamName:CloudWatchLogStreamName',
  ChannelLoggingConfiguration: 'CloudWatchLogs!',
  CloudWatchLogsUpdateInput:
    'Enabled:BooleanObject! LogGroupName:CloudWatchLogGroupName ' +
    'LogStreamName:CloudWatchLogStreamName',
  ChannelLoggingUpdateInput: 'CloudWatchLogs:CloudWatchLogsUpdateInput!',
  RecordConfiguration: 'RecordFormatType! GSRSchemaARN',
  ChannelStreamConfiguration: 'StreamARN! RecordConfiguration!',
  DeadLetterQueueS3Configuration:
    'BucketARN! ExpectedBucketOwner! ErrorOutputPrefix:S3ErrorOutputPrefix',
  MinimumThroughputBillingCommitmentInput: 'Status:MinimumThroughputBillingCommitmentInputStatus!',
  PartitionField: 'Transform:PartitionTransform! SourceName:PartitionSourceName!',
  PartitionSpec: 'PartitionFields:PartitionFieldList!',
  PutRecordsRequestEntry: 'Data! ExplicitHashKey:HashKey PartitionKey',
  S3StorageConfiguration:
    'BucketARN! ExpectedBucketOwner! OutputKeyTemplate:S3OutputKeyTemplate ' +
    'StorageClass:S3StorageClass CompressionType:S3CompressionType!',
  S3DestinationConfiguration:
    'DataFreshnessInSeconds DeadLetterQueueS3Configuration ' +
    'StorageConfiguration:S3StorageConfiguration!',
  S3DestinationUpdateInput: 'DataFreshnessInSeconds!',
  S3TablesConfiguration:
    'TableBucketARN! Namespace:S3TablesNamespace! TableName:S3TablesTableName! ' +
    'CompressionType:S3TablesCompressionType! PartitionSpec',
  S3TablesDestinationConfiguration:
    'DataFreshnessInSeconds DeadLetterQueueS3Configuration! S3TablesConfigurationList!',
  S3TablesDestinationUpdateInput: 'DataFreshnessInSeconds!',
  ShardFilter: 'Type:ShardFilterType! ShardId Timestamp',
  StartingPosition: 'Type:ShardIteratorType! SequenceNumber Timestamp',
  StreamFilter: 'StreamARN! StreamCreationTimestamp:Timestamp',
  StreamModeDetails: 'StreamMode!',
};

/** Everything else inside requests. */
export const shapeFacts: Readonly<Record<string, string>> = {
  BooleanObject: 'boolean',
  BucketARN: 'string 1..2048 /arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}/',
  ChannelARN: 'string 1..2048 /arn:aws.*:kinesis:.*:\\d{12}:channel/\\S+/',
  ChannelEncryptionType: 'string in KMS',
  KeyId: 'string 1..2048',
  CloudWatchLogGroupName: 'string 1..512 /[\\.\\-_/#A-Za-z0-9]+/',
  CloudWatchLogStreamName: 'string 1..512 /[^:*]*/',
  ChannelName: 'string 1..128 /[a-zA-Z0-9_.-]+/',
  StreamARN: 'string 1..2048 /arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+/',
  RecordFormatType: 'string in GSR_JSON|JSON|STRING|BYTE_ARRAY',
  GSRSchemaARN:
    'string 1..512 /arn:aws[-a-z0-9]*:glue:[-a-z0-9]+:\\d{12}:schema/[-a-zA-Z0-9_$#.]+/[-' +
    'a-zA-Z0-9_$#.]+/',
  ChannelStreamConfigurationList: 'list of ChannelStreamConfiguration 1..10000',
  ConsumerARN:
    'string 1..2048 /^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consume' +
    'r\\/[a-zA-Z0-9_.-]+:[0-9]+/',
  ConsumerName: 'string 1..128 /[a-zA-Z0-9_.-]+/',
  Data: 'blob 0..10485760',
  DataFreshnessInSeconds: 'integer',
  ExpectedBucketOwner: 'string 12..12 /\\d{12}/',
  S3ErrorOutputPrefix: "string 1..512 /[0-9A-Za-z!\\-_'.*()\\/]+/",
  DescribeStreamInputLimit: 'integer 1..10000',
  EncryptionType: 'string in NONE|KMS',
  GetRecordsInputLimit: 'integer 1..10000',
  HashKey: 'string /^(0|([1-9]\\d{0,38}))$/',
  ListChannelsInputLimit: 'integer 1..10000',
  ListShardsInputLimit: 'integer 1..10000',
  ListStreamConsumersInputLimit: 'integer 1..10000',
  ListStreamsInputLimit: 'integer 1..10000',
  ListTagsForStreamInputLimit: 'integer 1..50',
  MaxRecordSizeInKiB: 'integer 1024..10240',
  MetricsName:
    'string in IncomingBytes|IncomingRecords|OutgoingBytes|OutgoingRecords|WriteProvision' +
    'edThroughputExceeded|ReadProvisionedThroughputExceeded|IteratorAgeMilliseconds|ALL',
  MetricsNameList: 'list of MetricsName 1..7',
  MinimumThroughputBillingCommitmentInputStatus: 'string in ENABLED|DISABLED',
  NaturalIntegerObject: 'integer 0..',
  NextToken: 'string 1..1048576',
  PartitionTransform: 'string in TIME_HOUR',
  PartitionSourceName: 'string 1..255 /[a-zA-Z0-9\\.\\_]+/',
  PartitionFieldList: 'list of PartitionField 1..10',
  PartitionKey: 'string 1..256',
  Policy: 'string',
  PositiveIntegerObject: 'integer 1..',
  PutRecordsRequestEntryList: 'list of PutRecordsRequestEntry 1..500',
  RecordDistributionStrategy: 'string in AUTO|USER_PARTITION_KEY',
  ResourceARN: 'string 1..2048 /arn:aws.*:kinesis:.*:\\d{12}:.*(stream|channel)/\\S+/',
  RetentionPeriodHours: 'integer',
  RoleARN: 'string 1..512 /arn:aws[-a-z0-9]*:iam::\\d{12}:role/[a-zA-Z_0-9+=,.@\\-_/]+/',
  S3CompressionType: 'string in NONE|GZIP|ZSTD',
  S3OutputKeyTemplate: "string 1..1024 /[0-9A-Za-z!\\-_'.*()\\/=:{}]+/",
  S3StorageClass: 'string in STANDARD|INTELLIGENT_TIERING|GLACIER_IR',
  S3TablesCompressionType: 'string in NONE|ZSTD|SNAPPY',
  TableBucketARN:
    'string 1..2048 /arn:aws[-a-z0-9]*:s3tables:[-a-z0-9]+:\\d{12}:bucket/[a-z0-9_-]{3,63}/',
  S3TablesNamespace: 'string 1..255 /[0-9a-z_]+/',
  S3TablesTableName: 'string 1..255 /[0-9a-z_]+/',
  S3TablesConfigurationList: 'list of S3TablesConfiguration 1..10000',
  ScalingType: 'string in UNIFORM_SCALING',
  SequenceNumber: 'string /^(0|([1-9]\\d{0,128}))$/',
  ShardFilterType:
    'string in AFTER_SHARD_ID|AT_TRIM_HORIZON|FROM_TRIM_HORIZON|AT_LATEST|AT_TIMESTAMP|FR' +
    'OM_TIMESTAMP',
  ShardId: 'string 1..128 /[a-zA-Z0-9_.-]+/',
  Timestamp: 'timestamp',
  ShardIterator: 'string 1..512',
  ShardIteratorType:
    'string in AT_SEQUENCE_NUMBER|AFTER_SEQUENCE_NUMBER|TRIM_HORIZON|LATEST|AT_TIMESTAMP',
  StreamFilterList: 'list of StreamFilter 1..10000',
  StreamId: 'string 1..24 /[a-z0-9]{20}-[a-z0-9]{3}/',
  StreamMode: 'string in PROVISIONED|ON_DEMAND',
  StreamName: 'string 1..128 /[a-zA-Z0-9_.-]+/',
  TagKey: 'string 1..128',
  TagKeyList: 'list of TagKey 1..50',
  TagValue: 'string 0..256',
  TagMap: 'map of TagKey to TagValue 1..200',
};
