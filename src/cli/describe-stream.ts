/** `tailrace streams describe`: what a stream is, what that means, and what it can take. */
import type { Command } from 'commander';
import { ClientError } from '../client/client-error.ts';
import type { KinesisClient } from '../client/kinesis-client.ts';
import type { Shard, StreamDescriptionSummary } from '../client/operation-types.ts';
import { listShards } from '../client/stream-listing.ts';
import { isClosed } from './shard-facts.ts';
import type { AdminFlags } from './admin-port.ts';
import { addAdminOption, adminFor } from './admin-port.ts';
import type { ClientFlags } from './client-options.ts';
import { addClientOptions, withClient } from './client-options.ts';
import type { CliContext } from './context.ts';
import { scalingHistory, scalingText } from './scaling-history.ts';
import { counted, facts, instant, json } from './format.ts';

interface DescribeFlags extends ClientFlags, AdminFlags {
  readonly json?: boolean;
}

export function registerDescribe(streams: Command, context: CliContext): void {
  const describe = streams
    .command('describe')
    .description('explain a stream: status, mode, shards, retention, encryption')
    .argument('<stream>', 'its name')
    .option('--json', 'print JSON');
  addAdminOption(addClientOptions(describe)).action((stream: string, flags: DescribeFlags) =>
    withClient(context, flags, async ({ client, endpoint }) => {
      const described = await describeStream(client, stream);
      const admin = adminFor(context, flags, endpoint);
      const { StreamARN } = described.summary;
      const scaling = admin === null ? null : await scalingHistory(context, admin, StreamARN);
      const { summary, shards, tags } = described;
      await context.stdout.write(
        flags.json === true
          ? json({ ...summary, Shards: shards, Tags: tags, ScalingHistory: scaling ?? [] })
          : descriptionText(described) + scalingText(scaling ?? []),
      );
    }),
  );
}

export interface StreamFacts {
  readonly summary: StreamDescriptionSummary;
  readonly shards: readonly Shard[];
  readonly tags: readonly { readonly Key: string; readonly Value?: string }[];
}

async function describeStream(client: KinesisClient, stream: string): Promise<StreamFacts> {
  const answer = await client.call('DescribeStreamSummary', { StreamName: stream });
  const summary = answer.StreamDescriptionSummary;
  // Shards can be listed only while the stream can be used.
  const isUsable = summary.StreamStatus === 'ACTIVE' || summary.StreamStatus === 'UPDATING';
  const shards = isUsable ? await listShards(client, stream) : [];
  const tags = isUsable ? await tagsOf(client, stream) : [];
  return { summary, shards, tags };
}

/** None where the user may see the stream but not its tags. */
async function tagsOf(client: KinesisClient, stream: string): Promise<StreamFacts['tags']> {
  try {
    return (await client.call('ListTagsForStream', { StreamName: stream })).Tags;
  } catch (error) {
    if (error instanceof ClientError && error.status < 500) return [];
    throw error;
  }
}

/** The facts as lines for people. */
export function descriptionText({ summary, shards, tags }: StreamFacts): string {
  const rows: (readonly [string, string])[] = [
    ['stream', summary.StreamName],
    ['arn', summary.StreamARN],
    ['status', statusText(summary.StreamStatus)],
    ['created', instant(summary.StreamCreationTimestamp)],
    ['mode', modeText(summary)],
    ['shards', shardsText(summary, shards)],
    ['capacity', capacityText(summary)],
    ['retention', retentionText(summary.RetentionPeriodHours)],
    ['encryption', encryptionText(summary)],
    ['consumers', `${counted(summary.ConsumerCount ?? 0, 'registered consumer')}`],
  ];
  if (summary.MaxRecordSizeInKiB !== undefined) {
    rows.push(['record size', `at most ${summary.MaxRecordSizeInKiB} KiB`]);
  }
  const metrics = summary.EnhancedMonitoring.flatMap((entry) => entry.ShardLevelMetrics);
  if (metrics.length > 0) rows.push(['metrics', `per shard: ${metrics.join(', ')}`]);
  if (tags.length > 0) {
    rows.push(['tags', tags.map(({ Key, Value }) => `${Key}=${Value ?? ''}`).join(', ')]);
  }
  return facts(rows);
}

const statuses: Readonly<Record<string, string>> = {
  CREATING: 'cannot be used yet',
  ACTIVE: 'ready to write and read',
  UPDATING: 'is being changed; writing and reading go on',
  DELETING: 'will be gone soon, with its records',
};

function statusText(status: string): string {
  const meaning = statuses[status];
  return meaning === undefined ? status : `${status}: ${meaning}`;
}

function modeOf(summary: StreamDescriptionSummary): string {
  return summary.StreamModeDetails?.StreamMode ?? 'PROVISIONED';
}

function modeText(summary: StreamDescriptionSummary): string {
  const mode = modeOf(summary);
  if (mode !== 'ON_DEMAND') return `${mode}: the number of shards changes only when you change it`;
  const auto = summary.RecordDistributionStrategy === 'AUTO';
  const warm = summary.WarmThroughput?.TargetMiBps;
  const parts = [`${mode}: hot shards are split as the load grows`];
  if (auto) parts.push('records are spread evenly whatever their keys');
  if (warm !== undefined && warm > 0) parts.push(`kept warm for ${warm} MiB/s`);
  return parts.join('; ');
}

function shardsText(summary: StreamDescriptionSummary, shards: readonly Shard[]): string {
  const closed = shards.filter(isClosed).length;
  const open = counted(summary.OpenShardCount, 'open shard');
  if (closed === 0) return open;
  return `${open}; ${counted(closed, 'closed shard')} kept until the records in them expire`;
}

/** What AWS grants per shard; a server with other limits may take more. */
function capacityText(summary: StreamDescriptionSummary): string {
  const shards = summary.OpenShardCount;
  const records = (shards * 1000).toLocaleString('en-US');
  return `writes ${shards} MiB/s and ${records} records/s, reads ${2 * shards} MiB/s`;
}

function retentionText(hours: number): string {
  const days = hours / 24;
  const inDays = Number.isInteger(days) ? ` (${counted(days, 'day')})` : '';
  return `${counted(hours, 'hour')}${inDays}, then records are gone`;
}

function encryptionText(summary: StreamDescriptionSummary): string {
  return summary.EncryptionType === 'KMS'
    ? `new records are encrypted with ${summary.KeyId ?? 'an unknown key'}`
    : 'none';
}
