/**
 * How often each operation may be called, as data; puts, gets and subscriptions are limited by the
 * shard's owner instead.
 */
import { parseArn } from '../model/arn.ts';
import { CONTROL_CALLS_PER_SECOND, SHARD_ITERATOR_CALLS_PER_SECOND } from '../model/limits.ts';
import { limitExceeded, throughputExceeded } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { parseShardId } from '../model/shard-id.ts';
import type { Caller, Target } from './operation.ts';

export interface CallRate {
  readonly perSecond: number;
  /** What the calls are counted by. Shards are counted by account too. */
  readonly per: 'account' | 'stream' | 'shard';
}

const usual: CallRate = { perSecond: CONTROL_CALLS_PER_SECOND, per: 'account' };
const usualOfStream: CallRate = { perSecond: CONTROL_CALLS_PER_SECOND, per: 'stream' };

/** Null: not limited here. */
const rates: Readonly<Record<string, CallRate | null>> = {
  PutRecord: null,
  PutRecords: null,
  GetRecords: null,
  SubscribeToShard: null,
  GetShardIterator: { perSecond: SHARD_ITERATOR_CALLS_PER_SECOND, per: 'shard' },
  DescribeStream: { perSecond: 10, per: 'account' },
  DescribeStreamSummary: { perSecond: 20, per: 'account' },
  ListShards: { perSecond: 1000, per: 'stream' },
  DescribeLimits: { perSecond: 1, per: 'account' },
  UpdateShardCount: { perSecond: 10, per: 'account' },
  DescribeStreamConsumer: { perSecond: 20, per: 'stream' },
  SplitShard: usualOfStream,
  MergeShards: usualOfStream,
  IncreaseStreamRetentionPeriod: usualOfStream,
  DecreaseStreamRetentionPeriod: usualOfStream,
  EnableEnhancedMonitoring: usualOfStream,
  DisableEnhancedMonitoring: usualOfStream,
  RegisterStreamConsumer: usualOfStream,
  DeregisterStreamConsumer: usualOfStream,
  ListStreamConsumers: usualOfStream,
};

export function callRate(operation: string): CallRate | null {
  const rate = rates[operation];
  return rate === undefined ? usual : rate;
}

/** What a call of `operation` is counted under. */
export function rateKey(
  operation: string,
  rate: CallRate,
  caller: Caller,
  target: Target | null,
  input: unknown,
): string {
  const account = target?.account ?? caller.account;
  if (rate.per === 'account' || target === null) return `${operation} ${account}`;
  if (rate.per === 'stream') return `${operation} ${streamPart(target.arn)}`;
  return `${operation} ${target.arn} ${caller.account} ${String(shardIndexOf(input))}`;
}

/** What a caller that went over the rate is told. */
export function rateExceeded(
  rate: CallRate,
  caller: Caller,
  target: Target | null,
  input: unknown,
): ServiceError {
  const resource = target === null ? null : parseArn(target.arn);
  if (resource === null || resource.kind === 'channel') {
    const account = target?.account ?? caller.account;
    return new ServiceError('LimitExceededException', limitExceeded.accountRate(account));
  }
  const index = rate.per === 'shard' ? shardIndexOf(input) : null;
  return index === null
    ? new ServiceError('LimitExceededException', limitExceeded.rate(resource))
    : new ServiceError(
        'ProvisionedThroughputExceededException',
        throughputExceeded.shard(index, resource),
      );
}

/** The stream's ARN, also of a consumer's. */
function streamPart(arn: string): string {
  const end = arn.indexOf('/consumer/');
  return end < 0 ? arn : arn.slice(0, end);
}

/** Null when the id cannot be read: the operation will say so. */
function shardIndexOf(input: unknown): number | null {
  const { ShardId } = input as { ShardId?: unknown };
  return typeof ShardId === 'string' ? parseShardId(ShardId) : null;
}
