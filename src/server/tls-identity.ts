/**
 * The certificate of the data port: the one given, else a self-signed one that is kept in the data
 * directory so that clients told to trust it go on trusting it.
 */
import { X509Certificate } from 'node:crypto';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ConfigError } from './config.ts';
import type { ServerConfig } from './options.ts';
import type { PemIdentity } from './self-signed.ts';

/** A kept certificate is replaced this long before it ends. */
const renewBeforeMs = 30 * 86_400_000;

type TlsConfig = Pick<ServerConfig, 'tls' | 'tlsCert' | 'tlsKey' | 'inMemory' | 'dataDir' | 'host'>;

/** Where the certificate comes from. One that has to be made takes a moment, which may wait. */
export type TlsSource =
  | { readonly kind: 'off' }
  | { readonly kind: 'there'; readonly identity: PemIdentity }
  | { readonly kind: 'to make'; readonly make: () => Promise<PemIdentity> };

/** Throws ConfigError when a given file cannot be used. */
export async function findTls(config: TlsConfig, nowMs: number): Promise<TlsSource> {
  if (config.tls === 'off') return { kind: 'off' };
  if (config.tlsCert !== undefined && config.tlsKey !== undefined) {
    const certificate = await readGiven('--tls-cert', config.tlsCert);
    const key = await readGiven('--tls-key', config.tlsKey);
    return { kind: 'there', identity: { certificate, key } };
  }
  const make = () => makeElsewhere(config.host, nowMs);
  if (config.inMemory) return { kind: 'to make', make };
  const directory = join(config.dataDir, 'tls');
  const kept = await readKept(directory);
  if (kept !== null && isUsable(kept, config.host, nowMs)) return { kind: 'there', identity: kept };
  return {
    kind: 'to make',
    make: async () => {
      const made = await make();
      await keep(directory, made);
      return made;
    },
  };
}

const maker = fileURLToPath(new URL('./self-signed-main.js', import.meta.url));

/** Makes a certificate in a child process, which costs this one no memory for good. */
async function makeElsewhere(host: string, nowMs: number): Promise<PemIdentity> {
  const args = [maker, host, String(nowMs)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as PemIdentity;
}

async function keep(directory: string, made: PemIdentity): Promise<void> {
  await mkdir(directory, { recursive: true });
  await replace(join(directory, 'key.pem'), made.key);
  await replace(join(directory, 'certificate.pem'), made.certificate);
}

async function readGiven(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${flag}: ${(error as Error).message}`);
  }
}

async function readKept(directory: string): Promise<PemIdentity | null> {
  try {
    const certificate = await readFile(join(directory, 'certificate.pem'), 'utf8');
    return { certificate, key: await readFile(join(directory, 'key.pem'), 'utf8') };
  } catch {
    return null;
  }
}

function isUsable({ certificate }: PemIdentity, host: string, nowMs: number): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    const forHost = parsed.checkHost(host) ?? parsed.checkIP(host);
    return forHost !== undefined && Date.parse(parsed.validTo) - renewBeforeMs > nowMs;
  } catch {
    return false;
  }
}

async function replace(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await chmod(unfinished, 0o600);
  await rename(unfinished, path);
}
