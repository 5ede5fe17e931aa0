/**
 * The service's numbers: quotas, sizes, lifetimes, rates. Named once, used everywhere.
 *
 * They are AWS's defaults of 2026. Units come last in the names; `PerSecond` are sustained rates.
 */
const KIB = 1024;
const MIB = 1024 * KIB;
const HOUR_MS = 3_600_000;

/** Records. */
export const RECORD_BYTES_MAX: number = 10 * MIB;
export const MAX_RECORD_SIZE_KIB_DEFAULT = 1024;
export const MAX_RECORD_SIZE_KIB_MIN = 1024;
export const MAX_RECORD_SIZE_KIB_MAX = 10_240;
export const PARTITION_KEY_CHARS_MAX = 256;
/** Bytes a partition key of 256 characters can take in UTF-8. */
export const PARTITION_KEY_BYTES_MAX: number = 4 * PARTITION_KEY_CHARS_MAX;

/** PutRecords. */
export const PUT_RECORDS_COUNT_MAX = 500;
/** Data and partition keys of a whole PutRecords call. */
export const PUT_RECORDS_BYTES_MAX: number = 10 * MIB;

/** GetRecords. */
export const GET_RECORDS_COUNT_MAX = 10_000;
export const GET_RECORDS_BYTES_MAX: number = 10 * MIB;

/** Per open shard. */
export const SHARD_WRITE_BYTES_PER_SECOND: number = MIB;
export const SHARD_WRITE_RECORDS_PER_SECOND = 1_000;
/**
 * A shard may take this much at once, so that a 10 MiB record fits; it refills at the write rate.
 */
export const SHARD_WRITE_BURST_BYTES: number = 10 * MIB;
export const SHARD_READ_BYTES_PER_SECOND: number = 2 * MIB;
/** Five seconds of read credit: one 10 MiB answer uses it up. */
export const SHARD_READ_BURST_BYTES: number = 10 * MIB;
export const SHARD_READ_CALLS_PER_SECOND = 5;
export const SHARD_ITERATOR_CALLS_PER_SECOND = 5;
/** Per consumer and shard. */
export const FAN_OUT_BYTES_PER_SECOND: number = 2 * MIB;
/** Data and partition keys of one SubscribeToShard event. */
export const FAN_OUT_EVENT_BYTES_MAX: number = MIB;
export const SUBSCRIBE_CALLS_PER_SECOND = 1;
export const SUBSCRIPTION_LIFE_MS = 300_000;
/** Longest a subscriber waits for an event, be it an empty one. */
export const SUBSCRIPTION_HEARTBEAT_MS = 5_000;
/**
 * Within this time of a subscription's start another one for the same consumer and shard is
 * refused.
 */
export const SUBSCRIPTION_TAKEOVER_AFTER_MS = 5_000;

/** Lifetimes of what clients carry. */
export const ITERATOR_LIFE_MS = 300_000;
export const NEXT_TOKEN_LIFE_MS = 300_000;

/** Retention. */
export const RETENTION_HOURS_DEFAULT = 24;
export const RETENTION_HOURS_MIN = 24;
export const RETENTION_HOURS_MAX = 8_760;
export const RETENTION_HOUR_MS: number = HOUR_MS;

/** Streams and shards, per account and region. */
export const ON_DEMAND_STREAMS_MAX = 50;
export const SHARDS_PER_STREAM_MAX = 10_000;
export const STREAMS_CREATING_MAX = 5;
export const STREAMS_DELETING_MAX = 5;
export const ON_DEMAND_INITIAL_SHARDS = 4;
export const SHARDS_PER_ACCOUNT_LARGE_REGION = 20_000;
export const SHARDS_PER_ACCOUNT = 6_000;
export const SHARD_UPDATES_PER_DAY = 10;
export const MODE_SWITCHES_PER_DAY = 2;
export const KEY_CHANGES_PER_DAY = 25;
/** 10 GiB/s, the ceiling of an on-demand stream. */
export const WARM_THROUGHPUT_MIBPS_MAX = 10_240;

/** Regions in which an account may have 20,000 shards. */
const LARGE_REGIONS: ReadonlySet<string> = new Set(['us-east-1', 'us-west-2', 'eu-west-1']);

/** Shards an account may have in a region. */
export function shardsPerAccount(region: string): number {
  return LARGE_REGIONS.has(region) ? SHARDS_PER_ACCOUNT_LARGE_REGION : SHARDS_PER_ACCOUNT;
}

/** Enhanced fan-out. */
export const CONSUMERS_PER_STREAM_MAX = 20;
/** With the account's minimum throughput billing commitment. */
export const CONSUMERS_PER_STREAM_ADVANTAGE_MAX = 50;
export const CONSUMERS_CREATING_MAX = 5;

/** Tags. */
export const TAGS_PER_RESOURCE_MAX = 50;
export const TAG_KEY_CHARS_MAX = 128;
export const TAG_VALUE_CHARS_MAX = 256;

/** Channels. */
/** One that delivers to S3, one to S3 Tables. */
export const CHANNELS_PER_STREAM_MAX = 2;
/** As many as all on-demand streams of an account may have. */
export const CHANNELS_PER_ACCOUNT_MAX: number = CHANNELS_PER_STREAM_MAX * ON_DEMAND_STREAMS_MAX;
export const CHANNEL_FRESHNESS_SECONDS_MIN = 300;
export const CHANNEL_FRESHNESS_SECONDS_MAX = 900;
/** Bytes of an object key in S3. */
export const OBJECT_KEY_BYTES_MAX = 1024;

/** Account settings: the billing commitment lasts at least this long. */
export const BILLING_COMMITMENT_MIN_MS: number = 24 * HOUR_MS;

/** Pages. */
export const DESCRIBE_STREAM_PAGE_MAX = 100;
export const LIST_STREAMS_PAGE_MAX = 100;
export const LIST_SHARDS_PAGE_DEFAULT = 1_000;
export const LIST_SHARDS_PAGE_MAX = 10_000;
export const LIST_CONSUMERS_PAGE_MAX = 100;
export const LIST_CHANNELS_PAGE_MAX = 100;
export const LIST_TAGS_PAGE_MAX = 50;

/** Calls per second of the control plane where no other number is known. */
export const CONTROL_CALLS_PER_SECOND = 5;
