/**
 * Who serves the data port: this thread, beside everything else, alone or with others that do
 * nothing but that.
 */
import { putRecordsKernels } from '../api/fast/put-records-kernel.ts';
import type { Caller } from '../api/operation.ts';
import type { DecodedBody } from '../api/registry.ts';
import type { CredentialFile } from '../auth/credential-file.ts';
import type { BufferPool } from '../common/buffer-pool.ts';
import { DirectoryFeed, DIRECTORY_FEED_DEFAULTS } from '../cache/directory-feed.ts';
import { defaultHttpLimits } from '../frontend/http-options.ts';
import type { HttpLimits } from '../frontend/http-options.ts';
import { HttpListener } from '../frontend/listener.ts';
import type { ListenTarget } from '../frontend/listener.ts';
import type { OperationLimits } from '../frontend/operation-limits.ts';
import { Pipeline } from '../frontend/pipeline.ts';
import type { Authenticator } from '../frontend/pipeline.ts';
import type { Spread } from '../frontend/spread.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { Backend } from '../model/data-plane.ts';
import type { DirectorySource } from '../model/directory.ts';
import { idleBodies } from '../runtime/body-buffers.ts';
import type { BodyBuffers } from '../runtime/body-buffers.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { leaveTurns, NodeAcceptTurns, sharedCounts } from '../runtime/node/accept-turns.ts';
import type { BodyThread } from '../runtime/node/body-thread.ts';
import { NodeThreads } from '../runtime/node/threads.ts';
import type { Os } from '../runtime/os.ts';
import type { Random } from '../runtime/random.ts';
import { helpedBodies, ownBodies } from './bodies.ts';
import { TRIM_EVERY_MS } from './buffer-options.ts';
import { FrontEndHost } from './front-end-host.ts';
import { FRONT_ENDS_DEFAULTS, FrontEnds } from './front-ends.ts';
import { ListeningSocket } from './listening-socket.ts';
import type { Log } from './log.ts';
import type { ServerConfig } from './options.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { PemIdentity } from './self-signed.ts';
import type { ServerApi } from './server-api.ts';
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
  /** Of the records put here. */
  readonly spread: Spread;
}

export interface DataPortOptions {
  readonly config: Pick<
    ServerConfig,
    'host' | 'port' | 'region' | 'auth' | 'limits' | 'logLevel' | 'logFormat' | 'dataDir'
  >;
  readonly certificate: PemIdentity | Promise<PemIdentity> | null;
  readonly sealingKey: Uint8Array;
}

/** The data port served by `workers` threads, of which this is one. */
export function dataPort(
  dependencies: DataPortDependencies,
  options: DataPortOptions,
  workers: number,
): DataPort {
  return workers === 1
    ? new SingleThread(dependencies, options)
    : new Workers(dependencies, options, workers);
}

/** A front end in this thread. */
class OwnFrontEnd {
  readonly #pipeline: Pipeline<Caller, DecodedBody>;
  readonly #listener: HttpListener;

