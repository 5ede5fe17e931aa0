/**
 * Who serves the data port: this thread, beside everything else, or threads of their own.
 */
import type { Caller } from '../api/operation.ts';
import type { DecodedBody } from '../api/registry.ts';
import type { CredentialFile } from '../auth/credential-file.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import { DirectoryFeed, DIRECTORY_FEED_DEFAULTS } from '../cache/directory-feed.ts';
import { defaultHttpLimits } from '../frontend/http-options.ts';
import type { HttpLimits } from '../frontend/http-options.ts';
import { HttpListener } from '../frontend/listener.ts';
import type { OperationLimits } from '../frontend/operation-limits.ts';
import { Pipeline } from '../frontend/pipeline.ts';
import type { Authenticator } from '../frontend/pipeline.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { Backend } from '../model/data-plane.ts';
import type { DirectorySource } from '../model/directory.ts';
import { undigested } from '../runtime/body-buffers.ts';
import type { Clock } from '../runtime/clock.ts';
import { leaveTurns, sharedCounts } from '../runtime/node/accept-turns.ts';
import { DigestThread, DIGEST_THREAD_DEFAULTS } from '../runtime/node/digest-thread.ts';
import { NodeThreads } from '../runtime/node/threads.ts';
import type { Os } from '../runtime/os.ts';
import type { Random } from '../runtime/random.ts';
import { TRIM_EVERY_MS } from './buffer-options.ts';
import { FrontEndHost } from './front-end-host.ts';
import { FrontEnds } from './front-ends.ts';
import type { Log } from './log.ts';
import type { ServerConfig } from './options.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { PemIdentity } from './self-signed.ts';
import type { ServerApi } from './server-api.ts';
import { SharedPort } from './shared-port.ts';
import { credentialsPath } from './verified-access.ts';

/** Requests in flight get this long to finish when the server stops; the rest is cut. */
export const drainMs = 8_000;

export interface DataPort {
  /** Resolves with the bound port once it is served; rejects when the address cannot be bound. */
  listen(): Promise<number>;
  /** Metrics that are not in the server's registry, as text. */
  metrics(): Promise<string>;
  /** Lets requests finish, then frees the port. */
  close(): Promise<void>;
}

export interface DataPortDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly os: Os;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly api: ServerApi;
  readonly authenticator: Authenticator<Caller>;
  /** Null where signatures are not checked. */
  readonly credentials: CredentialFile | null;
  readonly backend: Backend;
  readonly directory: DirectorySource;
  readonly limits: OperationLimits;
  readonly buffers: BufferPool;
}

export interface DataPortOptions {
  readonly config: Pick<
    ServerConfig,
    'host' | 'port' | 'region' | 'auth' | 'limits' | 'logLevel' | 'logFormat' | 'dataDir'
  >;
  readonly certificate: PemIdentity | Promise<PemIdentity> | null;
  readonly sealingKey: Uint8Array;
}

/** The data port served by `workers` threads of their own, or by this one where it is one. */
export function dataPort(
  dependencies: DataPortDependencies,
  options: DataPortOptions,
  workers: number,
): DataPort {
  return workers === 1
    ? servedHere(dependencies, options)
    : new Workers(dependencies, options, workers);
}

function servedHere(
  { clock, random, os, log, registry, api, authenticator, buffers }: DataPortDependencies,
  { config, certificate }: DataPortOptions,
): DataPort {
  const pipeline = new Pipeline<Caller, DecodedBody>({
    clock,
    random,
    log,
    observer: new RequestMetrics(registry),
    authenticator,
    api,
  });
  const digests =
    config.auth === 'verify' && os.cpuCount > 1
      ? new DigestThread(buffers, DIGEST_THREAD_DEFAULTS)
      : null;
  const trimming = clock.every(TRIM_EVERY_MS, () => digests?.trim());
  const bodies = digests ?? undigested(buffers);
  const listener = new HttpListener(
    { clock, handler: pipeline, bodies, buffers },
    { limits: defaultHttpLimits, tls: certificate },
  );
  registry.measured(
    { name: 'tailrace_http_connections', help: 'Open connections of the data port.' },
    () => listener.connectionCount,
  );
  return {
    listen: async () => (await listener.listen({ host: config.host, port: config.port })).port,
    metrics: () => Promise.resolve(''),
    close: async () => {
      pipeline.endStreams();
      await listener.close(drainMs);
      trimming.cancel();
      digests?.close();
    },
  };
}

class Workers implements DataPort {
  readonly #dependencies: DataPortDependencies;
  readonly #options: DataPortOptions;
  readonly #count: number;
  readonly #feed: DirectoryFeed;
  #port: SharedPort | null = null;
  #frontEnds: FrontEnds | null = null;

  constructor(dependencies: DataPortDependencies, options: DataPortOptions, count: number) {
    const { clock, directory, registry } = dependencies;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#count = count;
    this.#feed = new DirectoryFeed({ clock, source: directory }, DIRECTORY_FEED_DEFAULTS);
    registry.measured(
      { name: 'tailrace_front_ends', help: 'Threads that serve the data port.' },
      () => this.#frontEnds?.count ?? 0,
    );
    registry.counted(
      { name: 'tailrace_front_end_deaths_total', help: 'Front ends that died and were replaced.' },
      () => this.#frontEnds?.deaths ?? 0,
    );
    registry.counted(
      {
        name: 'tailrace_directory_unsettled_total',
        help: 'Answers given before every front end knew what they say.',
      },
      () => this.#feed.unsettled,
    );
  }

  async listen(): Promise<number> {
    const { clock, os, log, api, backend, limits, credentials, buffers } = this.#dependencies;
    const { config, certificate, sealingKey } = this.#options;
    const port = await SharedPort.open(config.host, config.port, this.#count);
    this.#port = port;
    const acceptCounts = sharedCounts(this.#count);
    this.#frontEnds = await FrontEnds.open(
      {
        ...{ clock, os, log, backend, credentials, buffers },
        threads: new NodeThreads(),
        feed: this.#feed,
        host: new FrontEndHost({ api, feed: this.#feed, limits, credentials, log }),
        descriptor: () => port.descriptor(),
        left: (number) => leaveTurns(acceptCounts, number),
      },
      {
        count: this.#count,
        certificate,
        data: {
          acceptCounts,
          region: config.region,
          auth: config.auth,
          limited: config.limits !== 'off',
          sealingKey,
          http: shareOf(defaultHttpLimits, this.#count),
          drainMs,
          log: { level: config.logLevel, format: logFormat(config) },
          credentialsPath: credentialsPath(config.dataDir),
        },
      },
    );
    return port.port;
  }

  async metrics(): Promise<string> {
    return (await this.#frontEnds?.metrics()) ?? '';
  }

  async close(): Promise<void> {
    await this.#frontEnds?.close(drainMs);
    this.#port?.close();
    this.#feed.close();
  }
}

/** What one of `count` front ends may use, so that together they use what one would. */
function shareOf(limits: HttpLimits, count: number): HttpLimits {
  return {
    ...limits,
    connectionsMax: Math.ceil(limits.connectionsMax / count),
    bodiesBytesMax: Math.max(limits.bodyBytesMax, Math.floor(limits.bodiesBytesMax / count)),
  };
}

/** In a thread standard error is never a terminal, whatever the process has. */
function logFormat({
  logFormat: format,
}: Pick<ServerConfig, 'logFormat'>): ServerConfig['logFormat'] {
  return format === 'auto' ? (process.stderr.isTTY ? 'pretty' : 'json') : format;
}
