/**
 * A server as `tailrace start` runs it: composed from a configuration, with its log and a banner.
 */
import { resolve } from 'node:path';
import { NodeClock } from '../runtime/node/clock.ts';
import { StoreLockedError } from '../storage/meta-store.ts';
import { composeServer } from './compose.ts';
import { ConfigError } from './config.ts';
import { endpointOf } from './endpoint.ts';
import { boundHeapGrowth } from './heap.ts';
import { openLog, standardError } from './log.ts';
import type { Log } from './log.ts';
import type { ServerConfig } from './options.ts';

export interface RunningServer {
  /** What to tell the user; ends with a line break. */
  readonly banner: string;
  readonly log: Log;
  close(): Promise<void>;
}

/**
 * Throws an error whose message is for the user when the server cannot start for a known reason.
 */
export async function runServer(config: ServerConfig): Promise<RunningServer> {
  boundHeapGrowth();
  const clock = new NodeClock();
  const log = await openLog(
    { now: () => clock.now(), sink: standardError() },
    { level: config.logLevel, format: config.logFormat },
  );
  const server = await composeServer(config, log).catch((error: unknown) => {
    throw explained(error, config);
  });
  const { port, adminPort } = server;
  log.info({ host: config.host, port, adminPort }, 'ready');
  const endpoint = endpointOf('http', server);
  const rows: readonly (readonly [string, string])[] = [
    ['endpoint', endpoint],
    ...(server.tls ? ([['TLS', endpointOf('https', server)]] as const) : []),
    ['admin', `http://127.0.0.1:${String(adminPort)}  (/healthz, /readyz, /metrics)`],
    ['data', config.inMemory ? 'in memory, gone when this stops' : resolve(config.dataDir)],
    ['auth', config.auth === 'open' ? 'open (signatures are not checked)' : 'verify'],
    ['limits', config.limits],
    [
      'try',
      `aws kinesis list-streams --region ${config.region} --endpoint-url ${endpoint}` +
        (config.auth === 'open' ? '  (any credentials)' : ''),
    ],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(9)}${value}`);
  return { banner: `Tailrace is ready.\n${lines.join('\n')}\n`, log, close: () => server.close() };
}

function explained(error: unknown, config: ServerConfig): unknown {
  if (error instanceof StoreLockedError) {
    return new ConfigError(
      `the data directory ${resolve(config.dataDir)} is in use by another process. ` +
        'Stop that one, or choose another with --data-dir.',
    );
  }
  const { code, port } = error as { code?: unknown; port?: unknown };
  if (code === 'EADDRINUSE') {
    return new ConfigError(
      `port ${String(port)} is in use. Choose others with --port and --admin-port.`,
    );
  }
  return error;
}
