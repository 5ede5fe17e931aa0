/** Failures in words for people: what happened, and what to do about it. */
import { ClientError } from '../client/client-error.ts';
import { ProfileError } from '../client/credentials.ts';
import { TransportError } from '../client/http-transport.ts';
import type { TransportFailure } from '../client/http-transport.ts';
import { DiskError } from '../runtime/disk.ts';
import { CliError } from './context.ts';

export interface Explanation {
  readonly message: string;
  readonly advice: string | null;
}

const advices: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'See which streams there are with: npx tailrace streams',
  UnrecognizedClientException: 'Check AWS_ACCESS_KEY_ID, or see: npx tailrace credentials --help',
  InvalidSignatureException: 'Check AWS_SECRET_ACCESS_KEY, the region, and the clock.',
  ExpiredTokenException: 'The session has ended: get a new one.',
  KMSDisabledException: 'Enable the key with: npx tailrace keys enable',
  KMSNotFoundException: 'See which keys there are with: npx tailrace keys',
  KMSInvalidStateException: 'See the state of the key with: npx tailrace keys',
  AccessDeniedException: 'A policy of this user or of the resource has to allow it.',
  ProvisionedThroughputExceededException:
    'The shards are at their limit: send less, add shards, or start the server with --limits off.',
};

const transportAdvices: Readonly<Record<TransportFailure, string>> = {
  refused: 'Is the server running? Start one with: npx tailrace start',
  unreachable: 'Check the host name in --endpoint (or TAILRACE_ENDPOINT).',
  timeout: 'The server is there but does not answer in time: see its log.',
  certificate: 'For the self-signed certificate of a server of your own, add --insecure.',
  aborted: '',
  broken: 'Check that --endpoint names the data port, and http or https as it should be.',
};

/** The text for any error; one that is not known keeps its own. */
export function explained(error: unknown): Explanation {
  if (error instanceof CliError) return { message: error.message, advice: error.advice };
  if (error instanceof ClientError) {
    return { message: error.message, advice: advices[error.code] ?? null };
  }
  if (error instanceof TransportError) {
    const advice = transportAdvices[error.failure];
    return { message: `no answer: ${error.message}`, advice: advice === '' ? null : advice };
  }
  if (error instanceof ProfileError || error instanceof DiskError) {
    return { message: error.message, advice: null };
  }
  return { message: error instanceof Error ? error.message : String(error), advice: null };
}
