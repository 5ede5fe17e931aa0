/** Channels by ARN, and as answers describe them. */
import { parseArn } from '../model/arn.ts';
import type { ChannelBucket, ChannelDocument, ChannelRef } from '../model/channel.ts';
import { CHANNEL_FRESHNESS_SECONDS_MAX, CHANNEL_FRESHNESS_SECONDS_MIN } from '../model/limits.ts';
import { invalidChannel, invalidSelector, notFound } from '../model/messages.ts';
import { ServiceError } from '../model/service-error.ts';
import { wholeSecond } from './descriptions.ts';
import type { OperationContext, Target } from './operation.ts';
import type { ChannelLoggingWish } from './ports.ts';
import { invalid } from './stream-selector.ts';

/** The channel an ARN names, whether or not it exists. Throws InvalidArgument. */
export function selectChannel(arn: string): ChannelRef {
  const parsed = parseArn(arn);
  if (parsed?.kind !== 'channel') throw invalid(invalidSelector.arn(arn));
  return { account: parsed.account, id: parsed.channelId };
}

/** A channel as what an action is checked against. */
export function channelTarget(arn: string): Target {
  return { arn, account: selectChannel(arn).account };
}

/** The channel. Throws ResourceNotFound. */
export function controlChannel(context: OperationContext, arn: string): ChannelDocument {
  const channel = context.control.channel(selectChannel(arn));
  if (channel !== null) return channel;
  throw new ServiceError('ResourceNotFoundException', notFound.channel(arn));
}

export interface LoggingInput {
  readonly CloudWatchLogs: {
    readonly Enabled: boolean;
    readonly LogGroupName?: string;
    readonly LogStreamName?: string;
  };
}

/** What a request says about logging; without a word failures are logged. */
export function wishedLogging(input: LoggingInput | undefined): ChannelLoggingWish {
  const logs = input?.CloudWatchLogs;
  return {
    enabled: logs?.Enabled ?? true,
    group: logs?.LogGroupName ?? null,
    stream: logs?.LogStreamName ?? null,
  };
}

/** The given freshness. Throws InvalidArgument when it is out of range. */
export function checkFreshness(seconds: number): number {
  const [min, max] = [CHANNEL_FRESHNESS_SECONDS_MIN, CHANNEL_FRESHNESS_SECONDS_MAX];
  if (seconds < min || seconds > max) throw invalid(invalidChannel.freshness(min, max));
  return seconds;
}

/** ChannelDescription. */
export function describeChannelDocument(channel: ChannelDocument): object {
  const { destination, logging, kmsKeyId } = channel;
  return {
    ...basics(channel),
    ChannelStatusReason: channel.statusReason ?? undefined,
    ServiceExecutionRoleARN: channel.roleArn,
    StreamConfigurationList: [
      { ...streamOf(channel), RecordConfiguration: { RecordFormatType: channel.format } },
    ],
    S3DestinationConfiguration: {
      DataFreshnessInSeconds: destination.freshnessSeconds,
      DeadLetterQueueS3Configuration: {
        ...describeBucket(destination.deadLetter),
        ErrorOutputPrefix: destination.deadLetter.prefix,
      },
      StorageConfiguration: {
        ...describeBucket(destination.bucket),
        OutputKeyTemplate: destination.keyTemplate ?? undefined,
        StorageClass: destination.storageClass ?? undefined,
        CompressionType: destination.compression,
      },
    },
    EncryptionConfiguration:
      kmsKeyId === null ? undefined : { EncryptionType: 'KMS', KeyId: kmsKeyId },
    LoggingConfiguration: {
      CloudWatchLogs: {
        Enabled: logging.enabled,
        LogGroupName: logging.group,
        LogStreamName: logging.stream,
      },
    },
  };
}

/** ChannelSummary. */
export function summarizeChannel(channel: ChannelDocument): object {
  return { ...basics(channel), ChannelDestinationType: 'S3', Streams: [streamOf(channel)] };
}

function basics(channel: ChannelDocument): object {
  return {
    ChannelName: channel.name,
    ChannelARN: channel.arn,
    ChannelId: channel.id,
    ChannelStatus: channel.status,
    ChannelCreationTimestamp: wholeSecond(channel.createdMs),
  };
}

function streamOf(channel: ChannelDocument): object {
  return {
    StreamARN: channel.streamArn,
    StreamCreationTimestamp: wholeSecond(channel.streamCreatedMs),
  };
}

function describeBucket({ arn, expectedOwner }: ChannelBucket): object {
  return { BucketARN: arn, ExpectedBucketOwner: expectedOwner };
}
