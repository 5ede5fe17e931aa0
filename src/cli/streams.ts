/** `tailrace streams`: list, create, delete and describe streams. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { ClientError } from '../client/client-error.ts';
import type { KinesisClient } from '../client/kinesis-client.ts';
import type { StreamDescriptionSummary } from '../client/operation-types.ts';
import { listStreams } from '../client/stream-listing.ts';
import type { ClientFlags } from './client-options.ts';
import { addClientOptions, withClient } from './client-options.ts';
import type { CliContext } from './context.ts';
import { CliError } from './context.ts';
import { registerDescribe } from './describe-stream.ts';
import { instant, json, table } from './format.ts';

interface CreateFlags extends ClientFlags {
  readonly shards?: number;
  readonly onDemand?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

interface DeleteFlags extends ClientFlags {
  readonly force?: boolean;
  readonly wait?: boolean;
}

/** How often, and how long, a stream is looked at until it has changed. */
const waitStepMs = 200;
const waitMsMax = 10 * 60_000;

export function registerStreams(program: Command, context: CliContext): void {
  const streams = program
    .command('streams')
    .summary('list, create, delete, describe streams')
    .description('Lists streams; with a command, creates, deletes or describes one.');
  const list = streams
    .command('list', { isDefault: true })
    .description('list all streams of the account')
    .option('--json', 'print JSON');
  addClientOptions(list).action((flags: ClientFlags & { readonly json?: boolean }) =>
    withClient(context, flags, ({ client }) => printList(context, client, flags.json === true)),
  );
  const create = streams
    .command('create')
    .description('create a stream')
    .argument('<stream>', 'its name')
    .option('--shards <number>', 'shards to start with (default: 1)', parseShards)
    .option('--on-demand', 'let the number of shards follow the load')
    .option('--wait', 'return when it can be used')
    .option('--json', 'print JSON');
  addClientOptions(create).action((stream: string, flags: CreateFlags) =>
    withClient(context, flags, ({ client }) => createStream(context, client, stream, flags)),
  );
  const remove = streams
    .command('delete')
    .description('delete a stream and all its records')
    .argument('<stream>', 'its name')
    .option('--force', 'even if it has registered consumers')
    .option('--wait', 'return when it is gone');
  addClientOptions(remove).action((stream: string, flags: DeleteFlags) =>
    withClient(context, flags, ({ client }) => deleteStream(context, client, stream, flags)),
  );
  registerDescribe(streams, context);
}

async function printList(
  context: CliContext,
  client: KinesisClient,
  asJson: boolean,
): Promise<void> {
  const streams = await listStreams(client);
  if (asJson) {
    await context.stdout.write(json(streams));
    return;
  }
  if (streams.length === 0) {
    const hint = 'There are no streams. Create one with: npx tailrace streams create NAME\n';
    await context.stderr.write(hint);
    return;
  }
  const columns = ['STREAM', 'STATUS', 'MODE', 'CREATED'].map((title) => ({ title }));
  const rows = streams.map((stream) => [
    stream.StreamName,
    stream.StreamStatus,
    stream.StreamModeDetails?.StreamMode ?? 'PROVISIONED',
    instant(stream.StreamCreationTimestamp),
  ]);
  await context.stdout.write(table(columns, rows));
}

async function createStream(
  context: CliContext,
  client: KinesisClient,
  stream: string,
  flags: CreateFlags,
): Promise<void> {
  if (flags.onDemand === true && flags.shards !== undefined) {
    throw new CliError('--shards and --on-demand exclude each other: on demand, the load decides.');
  }
  await client.call('CreateStream', {
    StreamName: stream,
    ...(flags.onDemand === true
      ? { StreamModeDetails: { StreamMode: 'ON_DEMAND' as const } }
      : { ShardCount: flags.shards ?? 1 }),
  });
  const settled =
    flags.wait === true ? (summary: Summary) => summary?.StreamStatus === 'ACTIVE' : () => true;
  const summary = await waitFor(context, client, stream, settled);
  if (flags.json === true) await context.stdout.write(json(summary));
  else await context.stdout.write(`${stream} is ${summary?.StreamStatus ?? 'being created'}\n`);
}

async function deleteStream(
  context: CliContext,
  client: KinesisClient,
  stream: string,
  flags: DeleteFlags,
): Promise<void> {
  await client.call('DeleteStream', {
    StreamName: stream,
    ...(flags.force === true ? { EnforceConsumerDeletion: true } : {}),
  });
  if (flags.wait !== true) {
    await context.stdout.write(`${stream} is being deleted\n`);
    return;
  }
  await waitFor(context, client, stream, (summary) => summary === null);
  await context.stdout.write(`${stream} is deleted\n`);
}

/** Null when there is no such stream. */
type Summary = StreamDescriptionSummary | null;

async function waitFor(
  { clock }: CliContext,
  client: KinesisClient,
  stream: string,
  isSettled: (summary: Summary) => boolean,
): Promise<Summary> {
  for (const startMs = clock.monotonic(); clock.monotonic() - startMs < waitMsMax;) {
    const summary = await findSummary(client, stream);
    if (isSettled(summary)) return summary;
    await clock.sleep(waitStepMs);
  }
  throw new CliError(
    `${stream} has not changed within ten minutes`,
    `See what it does with: npx tailrace streams describe ${stream}`,
  );
}

async function findSummary(client: KinesisClient, stream: string): Promise<Summary> {
  try {
    const answer = await client.call('DescribeStreamSummary', { StreamName: stream });
    return answer.StreamDescriptionSummary;
  } catch (error) {
    if (error instanceof ClientError && error.code === 'ResourceNotFoundException') return null;
    throw error;
  }
}

function parseShards(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError('Expected a whole number above 0.');
  return Number(text);
}
