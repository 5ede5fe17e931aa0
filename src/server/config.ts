/**
 * The configuration of a server: flags win over environment, environment over the config file, that
 * over the defaults. Whatever the source, values pass one schema, and what does not fit is refused
 * with the name the user wrote.
 */
import { isIP } from 'node:net';
import * as v from 'valibot';
import { environmentName, flagName, optionNames, optionTable } from './options.ts';
import type { OptionName, ServerConfig } from './options.ts';

/** The configuration cannot be used; the message is for the user. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type RawValues = Readonly<Record<string, unknown>>;

export interface ConfigSources {
  /** Option name to value. */
  readonly flags: RawValues;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The parsed config file, and its path for messages; null when there is none. */
  readonly file: { readonly path: string; readonly values: unknown } | null;
}

/** Throws ConfigError. */
export function loadConfig(sources: ConfigSources): ServerConfig {
  const file = fileValues(sources.file);
  const values: Record<string, unknown> = {};
  for (const name of optionNames) {
    const found = firstGiven(name, sources, file);
    if (found.value === undefined) continue;
    const parsed = v.safeParse(optionTable[name].schema, found.value, { abortEarly: true });
    if (!parsed.success) {
      throw new ConfigError(`${found.from}: expected ${parsed.issues[0].message}`);
    }
    values[name] = parsed.output;
  }
  const config = values as unknown as ServerConfig;
  checkTogether(config);
  return config;
}

interface Given {
  readonly value: unknown;
  /** How the user would name it. */
  readonly from: string;
}

function firstGiven(name: OptionName, sources: ConfigSources, file: RawValues): Given {
  const flag = sources.flags[name];
  if (flag !== undefined) return { value: flag, from: `${flagName(name)} ${show(flag)}` };
  const variable = environmentName(name);
  const environment = sources.environment[variable];
  if (environment !== undefined && environment !== '') {
    return { value: environment, from: `${variable}=${environment}` };
  }
  if (file[name] !== undefined) {
    return { value: file[name], from: `${name} in ${sources.file?.path ?? 'the config file'}` };
  }
  return { value: optionTable[name].byDefault, from: flagName(name) };
}

function fileValues(file: ConfigSources['file']): RawValues {
  if (file === null) return {};
  const { values, path } = file;
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new ConfigError(`${path}: expected a JSON object`);
  }
  const known: ReadonlySet<string> = new Set(optionNames);
  for (const name of Object.keys(values)) {
    if (!known.has(name)) throw new ConfigError(`${path}: unknown option ${name}`);
  }
  return values as RawValues;
}

/** Rules that concern more than one option. */
function checkTogether(config: ServerConfig): void {
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new ConfigError('--tls-cert and --tls-key belong together: give both or none');
  }
  if (config.auth === 'open' && !isLoopback(config.host)) {
    throw new ConfigError(
      `--auth open answers everybody who can reach ${config.host}, so it is refused on any ` +
        'address that is not loopback. Use --auth verify (see tailrace credentials), or --host 127.0.0.1.',
    );
  }
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
