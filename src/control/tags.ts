/**
 * Tags of streams, consumers and channels: added over what is there, removed whether or not they
 * are.
 */
import type { ConsumerRef } from '../api/ports.ts';
import type { ChannelRef } from '../model/channel.ts';
import { TAGS_PER_RESOURCE_MAX } from '../model/limits.ts';
import type { StreamRef } from '../model/messages.ts';
import { invalidTags } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { changeStream } from './change-stream.ts';
import { changeChannel } from './channels.ts';
import { changeConsumer } from './consumers.ts';
import type { ControlContext } from './control-context.ts';

type Tags = Readonly<Record<string, string>>;

export async function addStreamTags(
  context: ControlContext,
  ref: StreamRef,
  tags: Tags,
): Promise<void> {
  await changeStream(context, ref, { settleAfter: false }, (document) => ({
    ...document,
    tags: withTags(document.tags, tags, (limit) => invalidTags.tooMany(ref, limit)),
  }));
}

export async function removeStreamTags(
  context: ControlContext,
  ref: StreamRef,
  keys: readonly string[],
): Promise<void> {
  await changeStream(context, ref, { settleAfter: false }, (document) => ({
    ...document,
    tags: withoutTags(document.tags, keys),
  }));
}

export async function addConsumerTags(
  context: ControlContext,
  ref: ConsumerRef,
  tags: Tags,
): Promise<void> {
  await changeConsumer(context, ref, (consumer) => ({
    ...consumer,
    tags: withTags(consumer.tags, tags, (limit) =>
      invalidTags.tooManyOnResource(consumer.arn, limit),
    ),
  }));
}

export async function removeConsumerTags(
  context: ControlContext,
  ref: ConsumerRef,
  keys: readonly string[],
): Promise<void> {
  await changeConsumer(context, ref, (consumer) => ({
    ...consumer,
    tags: withoutTags(consumer.tags, keys),
  }));
}

export async function addChannelTags(
  context: ControlContext,
  ref: ChannelRef,
  tags: Tags,
): Promise<void> {
  await changeChannel(context, ref, (channel) => ({
    ...channel,
    tags: withTags(channel.tags, tags, (limit) =>
      invalidTags.tooManyOnResource(channel.arn, limit),
    ),
  }));
}

export async function removeChannelTags(
  context: ControlContext,
  ref: ChannelRef,
  keys: readonly string[],
): Promise<void> {
  await changeChannel(context, ref, (channel) => ({
    ...channel,
    tags: withoutTags(channel.tags, keys),
  }));
}

function withTags(current: Tags, added: Tags, tooMany: (limit: number) => string): Tags {
  const tags = new Map([...Object.entries(current), ...Object.entries(added)]);
  if (tags.size > TAGS_PER_RESOURCE_MAX) {
    throw new ServiceError('InvalidArgumentException', tooMany(TAGS_PER_RESOURCE_MAX));
  }
  return Object.fromEntries(tags);
}

function withoutTags(current: Tags, keys: readonly string[]): Tags {
  const gone = new Set(keys);
  return Object.fromEntries(Object.entries(current).filter(([key]) => !gone.has(key)));
}
