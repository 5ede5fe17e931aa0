/**
 * Every text of an error a client may see, in one place.
 *
 * Clients and tools match on these texts, so punctuation, spelling and even a typographic
 * apostrophe are those of the service. Each group says how sure that is: *observed* texts were seen
 * from the real service, *customary* ones are what other implementations answer, *ours* are free.
 */
import { shardId } from './shard-id.ts';

/** A stream and its account, as most texts name it. */
export interface StreamRef {
  readonly name: string;
  readonly account: string;
}

function of(stream: StreamRef): string {
  return `${stream.name} under account ${stream.account}`;
}

/** ResourceNotFoundException. */
export const notFound = {
  /** Observed. */
  stream: (stream: StreamRef): string => `Stream ${of(stream)} not found.`,
  /** Observed; also what readers get when the stream itself is missing. */
  shard: (index: number, stream: StreamRef): string =>
    `Shard ${shardId(index)} in stream ${of(stream)} does not exist`,
  /** Observed; `id` as given when it cannot be read as a shard id. */
  shardId: (id: string, stream: StreamRef): string =>
    `Could not find shard ${id} in stream ${of(stream)}.`,
  /** Customary; `consumer` is a name or an ARN. */
  consumer: (consumer: string, account: string): string =>
    `Consumer ${consumer}, account ${account} not found.`,
  /** Customary. */
  policy: (arn: string): string => `No resource policy found for resource ARN ${arn}.`,
  /** Ours. */
  resource: (arn: string): string => `Resource ${arn} not found.`,
  /** Ours. */
  channel: (arn: string): string => `Channel ${arn} not found.`,
} as const;

/** ResourceInUseException. */
export const inUse = {
  /** Observed. */
  streamExists: (stream: StreamRef): string => `Stream ${of(stream)} already exists.`,
  /** Observed. */
  notActive: (stream: StreamRef, status: string): string =>
    `Stream ${of(stream)} not ACTIVE, instead in state ${status}`,
  /** Observed, from ListShards and RegisterStreamConsumer. */
  notActiveOrUpdating: (stream: StreamRef, status: string): string =>
    `Stream ${of(stream)} not ACTIVE or UPDATING, instead in state ${status}`,
  /** Observed, apostrophe included. */
  hasConsumers: ({ name, account }: StreamRef): string =>
    `DeleteStream can’t delete ${account}:${name} because there are consumers associated with ` +
    `this data stream. To delete ${name} anyway, set the EnforceConsumerDeletion parameter to ` +
    `true to force the deletion of all the consumers that are associated with it.`,
  /** Observed. */
  subscribed: ({ name, account }: StreamRef, index: number, consumer: string): string =>
    `Another active subscription exists for this consumer: ` +
    `${account}:${name}:${shardId(index)}:${consumer}`,
  /** Observed, the blank before the comma included. */
  consumerNotActive: (consumer: string, createdSeconds: number, stream: StreamRef): string =>
    `Consumer ${consumer} with creation timestamp ${createdSeconds} under stream: ` +
    `${stream.name} , account ${stream.account} is not in ACTIVE status.`,
  /** Ours. */
  consumerExists: (consumer: string, stream: StreamRef): string =>
    `Consumer ${consumer} under stream ${of(stream)} already exists.`,
  /** Ours. */
  hasChannels: (stream: StreamRef): string =>
    `Stream ${of(stream)} cannot be deleted because channels deliver from it.`,
  /** Ours. */
  channelsNeedOnDemand: (stream: StreamRef): string =>
    `Stream ${of(stream)} must stay in On-Demand mode because channels deliver from it.`,
  /** Ours. */
  channelExists: (channel: string, account: string): string =>
    `Channel ${channel} under account ${account} already exists.`,
  /** Ours. */
  channelNotActive: (arn: string, status: string): string =>
    `Channel ${arn} not ACTIVE, instead in state ${status}`,
} as const;

/** What an account's shard quota is compared with. */
export interface ShardQuota {
  readonly account: string;
  readonly region: string;
  readonly current: number;
  readonly limit: number;
  readonly additional: number;
}

