/**
 * Every option of `tailrace start`, once: its name, what it takes, its default and its help. Flags,
 * environment variables and the config file are all derived from this table.
 *
 * `dataDir` is `--data-dir`, `TAILRACE_DATA_DIR`, and `dataDir` in the file.
 */
import { z } from 'zod';

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
  readonly tls: 'auto' | 'off';
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logFormat: 'auto' | 'pretty' | 'json';
}

export type OptionName = keyof ServerConfig;

/** `65536`, `64KiB`, `64k`, `1.5 GiB`: bytes. Decimal suffixes mean powers of 1024 too. */
const byteCount = z.union([z.number(), z.string().transform(parseBytes)]).pipe(z.int().min(1));
const wholeNumber = (min: number, max: number): z.ZodType<number> =>
  z
    .union([z.number(), z.string().regex(/^\d+$/, 'expected a whole number').transform(Number)])
    .pipe(z.int().min(min).max(max));
const flag = z.union([
  z.boolean(),
  z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] }),
]);
const text = z.string().min(1);

export interface OptionRule {
  /** Placeholder of the value in the help; null for a switch. */
  readonly takes: string | null;
  readonly help: string;
  readonly schema: z.ZodType;
  /** Undefined where the option may be left out. */
  readonly byDefault: string | number | boolean | undefined;
}

const portMax = 65_535;
const dayMs = 86_400_000;

export const optionTable: Readonly<Record<OptionName, OptionRule>> = {
  host: {
    takes: 'address',
    help: 'address of the data port',
    schema: text,
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
    schema: text,
    byDefault: './tailrace-data',
  },
  inMemory: {
    takes: null,
    help: 'keep nothing on disk; everything is gone when the server stops',
    schema: flag,
    byDefault: false,
  },
  region: {
    takes: 'name',
    help: 'region in ARNs and signatures',
    schema: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'expected a region such as us-east-1'),
    byDefault: 'us-east-1',
  },
  auth: {
    takes: 'mode',
    help: 'open: signatures must be there but are not checked; verify: they are checked',
    schema: z.enum(['open', 'verify']),
    byDefault: 'open',
  },
  limits: {
    takes: 'mode',
    help: 'aws: refuse what AWS would refuse; observe: only count it; off',
    schema: z.enum(['aws', 'observe', 'off']),
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
  tailRingBytes: {
    takes: 'bytes',
    help: 'memory for the newest records, all volumes together, such as 64MiB',
    schema: byteCount,
    byDefault: '64MiB',
  },
  tls: {
    takes: 'mode',
    help: 'auto: TLS on the data port too, self-signed unless a certificate is given; off',
    schema: z.enum(['auto', 'off']),
    byDefault: 'auto',
  },
  tlsCert: {
    takes: 'path',
    help: 'certificate chain, PEM',
    schema: text.optional(),
    byDefault: undefined,
  },
  tlsKey: {
    takes: 'path',
    help: 'private key of the certificate, PEM',
    schema: text.optional(),
    byDefault: undefined,
  },
  logLevel: {
    takes: 'level',
    help: 'trace, debug, info, warn, error, fatal or silent',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    byDefault: 'info',
  },
  logFormat: {
    takes: 'form',
    help: 'auto: readable on a terminal, else JSON; pretty; json',
    schema: z.enum(['auto', 'pretty', 'json']),
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

function parseBytes(given: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(given.trim());
  if (match === null) return Number.NaN;
  return Math.floor(Number(match[1]) * 1024 ** byteUnits[match[2]!.toLowerCase()]!);
}
