/** Channels come and go beside their stream, one for each, and keep it from being deleted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateChannelCommand } from '../api/ports.ts';
import type { ChannelDocument } from '../model/channel.ts';
import { ACCOUNT, ControlHarness, failsWith, ref } from './control-harness.suite.ts';

const bucket = { arn: 'arn:aws:s3:::b', expectedOwner: ACCOUNT };

function command(name: string): CreateChannelCommand {
  return {
    name,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/r`,
    format: 'JSON',
    destination: {
      bucket,
      compression: 'NONE',
      keyTemplate: null,
      storageClass: null,
      deadLetter: { ...bucket, prefix: 'errors/' },
      freshnessSeconds: 300,
    },
    kmsKeyId: null,
    logging: { enabled: true, group: null, stream: null },
    tags: {},
  };
}

async function started(): Promise<{ harness: ControlHarness; channel: ChannelDocument }> {
  const harness = await ControlHarness.start();
  await harness.created('s', 1, { mode: 'ON_DEMAND' });
  const channel = await harness.control.createChannel(ref('s'), command('c'));
  return { harness, channel };
}

test('a channel is CREATING, ACTIVE from an instant on, UPDATING, DELETING and gone', async () => {
  const { harness, channel } = await started();
  const { control } = harness;
  assert.equal(channel.status, 'CREATING');
  assert.equal(channel.arn, `arn:aws:kinesis:us-east-1:${ACCOUNT}:channel/${channel.id}`);
  assert.match(channel.id, /^[0-9a-f]{20}$/);
  assert.equal(channel.logging.group, `/aws/kinesis/c/${channel.id}`);
  assert.equal(channel.activeAtMs, null);
  const update = { freshnessSeconds: 900, logging: null };
  await assert.rejects(
    control.updateChannel(channel, update),
    failsWith(
      'ResourceInUseException',
      `Channel ${channel.arn} not ACTIVE, instead in state CREATING`,
    ),
  );
  await harness.settle();
  const active = control.channel(channel)!;
  assert.equal(active.status, 'ACTIVE');
  assert.equal(active.activeAtMs, harness.clock.now());

  const logging = { enabled: false, group: null, stream: 'mine' };
  assert.equal((await control.updateChannel(channel, { ...update, logging })).status, 'UPDATING');
  await harness.settle();
  const updated = control.channel(channel)!;
  assert.equal(updated.status, 'ACTIVE');
  assert.equal(updated.activeAtMs, active.activeAtMs);
  assert.equal(updated.destination.freshnessSeconds, 900);
  assert.deepEqual(updated.logging, { ...channel.logging, enabled: false, stream: 'mine' });

  await control.deleteChannel(channel);
  await control.deleteChannel(channel);
  assert.equal(control.channel(channel)?.status, 'DELETING');
  await harness.settle();
  assert.equal(control.channel(channel), null);
  await assert.rejects(
    control.deleteChannel(channel),
    failsWith('ResourceNotFoundException', `Channel ${channel.arn} not found.`),
  );
});

test('a bucket that cannot be used makes the channel FAILED; it can be deleted', async () => {
  const { harness, channel } = await started();
  harness.destinationProblem = 'there is no such bucket';
  await harness.settle();
  const failed = harness.control.channel(channel)!;
  assert.equal(failed.status, 'FAILED');
  assert.equal(failed.statusReason, 'there is no such bucket');
  assert.equal(failed.activeAtMs, null);
  await harness.control.deleteChannel(channel);
  await harness.settle();
  assert.equal(harness.control.channel(channel), null);
});

test('states survive a crash and go on', async () => {
  const { harness, channel } = await started();
  await harness.crash();
  assert.equal(harness.control.channel(channel)?.status, 'CREATING');
  await harness.settle();
  assert.equal(harness.control.channel(channel)?.status, 'ACTIVE');
  await harness.control.deleteChannel(channel);
  await harness.crash();
  await harness.settle();
  assert.deepEqual(harness.control.allChannels(), []);
});

test('limits: on-demand streams, one channel for each, names once per account', async () => {
  const { harness } = await started();
  const { control } = harness;
  await harness.created('provisioned');
  await harness.created('other', 1, { mode: 'ON_DEMAND' });
  await assert.rejects(
    control.createChannel(ref('provisioned'), command('d')),
    failsWith('InvalidArgumentException', /only for streams in On-Demand mode/),
  );
  await assert.rejects(
    control.createChannel(ref('s'), command('d')),
    failsWith('LimitExceededException', /more than one channel/),
  );
  await assert.rejects(
    control.createChannel(ref('other'), command('c')),
    failsWith('ResourceInUseException', `Channel c under account ${ACCOUNT} already exists.`),
  );
  await assert.rejects(
    control.createChannel(ref('none'), command('d')),
    failsWith('ResourceNotFoundException', `Stream none under account ${ACCOUNT} not found.`),
  );
  assert.equal(control.accountUse(ACCOUNT).channelCount, 1);
  assert.equal(control.channelCount(harness.stream('s')), 1);
  assert.equal(control.channelCount(harness.stream('other')), 0);
});

test('two streams that ask for one name at the same time: one of them gets it', async () => {
  const harness = await ControlHarness.start();
  await harness.created('s', 1, { mode: 'ON_DEMAND' });
  await harness.created('t', 1, { mode: 'ON_DEMAND' });
  const outcomes = await Promise.allSettled([
    harness.control.createChannel(ref('s'), command('c')),
    harness.control.createChannel(ref('t'), command('c')),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a stream with a channel can neither be deleted nor become provisioned', async () => {
  const { harness, channel } = await started();
  await harness.settle();
  await assert.rejects(
    harness.control.deleteStream(ACCOUNT, 's', true),
    failsWith('ResourceInUseException', /because channels deliver from it/),
  );
  await assert.rejects(
    harness.control.updateStreamMode(ref('s'), 'PROVISIONED', null),
    failsWith('ResourceInUseException', /must stay in On-Demand mode/),
  );
  await harness.control.deleteChannel(channel);
  await harness.settle();
  await harness.control.deleteStream(ACCOUNT, 's', true);
});

test('channels are listed by id, of some streams if asked so, and tagged', async () => {
  const { harness, channel } = await started();
  const { control } = harness;
  await harness.created('t', 1, { mode: 'ON_DEMAND' });
  const other = await control.createChannel(ref('t'), command('d'));
  const ids = [channel.id, other.id].sort();
  const listed = (filters: Parameters<typeof control.channels>[1], after: string | null = null) =>
    control.channels(ACCOUNT, filters, after, 10).map(({ id }) => id);
  assert.deepEqual(listed([]), ids);
  assert.deepEqual(listed([], ids[0]), [ids[1]]);
  const { streamCreatedMs } = other;
  assert.deepEqual(listed([{ stream: ref('t'), streamCreatedMs }]), [other.id]);
  assert.deepEqual(listed([{ stream: ref('t'), streamCreatedMs: streamCreatedMs - 5000 }]), []);
  assert.deepEqual(control.channels('000000000000', [], null, 10), []);

  await control.addChannelTags(channel, { a: '1', b: '2' });
  await control.removeChannelTags(channel, ['a']);
  assert.deepEqual(control.channel(channel)?.tags, { b: '2' });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, '']));
  await assert.rejects(
    control.addChannelTags(channel, many),
    failsWith('InvalidArgumentException', /more than 50 tags/),
  );
});
