/**
 * The document the control plane stores about a channel: managed delivery of one stream to a
 * bucket. A plain JSON value; every change of a channel is one metadata commit.
 */
export type ChannelStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'FAILED';
/** What the records of the stream hold, which decides how they are put together in objects. */
export type ChannelFormat = 'JSON' | 'STRING' | 'BYTE_ARRAY';
export type ChannelCompression = 'NONE' | 'GZIP' | 'ZSTD';
export type ChannelStorageClass = 'STANDARD' | 'INTELLIGENT_TIERING' | 'GLACIER_IR';

export interface ChannelBucket {
  /** `arn:aws:s3:::name` */
  readonly arn: string;
  /** Account that must own the bucket, or writes are refused. */
  readonly expectedOwner: string;
}

/** Where records go, and how. Nothing of it changes but the freshness. */
export interface ChannelDestination {
  readonly bucket: ChannelBucket;
  readonly compression: ChannelCompression;
  /** Template of object keys; null for the default one. */
  readonly keyTemplate: string | null;
  readonly storageClass: ChannelStorageClass | null;
  /** Where records go that are not of the channel's format. */
  readonly deadLetter: ChannelBucket & { readonly prefix: string };
  /** Greatest age of undelivered records, seconds. */
  readonly freshnessSeconds: number;
}

/** Whether, and under which names, delivery failures are logged. */
export interface ChannelLogging {
  readonly enabled: boolean;
  readonly group: string;
  readonly stream: string;
}

export interface ChannelDocument {
  readonly account: string;
  /** Random, part of the ARN and of every object key, so that no two channels ever share a key. */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly status: ChannelStatus;
  /** Why it is FAILED, else null. */
  readonly statusReason: string | null;
  /** When a channel in transition leaves that state, epoch ms; null when settled. */
  readonly settlesAtMs: number | null;
  readonly createdMs: number;
  /** Records that arrive from this instant on are delivered, epoch ms; null before. */
  readonly activeAtMs: number | null;
  readonly roleArn: string;
  readonly streamName: string;
  readonly streamUid: number;
  readonly streamArn: string;
  readonly streamCreatedMs: number;
  readonly format: ChannelFormat;
  readonly destination: ChannelDestination;
  /** KMS key that the bucket encrypts objects with; null for the bucket's own default. */
  readonly kmsKeyId: string | null;
  readonly logging: ChannelLogging;
  readonly tags: Readonly<Record<string, string>>;
}

/** Which channel. */
export interface ChannelRef {
  readonly account: string;
  readonly id: string;
}

/** `name` of `arn:aws:s3:::name`. */
export function bucketName({ arn }: ChannelBucket): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
