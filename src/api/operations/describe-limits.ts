/** DescribeLimits: an account's quotas in the region, and how much of them is used. */
import type { Operation } from '../operation.ts';

export const describeLimits: Operation<unknown> = {
  name: 'DescribeLimits',
  plane: 'control',
  input: { type: 'structure', members: {} },
  errors: ['LimitExceededException'],
  target: () => null,
  handle(context) {
    const use = context.control.accountUse(context.caller.account);
    return {
      ShardLimit: use.shardLimit,
      OpenShardCount: use.openShardCount,
      OnDemandStreamCount: use.onDemandStreamCount,
      OnDemandStreamCountLimit: use.onDemandStreamLimit,
      ChannelCount: use.channelCount,
      ChannelCountLimit: use.channelLimit,
    };
  },
};
