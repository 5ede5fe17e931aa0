/**
 * `tailrace start`: runs a server until SIGTERM or SIGINT, then drains it and exits with 0.
 *
 * Exit code 1 with one clear line when it cannot start. A third signal ends it at once: npm
 * passes on a Ctrl-C that the terminal has sent to the server already, so one makes two.
 */
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ConfigError, loadConfig } from '../server/config.ts';
import type { RawValues } from '../server/config.ts';
import { environmentName, flagName, optionNames, optionTable } from '../server/options.ts';
import type { ServerConfig } from '../server/options.ts';

/** The signal that no longer asks but ends. */
const SIGNALS_MAX = 3;

export function registerStart(program: Command): void {
  const command = program
    .command('start')
    .description('start a server')
    .option('--config <path>', 'config file: a JSON object of these options, in camel case');
  for (const name of optionNames) {
    const { takes, help, byDefault } = optionTable[name];
    const flag = takes === null ? flagName(name) : `${flagName(name)} <${takes}>`;
    const shown = byDefault === undefined ? '' : ` (default: ${String(byDefault)})`;
    command.addOption(new Option(flag, `${help}${shown} [${environmentName(name)}]`));
  }
  command.action((given: RawValues) => start(given));
}

async function start(given: RawValues): Promise<void> {
  const config = await configFrom(given).catch(fail);
  // Loading the server leaves much garbage at once, and a young generation that has grown for it
  // keeps its size: it stays small until the server is up, then grows as load needs it.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { runServer } = await import('../server/run.ts');
  const server = await runServer(config).catch(fail);
  setFlagsFromString('--semi-space-growth-factor=2');
  process.stdout.write(server.banner);
  let signals = 0;
  const drain = (signal: string): void => {
    signals++;
    if (signals >= SIGNALS_MAX) process.exit(1);
    if (signals > 1) return;
    server.log.info({ signal }, 'draining');
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        server.log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => drain('SIGTERM'));
  process.on('SIGINT', () => drain('SIGINT'));
}

async function configFrom(given: RawValues): Promise<ServerConfig> {
  const { config: flagPath, ...flags } = given;
  const path = (flagPath ?? process.env['TAILRACE_CONFIG']) as string | undefined;
  const file = path === undefined ? null : { path, values: await readJson(path) };
  return loadConfig({ flags, environment: process.env, file });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`cannot read the config file: ${(error as Error).message}`);
  }
}

function fail(error: unknown): never {
  process.stderr.write(`tailrace: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