/** LimitExceededException. */
export const limitExceeded = {
  /** Observed. */
  shards: (quota: ShardQuota): string =>
    `This request would exceed the shard limit for the account ${quota.account} in ` +
    `${quota.region}. Current shard count for the account: ${quota.current}. Limit: ` +
    `${quota.limit}. Number of additional shards that would have resulted from this request: ` +
    `${quota.additional}. Refer to the AWS Service Limits page ` +
    `(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits ` +
    `and how to request higher limits.`,
  /** Observed once; a tool matches the part from "simultaneously" on. */
  streamsInTransition: (limit: number): string =>
    `This request would have exceed the limit on the number of streams that can ` +
    `simultaneously be in CREATING or DELETING. Limit: ${limit}`,
  /** Observed: control-plane throttling. */
  rate: (stream: StreamRef): string => `Rate exceeded for stream ${of(stream)}.`,
  /** Ours: control-plane throttling of calls that name no stream. */
  accountRate: (account: string): string => `Rate exceeded for account ${account}.`,
  /** Observed. */
  scaleUp: (open: number, target: number): string =>
    `UpdateShardCount cannot scale up over double your current open shard count. ` +
    `Current open shard count: ${open} Target shard count: ${target}`,
  /** Customary. */
  scaleDown: (open: number, target: number): string =>
    `UpdateShardCount cannot scale down below half your current open shard count. ` +
    `Current open shard count: ${open}, Target shard count: ${target}`,
  /** Customary. */
  targetShards: (limit: number, open: number, target: number): string =>
    `Target shard count or number of open shards cannot be greater than ${limit}. ` +
    `Current open shard count: ${open}, Target shard count: ${target}`,
  /** Ours. */
  onDemandStreams: (account: string, limit: number): string =>
    `This request would exceed the on-demand stream limit for the account ${account}. ` +
    `Limit: ${limit}.`,
  /** Ours. */
  perDay: (what: string, stream: StreamRef, limit: number): string =>
    `${what} for stream ${of(stream)} exceeded. Limit: ${limit} in a rolling 24-hour window.`,
  /** Ours. */
  consumers: (stream: StreamRef, limit: number): string =>
    `Stream ${of(stream)} cannot have more than ${limit} registered consumers.`,
  /** Ours. */
  channelsOfStream: (stream: StreamRef): string =>
    `Stream ${of(stream)} cannot have more than one channel that delivers to S3.`,
  /** Ours. */
  channels: (account: string, limit: number): string =>
    `This request would exceed the channel limit for the account ${account}. Limit: ${limit}.`,
  /** Ours. */
  consumersCreating: (stream: StreamRef, limit: number): string =>
    `Stream ${of(stream)} cannot have more than ${limit} consumers in CREATING.`,
} as const;

/** ProvisionedThroughputExceededException, and the same code in entries of PutRecords. */
export const throughputExceeded = {
  /** Observed. */
  shard: (index: number, stream: StreamRef): string =>
    `Rate exceeded for shard ${shardId(index)} in stream ${of(stream)}.`,
} as const;

/** Entries of PutRecords that failed for no fault of the caller; from the service model. */
export const internalFailureEntry = 'Internal Service Failure';

/** InvalidArgumentException about iterators and positions. */
export const invalidPosition = {
  /** Observed. */
  iterator: 'Invalid ShardIterator.',
  /** Observed. */
  numberMissing: (type: string): string => `${numberRule} ${type} and no StartingSequenceNumber.`,
  /** Observed. */
  numberForbidden: (type: string): string =>
    `${numberRule} ${type} and also a StartingSequenceNumber.`,
  /** Observed. */
  numberInvalid: (number: string, index: number, stream: StreamRef): string =>
    `StartingSequenceNumber ${number} used in GetShardIterator on shard ${shardId(index)} in ` +
    `stream ${of(stream)} is invalid.`,
  /** Observed. */
  numberOfOtherStream: (number: string, index: number, stream: StreamRef): string =>
    `StartingSequenceNumber ${number} used in GetShardIterator on shard ${shardId(index)} in ` +
    `stream ${of(stream)} is invalid because it did not come from this stream.`,
  /** Observed. */
  numberOfOtherShard: (encoded: number, index: number): string =>
    `Invalid StartingSequenceNumber. It encodes ${shardId(encoded)}, while it was used in a ` +
    `call to a shard with ${shardId(index)}`,
  /** Observed. */
  timestampMissing: (): string =>
    'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. ' +
    'Current request has no timestamp parameter.',
  /** Observed. */
  timestampInFuture: (ms: number, nowMs: number): string =>
    `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ` +
    `timestampInMillis: ${ms}, currentTimestampInMillis: ${nowMs}`,
} as const;

const numberRule =
  'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ' +
  'StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. ' +
  'Request specified';

