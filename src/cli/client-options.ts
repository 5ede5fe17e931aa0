/** The options of every command that talks to a server, and the client they make. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { findCredentials } from '../client/credentials.ts';
import { KinesisClient } from '../client/kinesis-client.ts';
import { readTextFile } from '../runtime/text-file.ts';
import type { CliContext } from './context.ts';
import { CliError } from './context.ts';

export interface ClientFlags {
  readonly endpoint?: URL;
  readonly region?: string;
  readonly profile?: string;
  readonly insecure?: boolean;
}

export interface Connected {
  readonly client: KinesisClient;
  readonly endpoint: URL;
  readonly region: string;
}

export const defaultEndpoint = 'http://127.0.0.1:4567';
/** The first that is set counts. */
const endpointVariables = ['TAILRACE_ENDPOINT', 'AWS_ENDPOINT_URL_KINESIS', 'AWS_ENDPOINT_URL'];
export const defaultRegion = 'us-east-1';

const attemptsMax = 6;
const timeoutMs = 30_000;
const connectionsMax = 32;

export function addClientOptions(command: Command): Command {
  return command
    .option(
      '--endpoint <url>',
      `where the server is (default: ${defaultEndpoint}) [TAILRACE_ENDPOINT]`,
      parseEndpoint,
    )
    .option('--region <name>', `region to sign for (default: ${defaultRegion}) [AWS_REGION]`)
    .option('--profile <name>', 'profile in ~/.aws/credentials [AWS_PROFILE]')
    .option('--insecure', 'take any TLS certificate, such as the self-signed one of your server');
}

/** An http or https URL; a bare `host:port` is http. Throws InvalidArgumentError. */
export function parseEndpoint(text: string): URL {
  const full = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:4567.');
  }
  return url;
}

/** A client for the flags, the environment and the user's profile; close it when done. */
export async function connect(context: CliContext, flags: ClientFlags): Promise<Connected> {
  const { env, homeDirectory, disk, clock, random } = context;
  const endpoint = flags.endpoint ?? urlFromEnvironment(env, endpointVariables, defaultEndpoint);
  const aws = `${homeDirectory}/.aws`;
  const found = findCredentials({
    env,
    credentialsFile: await readTextFile(
      disk,
      env['AWS_SHARED_CREDENTIALS_FILE'] ?? `${aws}/credentials`,
    ),
    configFile: await readTextFile(disk, env['AWS_CONFIG_FILE'] ?? `${aws}/config`),
    profile: flags.profile ?? null,
  });
  const region =
    flags.region ??
    firstOf(env['AWS_REGION'], env['AWS_DEFAULT_REGION'], env['TAILRACE_REGION']) ??
    found.region ??
    defaultRegion;
  const insecure = flags.insecure ?? false;
  const transport = context.openTransport({ endpoint, connectionsMax, insecure });
  const { credentials } = found;
  const client = new KinesisClient(
    { transport, clock, random },
    { host: endpoint.host, region, credentials, attemptsMax, timeoutMs },
  );
  return { client, endpoint, region };
}

/** Runs `work` with a client and closes it afterwards. */
export async function withClient(
  context: CliContext,
  flags: ClientFlags,
  work: (connected: Connected) => Promise<void>,
): Promise<void> {
  const connected = await connect(context, flags);
  try {
    await work(connected);
  } finally {
    connected.client.close();
  }
}

/** The URL in the first of these variables that is set. Throws CliError when it is none. */
export function urlFromEnvironment(
  env: CliContext['env'],
  names: readonly string[],
  byDefault: string,
): URL {
  const name = names.find((variable) => firstOf(env[variable]) !== null);
  const text = name === undefined ? byDefault : env[name]!;
  try {
    return parseEndpoint(text);
  } catch {
    throw new CliError(
      `${String(name)}=${text} is not a URL.`,
      'Expected something such as http://127.0.0.1:4567.',
    );
  }
}

/** The first value that is not empty, or null. */
export function firstOf(...values: readonly (string | undefined)[]): string | null {
  return values.find((value) => value !== undefined && value !== '') ?? null;
}
