/**
 * Buckets of an S3-compatible endpoint, through the AWS SDK's client.
 *
 * The client is loaded with the first request, so that a server without channels does not pay for
 * it. Credentials come from the usual chain: environment, profile, container, instance.
 */
import type * as Sdk from '@aws-sdk/client-s3';
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import type { ChannelBucket } from '../model/channel.ts';
import { bucketName } from '../model/channel.ts';
import type { BucketObject, Buckets } from './bucket.ts';
import { BucketError } from './bucket.ts';

export interface S3BucketsOptions {
  /** URL of the endpoint; null for that of AWS. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Tries of one request, the first included. */
  readonly attemptsMax: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export const S3_DEFAULTS = {
  attemptsMax: 3,
  connectTimeoutMs: 5_000,
  requestTimeoutMs: 60_000,
} as const;

interface Loaded {
  readonly sdk: typeof Sdk;
  readonly client: S3Client;
}

export class S3Buckets implements Buckets {
  readonly #options: S3BucketsOptions;
  #loading: Promise<Loaded> | null = null;
  /** The endpoint does not know If-None-Match on writes. */
  #unconditional = false;
  readonly #closing = new AbortController();

  constructor(options: S3BucketsOptions) {
    this.#options = options;
  }

  async put(object: BucketObject): Promise<'stored' | 'exists'> {
    if (!this.#unconditional) {
      try {
        await this.#put(object, { IfNoneMatch: '*' });
        return 'stored';
      } catch (error) {
        if (statusOf(error) === 412) return 'exists';
        if (statusOf(error) !== 501) throw asBucketError(error);
        this.#unconditional = true;
      }
    }
    try {
      if (await this.#has(object)) return 'exists';
      await this.#put(object, {});
      return 'stored';
    } catch (error) {
      throw asBucketError(error);
    }
  }

  async check(bucket: ChannelBucket): Promise<void> {
    const { sdk, client } = await this.#load();
    const input = { Bucket: bucketName(bucket), ExpectedBucketOwner: bucket.expectedOwner };
    try {
      await client.send(new sdk.HeadBucketCommand(input), this.#sending);
    } catch (error) {
      throw asBucketError(error);
    }
  }

  close(): void {
    this.#closing.abort();
    void this.#loading?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
  }

  get #sending(): { readonly abortSignal: AbortSignal } {
    return { abortSignal: this.#closing.signal };
  }

  async #put(object: BucketObject, condition: Partial<PutObjectCommandInput>): Promise<void> {
    const { sdk, client } = await this.#load();
    const { bucket, storageClass, kmsKeyId } = object;
    await client.send(
      new sdk.PutObjectCommand({
        ...condition,
        Bucket: bucketName(bucket),
        ExpectedBucketOwner: bucket.expectedOwner,
        Key: object.key,
        Body: object.body,
        ContentType: object.contentType,
        ...(storageClass === null ? {} : { StorageClass: storageClass }),
        ...(kmsKeyId === null ? {} : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId }),
      }),
      this.#sending,
    );
  }

  async #has({ bucket, key }: BucketObject): Promise<boolean> {
    const { sdk, client } = await this.#load();
    const input = {
      Bucket: bucketName(bucket),
      ExpectedBucketOwner: bucket.expectedOwner,
      Key: key,
    };
    try {
      await client.send(new sdk.HeadObjectCommand(input), this.#sending);
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  async #load(): Promise<Loaded> {
    this.#loading ??= this.#open();
    return this.#loading;
  }

  async #open(): Promise<Loaded> {
    const { endpoint, region, attemptsMax, connectTimeoutMs, requestTimeoutMs } = this.#options;
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({
      region,
      maxAttempts: attemptsMax,
      requestHandler: { connectionTimeout: connectTimeoutMs, requestTimeout: requestTimeoutMs },
      // The signature covers the body; further checksums are unknown to many other endpoints.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // Other endpoints rarely have a host name for each bucket.
      ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    });
    return { sdk, client };
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

function asBucketError(error: unknown): BucketError {
  const { name, message } = error as Error;
  const status = statusOf(error);
  // Answers to HEAD have no body, so all the client knows is the status.
  const known = message !== '' && message !== 'UnknownError';
  const text = known ? message : `the endpoint answered with status ${status ?? 'none'}`;
  return new BucketError(name, text, { cause: error });
}