/** InvalidArgumentException about records. */
export const invalidRecord = {
  /** Observed. */
  explicitHashKey: (given: string): string =>
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ` +
    `Specified value was ${given}`,
  /** Observed. */
  ordering: (given: string, stream: StreamRef): string =>
    `ExclusiveMinimumSequenceNumber ${given} used in PutRecord on stream ${of(stream)} is invalid.`,
  /** Observed with 5 in the days of a 5 MiB limit. */
  batchSize: 'Records size exceeds 10 MB limit',
} as const;

/** InvalidArgumentException about resharding. */
export const invalidReshard = {
  /** Observed. */
  splitKey: (key: string, index: number, stream: StreamRef, start: string, end: string): string =>
    `NewStartingHashKey ${key} used in SplitShard() on shard ${shardId(index)} in stream ` +
    `${of(stream)} is not both greater than one plus the shard's StartingHashKey ${start} and ` +
    `less than the shard's EndingHashKey ${end}.`,
  /** Observed. */
  notAdjacent: (first: number, second: number, stream: StreamRef): string =>
    `Shards ${shardId(first)} and ${shardId(second)} in stream ${of(stream)} are not an ` +
    `adjacent pair of shards eligible for merging`,
  /** Customary. */
  closed: (index: number, stream: StreamRef): string =>
    `Shard ${shardId(index)} in stream ${of(stream)} has already been merged or split, and ` +
    `thus is not eligible for merging or splitting.`,
} as const;

/** InvalidArgumentException about retention. */
export const invalidRetention = {
  /** Observed. */
  tooShort: (hours: number): string =>
    `Minimum allowed retention period is 24 hours. Requested retention period (${hours} ` +
    `hours) is too short.`,
  /** Customary. */
  tooLong: (hours: number): string =>
    `Maximum allowed retention period is 8760 hours. Requested retention period (${hours} ` +
    `hours) is too long.`,
  /** Observed. */
  notLonger: (hours: number, stream: StreamRef, current: number): string =>
    `Requested retention period (${hours} hours) for stream ${stream.name} can not be shorter ` +
    `than existing retention period (${current} hours). Use DecreaseRetentionPeriod API.`,
  /** Observed. */
  notShorter: (hours: number, stream: StreamRef, current: number): string =>
    `Requested retention period (${hours} hours) for stream ${stream.name} can not be longer ` +
    `than existing retention period (${current} hours). Use IncreaseRetentionPeriod API.`,
} as const;

/** InvalidArgumentException about tags. */
export const invalidTags = {
  /** Observed. */
  characters: (): string =>
    'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white ' +
    'space, _ . / = + - % @.',
  /** Observed; the second of two checks. */
  illegalOnAdd: (stream: StreamRef): string =>
    `Failed to add tags to stream ${of(stream)} because some tags contained illegal ` +
    `characters. The allowed characters are Unicode letters, ` +
    `white-spaces, '_',',','/','=','+','-','@'.`,
  /** Observed. */
  illegalOnRemove: (stream: StreamRef): string =>
    `Failed to remove tags from stream ${of(stream)} because some tags contained illegal ` +
    `characters. The allowed characters are Unicode letters, ` +
    `white-spaces, '_',',','/','=','+','-','@'.`,
  /** Observed with 10 in the days of that limit. */
  tooMany: (stream: StreamRef, limit: number): string =>
    `Failed to add tags to stream ${of(stream)} because a given stream cannot have more than ` +
    `${limit} tags associated with it.`,
  /** Ours: the same rules for resources named by ARN. */
  tooManyOnResource: (arn: string, limit: number): string =>
    `Failed to add tags to resource ${arn} because a given resource cannot have more than ` +
    `${limit} tags associated with it.`,
  /** Ours. */
  reserved: 'Tag keys beginning with aws: are reserved for system use.',
} as const;

/** InvalidArgumentException about what a request is on. */
export const invalidSelector = {
  /** Ours: neither name nor ARN. */
  streamMissing: 'Either StreamName or StreamARN should be provided.',
  /** Ours: name and ARN of different streams. */
  streamsDiffer: (name: string, arn: string): string =>
    `StreamName ${name} and StreamARN ${arn} do not refer to the same stream.`,
  /** Ours: an ARN of another region, or one that names no stream. */
  arn: (arn: string): string => `Invalid ARN: ${arn}`,
  /** Ours. */
  consumerMissing: 'Either ConsumerARN or both StreamARN and ConsumerName should be provided.',
  /** Ours. */
  consumersDiffer: (arn: string): string =>
    `ConsumerARN ${arn} does not match the given StreamARN and ConsumerName.`,
} as const;

