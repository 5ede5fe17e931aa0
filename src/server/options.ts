/**
 * Every option of `tailrace start`, once: its name, what it takes, its default and its help. Flags,
 * environment variables and the config file are all derived from this table.
 *
 * `dataDir` is `--data-dir`, `TAILRACE_DATA_DIR`, and `dataDir` in the file.
 */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
  readonly dataDir: string;
  readonly inMemory: boolean;
  readonly region: string;
  readonly auth: 'open' | 'verify';
  readonly limits: 'aws' | 'observe' | 'off';
  readonly transitionMs: number;
  readonly volumes: number;
  readonly tailRingBytes: number;
  readonly segmentBytes: number;
  readonly retentionSweepMs: number;
  readonly tls: 'auto' | 'off';
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

export type OptionName = keyof ServerConfig;

/** What a given value means, or a text that says what was expected. */
export type Parsed = { readonly value: unknown } | { readonly expected: string };

export interface OptionRule {
  /** Placeholder of the value in the help; null for a switch. */
  readonly takes: string | null;
  readonly help: string;
  readonly parse: (given: unknown) => Parsed;
  /** Undefined where the option may be left out. */
  readonly byDefault: string | number | boolean | undefined;
}

const portMax = 65_535;
const dayMs = 86_400_000;

export const optionTable: Readonly<Record<OptionName, OptionRule>> = {
  host: {
    takes: 'address',
    help: 'address of the data port',
    parse: asText,
    byDefault: '127.0.0.1',
  },
  port: {
    takes: 'number',
    help: 'data port: HTTP/1.1, HTTP/2 and TLS; 0 picks a free one',
    parse: wholeNumber(0, portMax),
    byDefault: 4567,
  },
  adminPort: {
    takes: 'number',
    help: 'port for /healthz, /readyz and /metrics, on 127.0.0.1; 0 picks a free one',
    parse: wholeNumber(0, portMax),
    byDefault: 4580,
  },
  dataDir: {
    takes: 'path',
    help: 'where everything is kept',
    parse: asText,
    byDefault: './tailrace-data',
  },
  inMemory: {
    takes: null,
    help: 'keep nothing on disk; everything is gone when the server stops',
    parse: asSwitch,
    byDefault: false,
  },
  region: {
    takes: 'name',
    help: 'region in ARNs and signatures',
    parse: asRegion,
    byDefault: 'us-east-1',
  },
  auth: {
    takes: 'mode',
    help: 'open: signatures must be there but are not checked; verify: they are checked',
    parse: oneOf('open', 'verify'),
    byDefault: 'open',
  },
  limits: {
    takes: 'mode',
    help: 'aws: refuse what AWS would refuse; observe: only count it; off',
    parse: oneOf('aws', 'observe', 'off'),
    byDefault: 'aws',
  },
  transitionMs: {
    takes: 'ms',
    help: 'how long streams stay CREATING, UPDATING and DELETING',
    parse: wholeNumber(0, dayMs),
    byDefault: 500,
  },
  volumes: {
    takes: 'number',
    help: 'logs that shards are spread over; may grow, never shrinks',
    parse: wholeNumber(1, 1024),
    byDefault: 1,
  },
  retentionSweepMs: {
    takes: 'ms',
    help: 'how often the space of expired records and deleted streams is given back',
    parse: wholeNumber(10, dayMs),
    byDefault: 30_000,
  },
  tailRingBytes: {
    takes: 'bytes',
    help: 'memory for the newest records, all volumes together, such as 64MiB',
    parse: bytesFrom(1),
    byDefault: '64MiB',
  },
  segmentBytes: {
    takes: 'bytes',
    help: 'size of the files a log consists of; what has expired goes file by file',
    parse: bytesFrom(64 * 1024),
    byDefault: '64MiB',
  },
  tls: {
    takes: 'mode',
    help: 'auto: TLS on the data port too, self-signed unless a certificate is given; off',
    parse: oneOf('auto', 'off'),
    byDefault: 'auto',
  },
  tlsCert: {
    takes: 'path',
    help: 'certificate chain, PEM',
    parse: asText,
    byDefault: undefined,
  },
  tlsKey: {
    takes: 'path',
    help: 'private key of the certificate, PEM',
    parse: asText,
    byDefault: undefined,
  },
  logLevel: {
    takes: 'level',
    help: 'trace, debug, info, warn, error, fatal or silent',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    byDefault: 'info',
  },
  logFormat: {
    takes: 'form',
    help: 'auto: readable on a terminal, else JSON; pretty; json',
    parse: oneOf('auto', 'pretty', 'json'),
    byDefault: 'auto',
  },
};

export const optionNames: readonly OptionName[] = Object.keys(optionTable) as OptionName[];

/** `--data-dir` for `dataDir`. */
export function flagName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `TAILRACE_DATA_DIR` for `dataDir`. */
export function environmentName(name: string): string {
  return `TAILRACE_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function asText(given: unknown): Parsed {
  return typeof given === 'string' && given !== '' ? { value: given } : { expected: 'a text' };
}

function asRegion(given: unknown): Parsed {
  const isRegion = typeof given === 'string' && /^[a-z]{2}(-[a-z]+)+-\d+$/.test(given);
  return isRegion ? { value: given } : { expected: 'a region such as us-east-1' };
}

function asSwitch(given: unknown): Parsed {
  if (given === true || given === 'true' || given === '1') return { value: true };
  if (given === false || given === 'false' || given === '0') return { value: false };
  return { expected: 'true or false' };
}

function oneOf(...values: readonly string[]): (given: unknown) => Parsed {
  const expected = `one of ${values.join(', ')}`;
  return (given) =>
    typeof given === 'string' && values.includes(given) ? { value: given } : { expected };
}

function wholeNumber(min: number, max: number): (given: unknown) => Parsed {
  const expected = `a whole number from ${min} to ${max}`;
  return (given) => {
    const value = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
    const fits = Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
    return fits ? { value } : { expected };
  };
}

const byteUnits: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** `65536`, `64KiB`, `64k`, `1.5 GiB`. Suffixes mean powers of 1024 however they are written. */
function bytesFrom(min: number): (given: unknown) => Parsed {
  const expected = `a size such as 64MiB, at least ${min} bytes`;
  return (given) => {
    const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(String(given).trim());
    if (match === null) return { expected };
    const value = Math.floor(Number(match[1]) * 1024 ** byteUnits[match[2]!.toLowerCase()]!);
    return Number.isSafeInteger(value) && value >= min ? { value } : { expected };
  };
}
