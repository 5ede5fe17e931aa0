/** The rules of shapes that only requests about channels have; see `shapes.ts`. */
import {
  type IntegerRule,
  type ListRule,
  type StringRule,
  type StructureRule,
  pattern,
  required,
} from './rules.ts';
import { javaName, booleanObject, keyId, streamArn, timestamp } from './shapes.ts';

export const bucketArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: pattern('arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}'),
};
export const channelArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: pattern('arn:aws.*:kinesis:.*:\\d{12}:channel/\\S+'),
};
export const channelEncryptionType: StringRule = { type: 'string', values: ['KMS'] };
export const channelEncryptionConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('ChannelEncryptionConfiguration'),
  members: { EncryptionType: required(channelEncryptionType), KeyId: required(keyId) },
};
export const cloudWatchLogGroupName: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 512,
  pattern: pattern('[\\.\\-_/#A-Za-z0-9]+'),
};
export const cloudWatchLogStreamName: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 512,
  pattern: pattern('[^:*]*'),
};
export const cloudWatchLogs: StructureRule = {
  type: 'structure',
  javaName: javaName('CloudWatchLogs'),
  members: {
    Enabled: required(booleanObject),
    LogGroupName: cloudWatchLogGroupName,
    LogStreamName: cloudWatchLogStreamName,
  },
};
export const channelLoggingConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('ChannelLoggingConfiguration'),
  members: { CloudWatchLogs: required(cloudWatchLogs) },
};
export const cloudWatchLogsUpdateInput: StructureRule = {
  type: 'structure',
  javaName: javaName('CloudWatchLogsUpdateInput'),
  members: {
    Enabled: required(booleanObject),
    LogGroupName: cloudWatchLogGroupName,
    LogStreamName: cloudWatchLogStreamName,
  },
};
export const channelLoggingUpdateInput: StructureRule = {
  type: 'structure',
  javaName: javaName('ChannelLoggingUpdateInput'),
  members: { CloudWatchLogs: required(cloudWatchLogsUpdateInput) },
};
export const channelName: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 128,
  pattern: pattern('[a-zA-Z0-9_.-]+'),
};
export const recordFormatType: StringRule = {
  type: 'string',
  values: ['GSR_JSON', 'JSON', 'STRING', 'BYTE_ARRAY'],
};
export const gsrSchemaArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 512,
  pattern: pattern(
    'arn:aws[-a-z0-9]*:glue:[-a-z0-9]+:\\d{12}:schema/[-a-zA-Z0-9_$#.]+/[-a-zA-Z0-9_$#.]+',
  ),
};
export const recordConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('RecordConfiguration'),
  members: { RecordFormatType: required(recordFormatType), GSRSchemaARN: gsrSchemaArn },
};
export const channelStreamConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('ChannelStreamConfiguration'),
  members: { StreamARN: required(streamArn), RecordConfiguration: required(recordConfiguration) },
};
export const channelStreamConfigurationList: ListRule = {
  type: 'list',
  member: channelStreamConfiguration,
  lengthMin: 1,
  lengthMax: 10000,
};
export const dataFreshnessInSeconds: IntegerRule = { type: 'integer' };
export const expectedBucketOwner: StringRule = {
  type: 'string',
  lengthMin: 12,
  lengthMax: 12,
  pattern: pattern('\\d{12}'),
};
export const s3ErrorOutputPrefix: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 512,
  pattern: pattern("[0-9A-Za-z!\\-_'.*()\\/]+"),
};
export const deadLetterQueueS3Configuration: StructureRule = {
  type: 'structure',
  javaName: javaName('DeadLetterQueueS3Configuration'),
  members: {
    BucketARN: required(bucketArn),
    ExpectedBucketOwner: required(expectedBucketOwner),
    ErrorOutputPrefix: s3ErrorOutputPrefix,
  },
};
export const listChannelsInputLimit: IntegerRule = {
  type: 'integer',
  valueMin: 1,
  valueMax: 10000,
};
export const partitionTransform: StringRule = { type: 'string', values: ['TIME_HOUR'] };
export const partitionSourceName: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 255,
  pattern: pattern('[a-zA-Z0-9\\.\\_]+'),
};
export const partitionField: StructureRule = {
  type: 'structure',
  javaName: javaName('PartitionField'),
  members: { Transform: required(partitionTransform), SourceName: required(partitionSourceName) },
};
export const partitionFieldList: ListRule = {
  type: 'list',
  member: partitionField,
  lengthMin: 1,
  lengthMax: 10,
};
export const partitionSpec: StructureRule = {
  type: 'structure',
  javaName: javaName('PartitionSpec'),
  members: { PartitionFields: required(partitionFieldList) },
};
export const roleArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 512,
  pattern: pattern('arn:aws[-a-z0-9]*:iam::\\d{12}:role/[a-zA-Z_0-9+=,.@\\-_/]+'),
};
export const s3CompressionType: StringRule = { type: 'string', values: ['NONE', 'GZIP', 'ZSTD'] };
export const s3OutputKeyTemplate: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 1024,
  pattern: pattern("[0-9A-Za-z!\\-_'.*()\\/=:{}]+"),
};
export const s3StorageClass: StringRule = {
  type: 'string',
  values: ['STANDARD', 'INTELLIGENT_TIERING', 'GLACIER_IR'],
};
export const s3StorageConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('S3StorageConfiguration'),
  members: {
    BucketARN: required(bucketArn),
    ExpectedBucketOwner: required(expectedBucketOwner),
    OutputKeyTemplate: s3OutputKeyTemplate,
    StorageClass: s3StorageClass,
    CompressionType: required(s3CompressionType),
  },
};
export const s3DestinationConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('S3DestinationConfiguration'),
  members: {
    DataFreshnessInSeconds: dataFreshnessInSeconds,
    DeadLetterQueueS3Configuration: deadLetterQueueS3Configuration,
    StorageConfiguration: required(s3StorageConfiguration),
  },
};
export const s3DestinationUpdateInput: StructureRule = {
  type: 'structure',
  javaName: javaName('S3DestinationUpdateInput'),
  members: { DataFreshnessInSeconds: required(dataFreshnessInSeconds) },
};
export const s3TablesCompressionType: StringRule = {
  type: 'string',
  values: ['NONE', 'ZSTD', 'SNAPPY'],
};
export const tableBucketArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: pattern('arn:aws[-a-z0-9]*:s3tables:[-a-z0-9]+:\\d{12}:bucket/[a-z0-9_-]{3,63}'),
};
export const s3TablesNamespace: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 255,
  pattern: pattern('[0-9a-z_]+'),
};
export const s3TablesTableName: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 255,
  pattern: pattern('[0-9a-z_]+'),
};
export const s3TablesConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('S3TablesConfiguration'),
  members: {
    TableBucketARN: required(tableBucketArn),
    Namespace: required(s3TablesNamespace),
    TableName: required(s3TablesTableName),
    CompressionType: required(s3TablesCompressionType),
    PartitionSpec: partitionSpec,
  },
};
export const s3TablesConfigurationList: ListRule = {
  type: 'list',
  member: s3TablesConfiguration,
  lengthMin: 1,
  lengthMax: 10000,
};
export const s3TablesDestinationConfiguration: StructureRule = {
  type: 'structure',
  javaName: javaName('S3TablesDestinationConfiguration'),
  members: {
    DataFreshnessInSeconds: dataFreshnessInSeconds,
    DeadLetterQueueS3Configuration: required(deadLetterQueueS3Configuration),
    S3TablesConfigurationList: required(s3TablesConfigurationList),
  },
};
export const s3TablesDestinationUpdateInput: StructureRule = {
  type: 'structure',
  javaName: javaName('S3TablesDestinationUpdateInput'),
  members: { DataFreshnessInSeconds: required(dataFreshnessInSeconds) },
};
export const streamFilter: StructureRule = {
  type: 'structure',
  javaName: javaName('StreamFilter'),
  members: { StreamARN: required(streamArn), StreamCreationTimestamp: timestamp },
};
export const streamFilterList: ListRule = {
  type: 'list',
  member: streamFilter,
  lengthMin: 1,
  lengthMax: 10000,
};
