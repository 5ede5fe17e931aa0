/**
 * Every option of `tailrace start`, once: its name, what it takes, its default and its help. Flags,
 * environment variables and the config file are all derived from this table.
 *
 * `dataDir` is `--data-dir`, `TAILRACE_DATA_DIR`, and `dataDir` in the file.
 */
import * as v from 'valibot';

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
  readonly workers: number | 'auto';
  readonly tailRingBytes: number;
  readonly segmentBytes: number;
  readonly retentionSweepMs: number;
  readonly keyring: string | undefined;
  readonly kmsEndpoint: string | undefined;
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string | undefined;
  readonly tls: 'auto' | 'off';
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

export type OptionName = keyof ServerConfig;

export interface OptionRule {
  /** Placeholder of the value in the help; null for a switch. */
  readonly takes: string | null;
  readonly help: string;
  /** From what a flag, variable or file gives to the value; its message says what is expected. */
  readonly schema: v.GenericSchema<unknown, unknown>;
  /** Undefined where the option may be left out. */
  readonly byDefault: string | number | boolean | undefined;
}

const portMax = 65_535;
const workersMax = 64;
const dayMs = 86_400_000;

export const optionTable: Readonly<Record<OptionName, OptionRule>> = {
  host: {
    takes: 'address',
    help: 'address of the data port',
    schema: text(),
    byDefault: '127.0.0.1',
  },
  port: {
    takes: 'number',
    help: 'data port: HTTP/1.1, HTTP/2 and TLS; 0 picks a free one',
    schema: wholeNumber(0, portMax),
    byDefault: 4567,
  },
  adminPort: {
    takes: 'number',
    help: 'port for /healthz, /readyz and /metrics, on 127.0.0.1; 0 picks a free one',
    schema: wholeNumber(0, portMax),
    byDefault: 4580,
  },
  dataDir: {
    takes: 'path',
    help: 'where everything is kept',
    schema: text(),
    byDefault: './tailrace-data',
  },
  inMemory: {
    takes: null,
    help: 'keep nothing on disk; everything is gone when the server stops',
    schema: switchValue(),
    byDefault: false,
  },
  region: {
    takes: 'name',
    help: 'region in ARNs and signatures',
    schema: regionName(),
    byDefault: 'us-east-1',
  },
  auth: {
    takes: 'mode',
    help: 'open: signatures must be there but are not checked; verify: they are checked',
    schema: oneOf('open', 'verify'),
    byDefault: 'open',
  },
  limits: {
    takes: 'mode',
    help: 'aws: refuse what AWS would refuse; observe: only count it; off',
    schema: oneOf('aws', 'observe', 'off'),
    byDefault: 'aws',
  },
  transitionMs: {
    takes: 'ms',
    help: 'how long streams stay CREATING, UPDATING and DELETING',
    schema: wholeNumber(0, dayMs),
    byDefault: 500,
  },
  volumes: {
    takes: 'number',
    help: 'logs that shards are spread over; may grow, never shrinks',
    schema: wholeNumber(1, 1024),
    byDefault: 1,
  },
  retentionSweepMs: {
    takes: 'ms',
    help: 'how often the space of expired records and deleted streams is given back',
    schema: wholeNumber(10, dayMs),
    byDefault: 30_000,
  },
  workers: {
    takes: 'number',
    help: 'threads that serve the data port, the main thread one of them; auto: one per core',
    schema: workerCount(),
    byDefault: 1,
  },
  tailRingBytes: {
    takes: 'bytes',
    help: 'memory for the newest records, all volumes together, such as 32MiB',
    schema: bytesFrom(1),
    byDefault: '32MiB',
  },
  segmentBytes: {
    takes: 'bytes',
    help: 'size of the files a log consists of; what has expired goes file by file',
    schema: bytesFrom(64 * 1024),
    byDefault: '64MiB',
  },
  keyring: {
    takes: 'path',
    help: 'file of the keys that encrypt; keyring.json in the data directory unless given',
    schema: text(),
    byDefault: undefined,
  },
  kmsEndpoint: {
    takes: 'url',
    help: 'KMS-compatible endpoint that wraps data keys; the keyring does unless given',
    schema: httpUrl(),
    byDefault: undefined,
  },
  s3Endpoint: {
    takes: 'url',
    help: 'S3-compatible endpoint that channels deliver to; that of AWS unless given',
    schema: httpUrl(),
    byDefault: undefined,
  },
  s3Region: {
    takes: 'name',
    help: 'region of the buckets that channels deliver to; --region unless given',
    schema: text(),
    byDefault: undefined,
  },
  tls: {
    takes: 'mode',
    help: 'auto: TLS on the data port too, self-signed unless a certificate is given; off',
    schema: oneOf('auto', 'off'),
    byDefault: 'auto',
  },
  tlsCert: {
    takes: 'path',
    help: 'certificate chain, PEM',
    schema: text(),
    byDefault: undefined,
  },
  tlsKey: {
    takes: 'path',
    help: 'private key of the certificate, PEM',
    schema: text(),
    byDefault: undefined,
  },
  logLevel: {
    takes: 'level',
    help: 'trace, debug, info, warn, error, fatal or silent',
    schema: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    byDefault: 'info',
  },
  logFormat: {
    takes: 'form',
    help: 'auto: readable on a terminal, else JSON; pretty; json',
    schema: oneOf('auto', 'pretty', 'json'),
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

const byteUnits: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

function text(): v.GenericSchema<unknown, string> {
  return v.pipe(v.string('a text'), v.nonEmpty('a text'));
}

function regionName(): v.GenericSchema<unknown, string> {
  const expected = 'a region such as us-east-1';
  return v.pipe(v.string(expected), v.regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, expected));
}

function switchValue(): v.GenericSchema<unknown, boolean> {
  return v.union(
    [
      v.boolean(),
      v.pipe(
        v.picklist(['true', '1']),
        v.transform(() => true),
      ),
      v.pipe(
        v.picklist(['false', '0']),
        v.transform(() => false),
      ),
    ],
    'true or false',
  );
}

function oneOf(...values: readonly string[]): v.GenericSchema<unknown, string> {
  return v.picklist(values, `one of ${values.join(', ')}`);
}

function wholeNumber(min: number, max: number): v.GenericSchema<unknown, number> {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.union([v.pipe(v.string(), v.regex(/^\d+$/, expected)), v.number()], expected),
    v.transform(Number),
    v.safeInteger(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

function workerCount(): v.GenericSchema<unknown, number | 'auto'> {
  const expected = `auto or a whole number from 1 to ${workersMax}`;
  const count = wholeNumber(1, workersMax);
  return v.pipe(
    v.union([v.string(), v.number()], expected),
    v.check((given) => given === 'auto' || v.is(count, given), expected),
    v.transform((given) => (given === 'auto' ? given : Number(given))),
  );
}

/** `65536`, `64KiB`, `64k`, `1.5 GiB`. Suffixes mean powers of 1024 however they are written. */
function bytesFrom(min: number): v.GenericSchema<unknown, number> {
  const expected = `a size such as 64MiB, at least ${min} bytes`;
  return v.pipe(
    v.union([v.string(), v.number()], expected),
    v.transform((given) => {
      const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(String(given).trim());
      if (match === null) return NaN;
      return Math.floor(Number(match[1]) * 1024 ** byteUnits[match[2]!.toLowerCase()]!);
    }),
    v.safeInteger(expected),
    v.minValue(min, expected),
  );
}

function httpUrl(): OptionRule['schema'] {
  const isHttp = (given: string): boolean =>
    URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
  const expected = 'a URL such as http://127.0.0.1:9000';
  return v.pipe(v.string(expected), v.check(isHttp, expected));
}
