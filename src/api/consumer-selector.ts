/**
 * Which consumer or resource a request is about: consumers by ARN, or by name within a stream;
 * tagged resources and those with a policy by ARN alone.
 */
import {
  consumerArn,
  parseArn,
  parseConsumerArn,
  parseStreamArn,
  streamArn,
} from '../model/arn.ts';
import type { ChannelRef } from '../model/channel.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import { invalidSelector, notFound, type StreamRef } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { wholeSecond } from './descriptions.ts';
import type { OperationContext, Target } from './operation.ts';
import type { ConsumerRef } from './ports.ts';
import { invalid } from './stream-selector.ts';

/** The members of a request that select a consumer. */
export interface ConsumerSelector {
  readonly StreamARN?: string;
  readonly ConsumerName?: string;
  readonly ConsumerARN?: string;
}

/** The selected consumer, whether or not it exists. Throws InvalidArgument. */
export function selectConsumer(selector: ConsumerSelector): ConsumerRef {
  const { StreamARN, ConsumerName, ConsumerARN } = selector;
  const stream = StreamARN === undefined ? null : streamOf(StreamARN);
  if (ConsumerARN === undefined) {
    if (stream === null || ConsumerName === undefined)
      throw invalid(invalidSelector.consumerMissing);
    return { ...stream, consumer: ConsumerName, createdSeconds: null };
  }
  const parsed = parseConsumerArn(ConsumerARN);
  if (parsed === null) throw invalid(invalidSelector.arn(ConsumerARN));
  const { account, name, consumer, createdSeconds } = parsed;
  if (
    (stream !== null && (stream.account !== account || stream.name !== name)) ||
    (ConsumerName !== undefined && ConsumerName !== consumer)
  ) {
    throw invalid(invalidSelector.consumersDiffer(ConsumerARN));
  }
  return { account, name, consumer, createdSeconds };
}

/** Account and name of the stream an ARN names. Throws InvalidArgument. */
export function streamOf(arn: string): StreamRef {
  const parsed = parseStreamArn(arn);
  if (parsed === null) throw invalid(invalidSelector.arn(arn));
  return { account: parsed.account, name: parsed.name };
}

/** A consumer as what an action is checked against: by its full ARN if it exists. */
export function consumerTarget(context: OperationContext, ref: ConsumerRef): Target {
  const { account, name, consumer, createdSeconds } = ref;
  const stream = streamArn(context.region, account, name);
  const arn =
    createdSeconds === null
      ? (context.control.consumer(ref)?.arn ?? `${stream}/consumer/${consumer}`)
      : consumerArn(stream, consumer, createdSeconds);
  return { arn, account };
}

/** The selected consumer. Throws ResourceNotFound. */
export function controlConsumer(
  context: OperationContext,
  selector: ConsumerSelector,
): ConsumerDocument {
  const ref = selectConsumer(selector);
  const consumer = context.control.consumer(ref);
  if (consumer !== null) return consumer;
  const text = notFound.consumer(selector.ConsumerARN ?? ref.consumer, ref.account);
  throw new ServiceError('ResourceNotFoundException', text);
}

/** A consumer as answers describe it. */
export function describeConsumer(consumer: ConsumerDocument): object {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumer.arn,
    ConsumerStatus: consumer.status,
    ConsumerCreationTimestamp: wholeSecond(consumer.createdSeconds * 1000),
  };
}

/** A resource that has tags or a policy of its own. */
export type ResourceRef =
  | { readonly kind: 'stream'; readonly ref: StreamRef }
  | { readonly kind: 'consumer'; readonly ref: ConsumerRef }
  | { readonly kind: 'channel'; readonly ref: ChannelRef };

/** What a ResourceARN names, whether or not it exists. Throws InvalidArgument. */
export function selectResource(arn: string): ResourceRef {
  const parsed = parseArn(arn);
  switch (parsed?.kind) {
    case 'stream':
      return { kind: 'stream', ref: { account: parsed.account, name: parsed.name } };
    case 'consumer': {
      const { account, name, consumer, createdSeconds } = parsed;
      return { kind: 'consumer', ref: { account, name, consumer, createdSeconds } };
    }
    case 'channel':
      return { kind: 'channel', ref: { account: parsed.account, id: parsed.channelId } };
    case undefined:
      throw invalid(invalidSelector.arn(arn));
  }
}

/** A resource that may have a policy: channels have none. Throws InvalidArgument, NotFound. */
export function selectPolicyOwner(arn: string): StreamRef | ConsumerRef {
  const resource = selectResource(arn);
  if (resource.kind !== 'channel') return resource.ref;
  throw new ServiceError('ResourceNotFoundException', notFound.channel(arn));
}

/** The resource of an ARN as what an action is checked against. */
export function resourceTarget(context: OperationContext, arn: string): Target {
  const resource = selectResource(arn);
  if (resource.kind === 'consumer') return consumerTarget(context, resource.ref);
  if (resource.kind === 'channel') return { arn, account: resource.ref.account };
  const { account, name } = resource.ref;
  return { arn: streamArn(context.region, account, name), account };
}
