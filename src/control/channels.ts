/**
 * CreateChannel, UpdateChannel, DeleteChannel, and the transitions of channels.
 *
 * Commands on channels run in line with those on their stream, so that a channel never outlives it.
 * A new channel becomes ACTIVE only when its buckets take objects; else it is FAILED and says why.
 */
import type {
  ChannelFilter,
  ChannelLoggingWish,
  ChannelUpdate,
  CreateChannelCommand,
} from '../api/ports.ts';
import { channelArn } from '../model/arn.ts';
import type { ChannelDocument, ChannelLogging, ChannelRef } from '../model/channel.ts';
import { CHANNELS_PER_ACCOUNT_MAX } from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { inUse, invalidChannel, limitExceeded, notFound } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { aside } from './consumers.ts';
import type { ControlContext } from './control-context.ts';
import { active } from './control-context.ts';
import type { TableCommit } from './meta-table.ts';

/** Random bytes of a channel's id, which is twice as many hexadecimal digits. */
const ID_BYTES = 10;

export async function createChannel(
  context: ControlContext,
  ref: StreamRef,
  command: CreateChannelCommand,
): Promise<ChannelDocument> {
  const { account } = ref;
  const { name, logging, ...settings } = command;
  const id = Buffer.from(context.random.bytes(ID_BYTES)).toString('hex');
  let created: ChannelDocument | null = null;
  await context.changes.change(account, ref.name, (current) => {
    const record = active(current, account, ref.name);
    const { document } = record;
    if (document.mode !== 'ON_DEMAND') {
      throw new ServiceError('InvalidArgumentException', invalidChannel.notOnDemand(ref));
    }
    if (context.channels.hasName(account, name)) {
      throw new ServiceError('ResourceInUseException', inUse.channelExists(name, account));
    }
    checkNumber(context, document.uid, ref);
    const nowMs = context.clock.now();
    created = {
      ...settings,
      account,
      id,
      name,
      arn: channelArn(context.region, account, id),
      status: 'CREATING',
      statusReason: null,
      settlesAtMs: nowMs + context.transitionMs,
      createdMs: nowMs,
      activeAtMs: null,
      streamName: ref.name,
      streamUid: document.uid,
      streamArn: document.arn,
      streamCreatedMs: document.createdMs,
      logging: loggingOf(logging, name, id),
    };
    const finished = context.channels.reserve(account, name);
    return { ...aside(record, storing(context, created)), finished };
  });
  return created!;
}

function checkNumber(context: ControlContext, streamUid: number, ref: StreamRef): void {
  if (context.channels.count(streamUid) > 0) {
    throw new ServiceError('LimitExceededException', limitExceeded.channelsOfStream(ref));
  }
  if (context.channels.total(ref.account) >= CHANNELS_PER_ACCOUNT_MAX) {
    context.gate.pass(limitExceeded.channels(ref.account, CHANNELS_PER_ACCOUNT_MAX));
  }
}

function loggingOf(wish: ChannelLoggingWish, name: string, id: string): ChannelLogging {
  return {
    enabled: wish.enabled,
    group: wish.group ?? `/aws/kinesis/${name}/${id}`,
    stream: wish.stream ?? 'DestinationDelivery',
  };
}

export async function updateChannel(
  context: ControlContext,
  ref: ChannelRef,
  { freshnessSeconds, logging }: ChannelUpdate,
): Promise<ChannelDocument> {
  let updated: ChannelDocument | null = null;
  await changeChannel(context, ref, (channel) => {
    if (channel.status !== 'ACTIVE') {
      const text = inUse.channelNotActive(channel.arn, channel.status);
      throw new ServiceError('ResourceInUseException', text);
    }
    const { destination } = channel;
    updated = {
      ...channel,
      status: 'UPDATING',
      settlesAtMs: context.clock.now() + context.transitionMs,
      destination: {
        ...destination,
        freshnessSeconds: freshnessSeconds ?? destination.freshnessSeconds,
      },
      logging: logging === null ? channel.logging : changedLogging(channel.logging, logging),
    };
    return updated;
  });
  return updated!;
}

