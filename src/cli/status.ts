/** `tailrace status`: whether a server answers, is ready, and what it holds. */
import type { Command } from 'commander';
import { ClientError } from '../client/client-error.ts';
import { TransportError } from '../client/http-transport.ts';
import type { KinesisClient } from '../client/kinesis-client.ts';
import type { Operations, StreamSummary } from '../client/operation-types.ts';
import { listStreams } from '../client/stream-listing.ts';
import type { AdminFlags } from './admin-port.ts';
import { addAdminOption, adminFor, askAdmin } from './admin-port.ts';
import type { ClientFlags } from './client-options.ts';
import { addClientOptions, withClient } from './client-options.ts';
import type { CliContext } from './context.ts';
import { ExitError } from './context.ts';
import { explained } from './explain.ts';
import { count, counted, duration, facts, json } from './format.ts';

interface StatusFlags extends ClientFlags, AdminFlags {
  readonly json?: boolean;
}

interface Held {
  readonly streams: readonly StreamSummary[];
  readonly limits: Operations['DescribeLimits']['output'];
  /** Of the listing. */
  readonly answerMs: number;
}

/** What the data port says: what it holds, or why there is no answer. */
type DataPort = { readonly held: Held } | { readonly problem: string; readonly advice: string };

/** Null where nothing answers at the admin port, or none is known. */
type Readiness = { readonly ready: boolean; readonly reason: string } | null;

export function registerStatus(program: Command, context: CliContext): void {
  const command = program
    .command('status')
    .summary('whether a server answers, and what it holds')
    .description('Asks a server whether it is ready and what it holds. Exit code 1 if it is not.')
    .option('--json', 'print JSON');
  addAdminOption(addClientOptions(command)).action((flags: StatusFlags) =>
    withClient(context, flags, async ({ client, endpoint, region }) => {
      const admin = adminFor(context, flags, endpoint);
      const data = await askData(context, client);
      const readiness = admin === null ? null : await askReadiness(context, admin);
      const isWell = 'held' in data && readiness?.ready !== false;
      const places = { endpoint: endpoint.origin, admin: admin?.origin ?? null, region };
      await context.stdout.write(
        flags.json === true
          ? json(statusJson(places, data, readiness))
          : statusText(places, data, readiness),
      );
      if (!isWell) throw new ExitError(1);
    }),
  );
}

async function askData(context: CliContext, client: KinesisClient): Promise<DataPort> {
  const { clock } = context;
  try {
    const startMs = clock.monotonic();
    const streams = await listStreams(client, { attemptsMax: 2 });
    const answerMs = clock.monotonic() - startMs;
    // One call per second is granted to all who ask.
    const limits = await client.call('DescribeLimits', {});
    return { held: { streams, limits, answerMs } };
  } catch (error) {
    if (!(error instanceof ClientError || error instanceof TransportError)) throw error;
    const { message, advice } = explained(error);
    return { problem: message, advice: advice ?? '' };
  }
}

async function askReadiness(context: CliContext, admin: URL): Promise<Readiness> {
  const answer = await askAdmin(context, admin, '/readyz');
  if (answer instanceof TransportError) return null;
  return { ready: answer.status === 200, reason: answer.body.trim() };
}

interface Places {
  readonly endpoint: string;
  /** Null where none is known to belong to the endpoint. */
  readonly admin: string | null;
  readonly region: string;
}

function statusText(places: Places, data: DataPort, readiness: Readiness): string {
  const rows: (readonly [string, string])[] = [];
  if ('held' in data) {
    const { streams, limits, answerMs } = data.held;
    rows.push(
      ['endpoint', `${places.endpoint} answers in ${duration(answerMs)}`],
      ['region', places.region],
      ['streams', streamsText(streams)],
      ['shards', `${count(limits.OpenShardCount)} open of at most ${count(limits.ShardLimit)}`],
    );
  } else {
    rows.push(['endpoint', `${places.endpoint}: ${data.problem}`]);
    if (data.advice !== '') rows.push(['', data.advice]);
  }
  rows.push([
    'admin',
    places.admin === null
      ? 'not asked: name the admin port of this server with --admin'
      : `${places.admin} ${readinessText(readiness)}`,
  ]);
  return facts(rows);
}

function readinessText(readiness: Readiness): string {
  if (readiness === null) return 'does not answer (another place: --admin)';
  return readiness.ready ? 'says the server is ready' : `says not ready: ${readiness.reason}`;
}

function streamsText(streams: readonly StreamSummary[]): string {
  const busy = streams.filter(({ StreamStatus }) => StreamStatus !== 'ACTIVE');
  const named = busy.map(({ StreamName, StreamStatus }) => `${StreamName} is ${StreamStatus}`);
  return [counted(streams.length, 'stream'), ...named].join('; ');
}

function statusJson(places: Places, data: DataPort, readiness: Readiness): object {
  return {
    Endpoint: places.endpoint,
    Region: places.region,
    ...('held' in data
      ? {
          Answers: true,
          AnswerMs: Math.round(data.held.answerMs),
          Streams: data.held.streams.length,
          OpenShardCount: data.held.limits.OpenShardCount,
          ShardLimit: data.held.limits.ShardLimit,
        }
      : { Answers: false, Problem: data.problem }),
    Admin: places.admin,
    Ready: readiness === null ? null : readiness.ready,
    ...(readiness?.ready === false ? { NotReadyBecause: readiness.reason } : {}),
  };
}
