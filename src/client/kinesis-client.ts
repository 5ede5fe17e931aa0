/**
 * A small signed client of the Kinesis API: awsJson1.1, Signature Version 4, bounded retries.
 *
 * Throttling, server faults and lost connections are tried again with exponential backoff, at most
 * `attemptsMax` times in all; a refused connection is not, because then nobody is there. A put that
 * is tried again may store its records twice, as with every client of this API.
 */
import aws4 from 'aws4';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { ClientError, errorFrom, isThrottling } from './client-error.ts';
import type { Credentials } from './credentials.ts';
import type { HttpResponse, HttpTransport } from './http-transport.ts';
import { TransportError } from './http-transport.ts';
import type { OperationName, Operations } from './operation-types.ts';

export interface KinesisClientDependencies {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
}

export interface KinesisClientOptions {
  /** `host` or `host:port` as it is sent and signed. */
  readonly host: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** Tries of one call in all. */
  readonly attemptsMax: number;
  /** Longest silence of the server during one try. */
  readonly timeoutMs: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fewer or more tries than the client's. */
  readonly attemptsMax?: number;
}

/** Longest pause after the first failed try; doubles with each further one. */
const backoffFirstMs = 100;
const backoffMsMax = 3_000;

export class KinesisClient {
  readonly #deps: KinesisClientDependencies;
  readonly #options: KinesisClientOptions;

  constructor(dependencies: KinesisClientDependencies, options: KinesisClientOptions) {
    this.#deps = dependencies;
    this.#options = options;
  }

  /** Rejects with ClientError for what the service refuses, TransportError when no answer came. */
  async call<Name extends OperationName>(
    operation: Name,
    input: Operations[Name]['input'],
    options: CallOptions = {},
  ): Promise<Operations[Name]['output']> {
    const body = JSON.stringify(input);
    const attemptsMax = options.attemptsMax ?? this.#options.attemptsMax;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#send(operation, body, options.signal);
        return readOutput<Operations[Name]['output']>(response);
      } catch (error) {
        if (attempt >= attemptsMax || !mayRetry(error)) throw error;
        await this.#pause(attempt, options.signal);
      }
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.#deps.transport.close();
  }

  #send(operation: string, body: string, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const { host, region, credentials, timeoutMs } = this.#options;
    const signed = aws4.sign(
      {
        service: 'kinesis',
        region,
        host,
        method: 'POST',
        path: '/',
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': `Kinesis_20131202.${operation}`,
          'X-Amz-Date': amzDate(this.#deps.clock.now()),
        },
        body,
      },
      { ...credentials },
    );
    const headers = Object.fromEntries(
      Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const request = { method: 'POST', path: '/', headers, body };
    return this.#deps.transport.send(request, { timeoutMs, signal });
  }

  /** A random share of a bound that doubles, so that clients that failed together spread. */
  async #pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const boundMs = Math.min(backoffMsMax, backoffFirstMs * 2 ** (attempt - 1));
    const delayMs = Math.ceil(boundMs * (0.5 + this.#deps.random.next() / 2));
    await this.#deps.clock.sleep(delayMs, signal).catch(() => {
      throw new TransportError('aborted', 'aborted');
    });
  }
}

function readOutput<Output>(response: HttpResponse): Output {
  const { status, headers, body } = response;
  if (status !== 200) throw errorFrom(status, headers, body);
  if (body === '') return {} as Output;
  try {
    return JSON.parse(body) as Output;
  } catch {
    throw new ClientError(
      'InvalidAnswer',
      'the answer is not JSON: is this a Kinesis API?',
      status,
    );
  }
}

function mayRetry(error: unknown): boolean {
  if (error instanceof ClientError) {
    return error.status >= 500 || error.status === 429 || isThrottling(error.code, error.text);
  }
  return (
    error instanceof TransportError && (error.failure === 'timeout' || error.failure === 'broken')
  );
}

/** `20260102T030405Z` */
function amzDate(nowMs: number): string {
  return `${new Date(nowMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
}
