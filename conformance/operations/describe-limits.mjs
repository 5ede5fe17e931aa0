// @ts-check
import { equal, must, ok } from '../kit/expect.mjs';

export const name = 'DescribeLimits';

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  const required = [
    'ShardLimit',
    'OpenShardCount',
    'OnDemandStreamCount',
    'OnDemandStreamCountLimit',
  ];
  suite.both('whole numbers, none below zero', async ({ call }) => {
    const out = ok(await call({}));
    for (const member of required) {
      must(Number.isInteger(out[member]) && out[member] >= 0, `${member}: ${out[member]}`);
    }
  });
  suite.both('what is in use is within the limits', async ({ call }) => {
    const out = ok(await call({}));
    must(out.OpenShardCount <= out.ShardLimit, 'more shards than the limit');
    must(out.OnDemandStreamCount <= out.OnDemandStreamCountLimit, 'more streams than the limit');
  });
  suite.both('channels, where they are counted', async ({ call }) => {
    const { ChannelCount, ChannelCountLimit } = ok(await call({}));
    equal(ChannelCount === undefined, ChannelCountLimit === undefined, 'one without the other');
    must(
      (ChannelCount ?? 0) <= (ChannelCountLimit ?? 0),
      `${ChannelCount} of ${ChannelCountLimit}`,
    );
  });
  suite.case('unknown members are ignored', async ({ call }) => {
    ok(await call({ Something: { Else: [1, 2] } }));
  });
  suite.case('the usual quota of on-demand streams', async ({ call }) => {
    must(ok(await call({})).OnDemandStreamCountLimit >= 50, 'below 50');
  });
  suite.case('streams count', async ({ lab, call }) => {
    const name = await lab.enterCreating({});
    await lab.active(name);
    const out = ok(await call({}));
    must(out.OnDemandStreamCount >= 1, `OnDemandStreamCount ${out.OnDemandStreamCount}`);
    must(out.OpenShardCount >= 4, `OpenShardCount ${out.OpenShardCount}`);
    equal(typeof out.ShardLimit, 'number');
  });
}