  constructor(
    dependencies: DataPortDependencies,
    { certificate }: DataPortOptions,
    limits: HttpLimits,
    bodies: BodyBuffers,
  ) {
    const { clock, random, log, registry, api, authenticator, buffers } = dependencies;
    const observer = new RequestMetrics(registry);
    this.#pipeline = new Pipeline({ clock, random, log, observer, authenticator, api });
    const parts = { clock, handler: this.#pipeline, bodies, buffers };
    this.#listener = new HttpListener(parts, { limits, tls: certificate });
    registry.measured(
      { name: 'tailrace_http_connections', help: 'Open connections of the data port.' },
      () => this.#listener.connectionCount,
    );
  }

  async listen(target: ListenTarget): Promise<number> {
    return (await this.#listener.listen(target)).port;
  }

  async close(): Promise<void> {
    this.#pipeline.endStreams();
    await this.#listener.close(drainMs);
  }
}

class SingleThread implements DataPort {
  readonly #frontEnd: OwnFrontEnd;
  readonly #address: { readonly host: string; readonly port: number };
  /** Null where there is one processor only. */
  readonly #thread: BodyThread | null;
  readonly #trimming: Timer;

  constructor(dependencies: DataPortDependencies, options: DataPortOptions) {
    const { clock, os, buffers, registry, spread } = dependencies;
    const { host, port, auth } = options.config;
    this.#address = { host, port };
    this.#thread = os.cpuCount > 1 ? helpedBodies(buffers, spread, auth === 'verify') : null;
    registry.counted(
      {
        name: 'tailrace_body_work_total',
        help: 'Digests and decodings of large bodies that a second thread has done.',
      },
      () => this.#thread?.counts.byThread ?? 0,
    );
    this.#trimming = clock.every(TRIM_EVERY_MS, () => this.#thread?.trim());
    const bodies = this.#thread ?? idleBodies(buffers);
    this.#frontEnd = new OwnFrontEnd(dependencies, options, defaultHttpLimits, bodies);
  }

  listen(): Promise<number> {
    return this.#frontEnd.listen(this.#address);
  }

  metrics(): Promise<string> {
    return Promise.resolve('');
  }

  async close(): Promise<void> {
    await this.#frontEnd.close();
    this.#trimming.cancel();
    this.#thread?.close();
  }
}

/** This thread and `count - 1` others. */
class Workers implements DataPort {
  readonly #dependencies: DataPortDependencies;
  readonly #options: DataPortOptions;
  readonly #count: number;
  readonly #feed: DirectoryFeed;
  readonly #own: OwnFrontEnd;
  readonly #bodies: BodyThread;
  readonly #trimming: Timer;
  #socket: ListeningSocket | null = null;
  #others: FrontEnds | null = null;

  constructor(dependencies: DataPortDependencies, options: DataPortOptions, count: number) {
    const { clock, directory, registry, api, buffers } = dependencies;
    this.#dependencies = dependencies;
    this.#options = options;
    this.#count = count;
    this.#feed = new DirectoryFeed({ clock, source: directory }, DIRECTORY_FEED_DEFAULTS);
    const limits = shareOf(defaultHttpLimits, count);
    api.settleBy(() => this.#feed.settled());
    this.#bodies = ownBodies(buffers, () => false);
    this.#trimming = clock.every(TRIM_EVERY_MS, () => this.#bodies.trim());
    this.#own = new OwnFrontEnd(dependencies, options, limits, this.#bodies);
    registry.measured(
      { name: 'tailrace_front_ends', help: 'Threads that serve the data port.' },
      () => 1 + (this.#others?.count ?? 0),
    );
    registry.counted(
      { name: 'tailrace_front_end_deaths_total', help: 'Front ends that died and were replaced.' },
      () => this.#others?.deaths ?? 0,
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
    const socket = await ListeningSocket.open(config.host, config.port);
    this.#socket = socket;
    const acceptCounts = sharedCounts(this.#count);
    this.#others = await FrontEnds.open(
      {
        ...{ clock, os, log, backend, credentials, buffers },
        threads: new NodeThreads(),
        kernels: putRecordsKernels,
        feed: this.#feed,
        host: new FrontEndHost({ api, limits, credentials, log }),
        left: (number) => leaveTurns(acceptCounts, number),
      },
      {
        ...FRONT_ENDS_DEFAULTS,
        count: this.#count - 1,
        certificate,
        data: {
          acceptCounts,
          descriptor: socket.descriptor,
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
    const turns = new NodeAcceptTurns(acceptCounts, 0);
    return this.#own.listen({ handle: socket.handle, turns });
  }

  async metrics(): Promise<string> {
    return (await this.#others?.metrics()) ?? '';
  }

  async close(): Promise<void> {
    await this.#others?.startNoMore();
    await Promise.all([this.#own.close(), this.#others?.close(drainMs)]);
    this.#trimming.cancel();
    this.#bodies.close();
    this.#socket?.close();
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
