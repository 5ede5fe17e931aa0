/**
 * The Buckets port: where channels put objects. One instance serves all buckets of one endpoint.
 *
 * `put` never replaces an object: the same key stands for the same records, so what is there
 * already is what would have been written.
 */
import type { ChannelBucket, ChannelStorageClass } from '../model/channel.ts';

export interface BucketObject {
  readonly bucket: ChannelBucket;
  readonly key: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly storageClass: ChannelStorageClass | null;
  /** Key the bucket shall encrypt the object with; null for the bucket's default. */
  readonly kmsKeyId: string | null;
}

/** The endpoint refused a request or did not answer; nothing is known to be stored. */
export class BucketError extends Error {
  override readonly name = 'BucketError';
  /** The endpoint's error code, such as `NoSuchBucket`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
  }
}

export interface Buckets {
  /**
   * Stores an object unless its key is taken; resolves when it is durable. Rejects with
   * BucketError.
   */
  put(object: BucketObject): Promise<'stored' | 'exists'>;
  /** Resolves when the bucket is there and belongs to who is expected. Rejects with BucketError. */
  check(bucket: ChannelBucket): Promise<void>;
  /** Cuts what is on its way; later calls reject. */
  close(): void;
}
