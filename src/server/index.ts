/**
 * The public API: a whole server inside your own process, for tests.
 *
 * ```js
 * import { startServer } from 'tailrace';
 * const server = await startServer();
 * // … point an SDK at server.endpoint …
 * await server.close();
 * ```
 */
import { NodeClock } from '../runtime/node/clock.ts';
import { composeServer } from './compose.ts';
import { loadConfig } from './config.ts';
import type { RawValues } from './config.ts';
import { endpointOf } from './endpoint.ts';
import { openLog, standardError } from './log.ts';

/** All of `tailrace start`'s options, with defaults for tests; see `tailrace start --help`. */
export interface StartServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free port. */
  readonly port?: number;
  /** Default: no admin port; 0 is a free port. */
  readonly adminPort?: number;
  /** Keeps everything in this directory; without it everything is in memory. */
  readonly dataDir?: string;
  /** Default us-east-1. */
  readonly region?: string;
  readonly auth?: 'open' | 'verify';
  readonly limits?: 'aws' | 'observe' | 'off';
  /** How long streams stay CREATING, UPDATING and DELETING; default 0. */
  readonly transitionMs?: number;
  readonly volumes?: number;
  /** Threads that serve the port, `auto` for one less than there are cores; default 1. */
  readonly workers?: number | 'auto';
  /** Bytes, or a text such as 64MiB. */
  readonly tailRingBytes?: number | string;
  /** As tailRingBytes. */
  readonly segmentBytes?: number | string;
  /** How often the space of expired records and deleted streams is given back. */
  readonly retentionSweepMs?: number;
  /** File of the keys that encrypt; default: in the data directory, or in memory. */
  readonly keyring?: string;
  /** KMS-compatible endpoint that wraps data keys; default the keyring. */
  readonly kmsEndpoint?: string;
  /** S3-compatible endpoint that channels deliver to; default that of AWS. */
  readonly s3Endpoint?: string;
  /** Default: the region. */
  readonly s3Region?: string;
  /** Default off. */
  readonly tls?: 'auto' | 'off';
  /** Paths of PEM files. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** Default silent. */
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logFormat?: 'auto' | 'pretty' | 'json';
}

export interface TailraceServer {
  /** `http://…`, for the SDKs' endpoint option. */
  readonly endpoint: string;
  /** `https://…` on the same port; null when TLS is off. */
  readonly tlsEndpoint: string | null;
  readonly port: number;
  readonly adminPort: number | null;
  /** Finishes requests, flushes, frees the ports. */
  close(): Promise<void>;
}

/**
 * Starts a server and resolves when it answers. Throws ConfigError for options that cannot be used,
 * and StoreLockedError when another process has the data directory open. Reads no environment
 * variables.
 */
export async function startServer(options: StartServerOptions = {}): Promise<TailraceServer> {
  const { adminPort, ...given } = options;
  const defaults: RawValues = {
    port: 0,
    transitionMs: 0,
    tls: given.tlsCert === undefined ? 'off' : 'auto',
    logLevel: 'silent',
    inMemory: given.dataDir === undefined,
  };
  const config = loadConfig({ flags: { ...defaults, ...given }, environment: {}, file: null });
  const clock = new NodeClock();
  const log = await openLog(
    { now: () => clock.now(), sink: standardError() },
    { level: config.logLevel, format: config.logFormat },
  );
  const server = await composeServer({ ...config, adminPort: adminPort ?? null }, log);
  return {
    endpoint: endpointOf('http', server),
    tlsEndpoint: server.tls ? endpointOf('https', server) : null,
    port: server.port,
    adminPort: server.adminPort,
    close: () => server.close(),
  };
}
