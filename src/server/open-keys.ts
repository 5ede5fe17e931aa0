/**
 * The keys of a server: its keyring, and who wraps the data keys of encrypted streams, which is the
 * keyring or the KMS endpoint that was named.
 */
import aws4 from 'aws4';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { resolve as resolvePath } from 'node:path';
import { DataKeys } from '../keys/data-keys.ts';
import type { KeyProvider } from '../keys/key-provider.ts';
import { Keyring, keyringPath } from '../keys/keyring.ts';
import { KmsEndpoint } from '../keys/kms-endpoint.ts';
import type { KmsResponse, KmsSend } from '../keys/kms-endpoint.ts';
import { ServiceError } from '../model/service-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Disk } from '../runtime/disk.ts';
import type { Random } from '../runtime/random.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import type { Log } from './log.ts';
import { MemoryFiles } from './memory-files.ts';
import type { ServerConfig } from './options.ts';

const keyringWatchMs = 1_000;
/** A key that was disabled is noticed at the latest after this. */
const dataKeyCacheMs = 300_000;
const dataKeysCachedMax = 10_000;
const kmsTimeoutMs = 10_000;
/** Answers of a key service are small; a longer one is not one. */
const kmsAnswerBytesMax = 1024 * 1024;

export interface KeysDependencies {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly meta: MetaStore;
  readonly log: Log;
  /** For the KMS endpoint. */
  readonly credentials: AwsCredentials;
}

type KeysConfig = Pick<ServerConfig, 'inMemory' | 'dataDir' | 'region' | 'keyring' | 'kmsEndpoint'>;

export interface OpenedKeys {
  readonly keyring: Keyring;
  readonly keys: DataKeys;
}

/**
 * Throws KeyringFormatError. Without credentials for the KMS endpoint the server starts all the
 * same, since streams in the clear need none, and says so in the log.
 */
export async function openKeys(deps: KeysDependencies, config: KeysConfig): Promise<OpenedKeys> {
  const { clock, random, meta, log } = deps;
  const kms =
    config.kmsEndpoint === undefined
      ? null
      : new KmsEndpoint(kmsSender(new URL(config.kmsEndpoint), config.region, deps.credentials));
  if (kms !== null) {
    await deps.credentials().catch((error: unknown) => {
      log.error({ err: error }, 'there are no credentials for --kms-endpoint');
    });
  }
  const keepsNone = config.inMemory && config.keyring === undefined;
  const keyring = await Keyring.open(
    { disk: keepsNone ? new MemoryFiles() : deps.disk, clock, random },
    {
      path: resolvePath(config.keyring ?? keyringPath(config.dataDir)),
      region: config.region,
      watchMs: keyringWatchMs,
      onProblem: (error) => log.error({ err: error }, 'the keyring cannot be read'),
    },
  );
  if (!keepsNone) keyring.watch();
  const provider: KeyProvider = kms ?? keyring;
  const options = { cacheMs: dataKeyCacheMs, cachedMax: dataKeysCachedMax };
  return { keyring, keys: new DataKeys({ meta, provider, clock, random }, options) };
}

function kmsSender(endpoint: URL, region: string, credentials: AwsCredentials): KmsSend {
  return async (target, body) => {
    const keys = await credentials().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      const text = `The server has no credentials for the key service: ${reason}`;
      throw new ServiceError('KMSAccessDeniedException', text);
    });
    const { accessKeyId, secretAccessKey, sessionToken } = keys;
    const { headers } = aws4.sign(
      {
        service: 'kms',
        region,
        method: 'POST',
        path: '/',
        host: endpoint.host,
        headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': target },
        body: Buffer.from(body),
      },
      { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    );
    return post(endpoint, headers as Record<string, string>, body);
  };
}

function post(url: URL, headers: Record<string, string>, body: Uint8Array): Promise<KmsResponse> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, timeout: kmsTimeoutMs };
    const request = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > kmsAnswerBytesMax) request.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
      );
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end(body);
  });
}