function changedLogging(current: ChannelLogging, wish: ChannelLoggingWish): ChannelLogging {
  const { enabled, group, stream } = wish;
  return { enabled, group: group ?? current.group, stream: stream ?? current.stream };
}

export async function deleteChannel(context: ControlContext, ref: ChannelRef): Promise<void> {
  await changeChannel(context, ref, (channel) => {
    if (channel.status === 'DELETING') {
      return null;
    }
    const settlesAtMs = context.clock.now() + context.transitionMs;
    return { ...channel, status: 'DELETING', settlesAtMs };
  });
}

/** Changes one channel; `change` gives null where there is nothing to do. */
export async function changeChannel(
  context: ControlContext,
  ref: ChannelRef,
  change: (channel: ChannelDocument) => ChannelDocument | null,
): Promise<void> {
  const known = existingChannel(context, ref);
  await context.changes.change(known.account, known.streamName, (current) => {
    const channel = existingChannel(context, ref);
    if (current === null) {
      throw new ServiceError('ResourceNotFoundException', notFound.channel(channel.arn));
    }
    const next = change(channel);
    return next === null ? null : aside(current, storing(context, next));
  });
}

function existingChannel(context: ControlContext, ref: ChannelRef): ChannelDocument {
  const channel = context.channels.get(ref);
  if (channel === undefined) {
    const arn = channelArn(context.region, ref.account, ref.id);
    throw new ServiceError('ResourceNotFoundException', notFound.channel(arn));
  }
  return channel;
}

/** What ListChannels shows of channels that are in the order of their ids. */
export function selectChannels(
  channels: readonly ChannelDocument[],
  filters: readonly ChannelFilter[],
  afterId: string | null,
  limit: number,
): readonly ChannelDocument[] {
  return channels
    .filter(({ id }) => afterId === null || id > afterId)
    .filter((channel) => filters.length === 0 || filters.some((one) => selects(one, channel)))
    .slice(0, limit);
}

function selects({ stream, streamCreatedMs }: ChannelFilter, channel: ChannelDocument): boolean {
  const sameSecond =
    streamCreatedMs === null ||
    Math.floor(streamCreatedMs / 1000) === Math.floor(channel.streamCreatedMs / 1000);
  return stream.account === channel.account && stream.name === channel.streamName && sameSecond;
}

/** Stores a channel and sees to its transition. */
function storing(context: ControlContext, next: ChannelDocument): TableCommit {
  const { ops, committed } = context.channels.put(next);
  return {
    ops,
    committed: (rev) => {
      committed(rev);
      scheduleChannel(context, next);
    },
  };
}

/** Lets a channel in transition settle when its time comes. Called for each after a start. */
export function scheduleChannel(context: ControlContext, channel: ChannelDocument): void {
  const key = `channel/${channel.account}/${channel.id}`;
  if (channel.settlesAtMs === null) {
    context.steps.cancel(key);
    return;
  }
  const remaining = channel.settlesAtMs - context.clock.now();
  const delayMs = Math.min(Math.max(remaining, 0), context.transitionMs);
  context.steps.start(key, delayMs, async () => settleChannel(context, channel));
}

async function settleChannel(context: ControlContext, then: ChannelDocument): Promise<void> {
  // Asked outside the change, which holds up other changes of the stream.
  const problem = then.status === 'CREATING' ? await context.destinations.problem(then) : null;
  await context.changes.change(then.account, then.streamName, (current) => {
    const channel = context.channels.get(then);
    if (current === null || channel?.status !== then.status) {
      return null;
    }
    if (channel.status === 'DELETING') {
      return aside(current, context.channels.remove(channel));
    }
    return aside(current, storing(context, settled(channel, problem, context.clock.now())));
  });
}

function settled(channel: ChannelDocument, problem: string | null, nowMs: number): ChannelDocument {
  const activeAtMs = channel.activeAtMs ?? nowMs;
  return problem === null
    ? { ...channel, status: 'ACTIVE', settlesAtMs: null, activeAtMs }
    : { ...channel, status: 'FAILED', settlesAtMs: null, statusReason: problem };
}