/** InvalidArgumentException about pages. */
export const invalidPage = {
  /** Observed. */
  nothingGiven: 'Either NextToken or StreamName should be provided.',
  /** Observed for StreamName, StreamARN, ExclusiveStartShardId and ShardFilter. */
  together: (member: string): string => `NextToken and ${member} cannot be provided together.`,
  /** Ours. */
  token: 'NextToken is invalid.',
  /** Ours. */
  filterShardMissing: 'ShardFilter of type AFTER_SHARD_ID requires a ShardId.',
  /** Ours. */
  filterTimestampMissing: (type: string): string =>
    `ShardFilter of type ${type} requires a Timestamp.`,
} as const;

/** ValidationException beyond constraints of single members. */
export const invalidRequest = {
  /** Customary. */
  onDemand: (stream: StreamRef): string =>
    `Request is invalid. Stream ${of(stream)} is in On-Demand mode.`,
  /** Ours. */
  notOnDemand: (stream: StreamRef): string =>
    `Request is invalid. Stream ${of(stream)} is in Provisioned mode.`,
  /** Ours. */
  shardCountMissing: 'ShardCount is required for a stream in PROVISIONED mode.',
  /** Ours. */
  warmThroughputOnProvisioned:
    'WarmThroughputMiBps can be given only for a stream in ON_DEMAND mode.',
  /** Ours. */
  warmThroughputWithoutCommitment: (): string =>
    'WarmThroughputMiBps needs the minimum throughput billing commitment of the account to be ' +
    'enabled.',
  /** Ours. */
  warmThroughputKept: (stream: StreamRef): string =>
    `The billing commitment cannot end while stream ${of(stream)} has a warm throughput.`,
  /** Ours. */
  warmThroughputTooHigh: (limit: number): string =>
    `WarmThroughputMiBps cannot be greater than ${limit}.`,
  /** Ours. */
  encryptionType: 'EncryptionType must be KMS.',
  /** Ours. */
  distributionOnProvisioned:
    'RecordDistributionStrategy can be given only for a stream in ON_DEMAND mode.',
} as const;

/** InvalidArgumentException about channels; ours. */
export const invalidChannel = {
  oneStream: 'StreamConfigurationList must hold exactly one stream.',
  oneDestination:
    'Exactly one of S3DestinationConfiguration and S3TablesDestinationConfiguration must be given.',
  onlyS3:
    'Only S3 destinations are supported: channels that deliver to S3 Tables cannot be created here.',
  format: (format: string): string =>
    `RecordFormatType ${format} is not supported for S3 destinations.`,
  schema: 'GSRSchemaARN can be given only for S3 Tables destinations.',
  freshness: (min: number, max: number): string =>
    `DataFreshnessInSeconds must be between ${min} and ${max}.`,
  notOnDemand: (stream: StreamRef): string =>
    `Channels are supported only for streams in On-Demand mode. Stream ${of(stream)} is in ` +
    'Provisioned mode.',
  keyTemplate: (problem: string): string => `OutputKeyTemplate is invalid: ${problem}.`,
  account: 'The channel must belong to the account of its stream.',
  nothingToUpdate: 'Either S3DestinationConfiguration or LoggingConfiguration must be given.',
} as const;

/** AccessDeniedException; observed. */
export function accessDenied(callerArn: string, action: string, resourceArn: string): string {
  return `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resourceArn}`;
}

/** InvalidArgumentException about resource policies; ours. */
export function invalidPolicy(problem: string): string {
  return `The policy is not a valid policy document: ${problem}.`;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Thu Dec 10 01:59:39 UTC 2015`, the form of instants in texts. */
function instant(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [WEEKDAYS[date.getUTCDay()], MONTHS[date.getUTCMonth()], two(date.getUTCDate())];
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day.join(' ')} ${time} UTC ${date.getUTCFullYear()}`;
}

/** ExpiredIteratorException; observed. */
export function iteratorExpired(issuedMs: number, nowMs: number, lifeMs: number): string {
  return (
    `Iterator expired. The iterator was created at time ${instant(issuedMs)} while right now ` +
    `it is ${instant(nowMs)} which is further in the future than the tolerated delay of ` +
    `${lifeMs} milliseconds.`
  );
}

/** ExpiredNextTokenException; ours. */
export function nextTokenExpired(lifeMs: number): string {
  return `NextToken expired. Tokens are valid for ${lifeMs} milliseconds.`;
}

/** DryRunOperationException; ours. */
export const dryRunSucceeded = 'The request would have succeeded, but the DryRun flag is set.';
