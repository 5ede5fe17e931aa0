/**
 * The rules of the shapes that members of requests have, named as in the service model.
 *
 * A test compares them with the facts in `model-facts.ts`. Values of enumerations are in the order
 * in which the service lists them in its texts, where that is known.
 */
import {
  type BlobRule,
  type BooleanRule,
  type IntegerRule,
  type ListRule,
  type MapRule,
  type StringRule,
  type StructureRule,
  type TimestampRule,
  pattern,
  required,
} from './rules.ts';

/** Class the service prints for a structure. */
export function javaName(shape: string): string {
  return `com.amazonaws.kinesis.v20131202.${shape}`;
}

export const booleanObject: BooleanRule = { type: 'boolean' };
export const keyId: StringRule = { type: 'string', lengthMin: 1, lengthMax: 2048 };
export const streamArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: pattern('arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+'),
};
export const consumerArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: pattern(
    '^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.' +
      '-]+:[0-9]+',
  ),
};
export const consumerName: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 128,
  pattern: pattern('[a-zA-Z0-9_.-]+'),
};
export const data: BlobRule = { type: 'blob', lengthMin: 0, lengthMax: 10485760 };
export const describeStreamInputLimit: IntegerRule = {
  type: 'integer',
  valueMin: 1,
  valueMax: 10000,
};
export const encryptionType: StringRule = { type: 'string', values: ['NONE', 'KMS'] };
export const getRecordsInputLimit: IntegerRule = { type: 'integer', valueMin: 1, valueMax: 10000 };
export const hashKey: StringRule = { type: 'string', pattern: pattern('^(0|([1-9]\\d{0,38}))$') };
export const listShardsInputLimit: IntegerRule = { type: 'integer', valueMin: 1, valueMax: 10000 };
export const listStreamConsumersInputLimit: IntegerRule = {
  type: 'integer',
  valueMin: 1,
  valueMax: 10000,
};
export const listStreamsInputLimit: IntegerRule = { type: 'integer', valueMin: 1, valueMax: 10000 };
export const listTagsForStreamInputLimit: IntegerRule = {
  type: 'integer',
  valueMin: 1,
  valueMax: 50,
};
export const maxRecordSizeInKiB: IntegerRule = { type: 'integer', valueMin: 1024, valueMax: 10240 };
export const metricsName: StringRule = {
  type: 'string',
  values: [
    'IncomingBytes',
    'IncomingRecords',
    'OutgoingBytes',
    'OutgoingRecords',
    'WriteProvisionedThroughputExceeded',
    'ReadProvisionedThroughputExceeded',
    'IteratorAgeMilliseconds',
    'ALL',
  ],
};
export const metricsNameList: ListRule = {
  type: 'list',
  member: metricsName,
  lengthMin: 1,
  lengthMax: 7,
};
export const minimumThroughputBillingCommitmentInputStatus: StringRule = {
  type: 'string',
  values: ['ENABLED', 'DISABLED'],
};
export const minimumThroughputBillingCommitmentInput: StructureRule = {
  type: 'structure',
  javaName: javaName('MinimumThroughputBillingCommitmentInput'),
  members: { Status: required(minimumThroughputBillingCommitmentInputStatus) },
};
export const naturalIntegerObject: IntegerRule = { type: 'integer', valueMin: 0 };
export const nextToken: StringRule = { type: 'string', lengthMin: 1, lengthMax: 1048576 };
export const partitionKey: StringRule = { type: 'string', lengthMin: 1, lengthMax: 256 };
export const policy: StringRule = { type: 'string' };
export const positiveIntegerObject: IntegerRule = { type: 'integer', valueMin: 1 };
export const putRecordsRequestEntry: StructureRule = {
  type: 'structure',
  javaName: javaName('PutRecordsRequestEntry'),
  members: { Data: required(data), ExplicitHashKey: hashKey, PartitionKey: partitionKey },
};
export const putRecordsRequestEntryList: ListRule = {
  type: 'list',
  member: putRecordsRequestEntry,
  lengthMin: 1,
  lengthMax: 500,
};
export const recordDistributionStrategy: StringRule = {
  type: 'string',
  values: ['AUTO', 'USER_PARTITION_KEY'],
};
export const resourceArn: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 2048,
  pattern: pattern('arn:aws.*:kinesis:.*:\\d{12}:.*(stream|channel)/\\S+'),
};
export const retentionPeriodHours: IntegerRule = { type: 'integer' };
export const scalingType: StringRule = { type: 'string', values: ['UNIFORM_SCALING'] };
export const sequenceNumber: StringRule = {
  type: 'string',
  pattern: pattern('^(0|([1-9]\\d{0,128}))$'),
};
export const shardFilterType: StringRule = {
  type: 'string',
  values: [
    'AFTER_SHARD_ID',
    'AT_TRIM_HORIZON',
    'FROM_TRIM_HORIZON',
    'AT_LATEST',
    'AT_TIMESTAMP',
    'FROM_TIMESTAMP',
  ],
};
export const shardId: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 128,
  pattern: pattern('[a-zA-Z0-9_.-]+'),
};
export const timestamp: TimestampRule = { type: 'timestamp' };
export const shardFilter: StructureRule = {
  type: 'structure',
  javaName: javaName('ShardFilter'),
  members: { Type: required(shardFilterType), ShardId: shardId, Timestamp: timestamp },
};
export const shardIterator: StringRule = { type: 'string', lengthMin: 1, lengthMax: 512 };
export const shardIteratorType: StringRule = {
  type: 'string',
  values: ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'],
};
export const startingPosition: StructureRule = {
  type: 'structure',
  javaName: javaName('StartingPosition'),
  members: {
    Type: required(shardIteratorType),
    SequenceNumber: sequenceNumber,
    Timestamp: timestamp,
  },
};
export const streamId: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 24,
  pattern: pattern('[a-z0-9]{20}-[a-z0-9]{3}'),
};
export const streamMode: StringRule = { type: 'string', values: ['PROVISIONED', 'ON_DEMAND'] };
export const streamModeDetails: StructureRule = {
  type: 'structure',
  javaName: javaName('StreamModeDetails'),
  members: { StreamMode: required(streamMode) },
};
export const streamName: StringRule = {
  type: 'string',
  lengthMin: 1,
  lengthMax: 128,
  pattern: pattern('[a-zA-Z0-9_.-]+'),
};
export const tagKey: StringRule = { type: 'string', lengthMin: 1, lengthMax: 128 };
export const tagKeyList: ListRule = { type: 'list', member: tagKey, lengthMin: 1, lengthMax: 50 };
export const tagValue: StringRule = { type: 'string', lengthMin: 0, lengthMax: 256 };
export const tagMap: MapRule = {
  type: 'map',
  key: tagKey,
  value: tagValue,
  lengthMin: 1,
  lengthMax: 200,
};
