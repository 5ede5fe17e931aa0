/**
 * Amazon Resource Names of streams, consumers and channels: making them and taking them apart.
 *
 * Parsing accepts every partition and region, because the account and the path decide which
 * resource is meant; who owns it is decided by whoever looks it up.
 */
export type ResourceKind = 'stream' | 'consumer' | 'channel';

export interface StreamName {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface ConsumerName extends StreamName {
  readonly consumer: string;
  /** Creation of the consumer, epoch seconds: tells it from an earlier one of the same name. */
  readonly createdSeconds: number;
}

export interface ChannelName {
  readonly account: string;
  readonly region: string;
  readonly channelId: string;
}

export type Resource =
  | (StreamName & { readonly kind: 'stream' })
  | (ConsumerName & { readonly kind: 'consumer' })
  | (ChannelName & { readonly kind: 'channel' });

/** `aws`, or the partition the region belongs to. */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

function prefix(region: string, account: string): string {
  return `arn:${partitionOf(region)}:kinesis:${region}:${account}:`;
}

/** `arn:aws:kinesis:{region}:{account}:stream/{name}` */
export function streamArn(region: string, account: string, name: string): string {
  return `${prefix(region, account)}stream/${name}`;
}

/** `…:stream/{stream}/consumer/{name}:{creation, epoch seconds}` */
export function consumerArn(streamArn: string, consumer: string, createdSeconds: number): string {
  return `${streamArn}/consumer/${consumer}:${createdSeconds}`;
}

/** `arn:aws:kinesis:{region}:{account}:channel/{channelId}` */
export function channelArn(region: string, account: string, channelId: string): string {
  return `${prefix(region, account)}channel/${channelId}`;
}

const RESOURCE = /^arn:aws[^:]*:kinesis:([^:]*):(\d{12}):(stream|channel)\/(.+)$/;
const NAME = /^[a-zA-Z0-9_.-]{1,128}$/;
const CONSUMER = /^([a-zA-Z0-9_.-]{1,128})\/consumer\/([a-zA-Z0-9_.-]{1,128}):(\d{1,15})$/;

/** What an ARN names; null when it names none of the three. */
export function parseArn(arn: string): Resource | null {
  const found = RESOURCE.exec(arn);
  if (found === null) return null;
  const [, region = '', account = '', kind, path = ''] = found;
  if (kind === 'channel') {
    return NAME.test(path) ? { kind: 'channel', region, account, channelId: path } : null;
  }
  if (NAME.test(path)) return { kind: 'stream', region, account, name: path };
  const consumer = CONSUMER.exec(path);
  if (consumer === null) return null;
  return {
    kind: 'consumer',
    region,
    account,
    name: consumer[1]!,
    consumer: consumer[2]!,
    createdSeconds: Number(consumer[3]),
  };
}

/** The stream an ARN names, or null when it names something else. */
export function parseStreamArn(arn: string): StreamName | null {
  const resource = parseArn(arn);
  return resource?.kind === 'stream' ? resource : null;
}

/** The consumer an ARN names, or null when it names something else. */
export function parseConsumerArn(arn: string): ConsumerName | null {
  const resource = parseArn(arn);
  return resource?.kind === 'consumer' ? resource : null;
}
