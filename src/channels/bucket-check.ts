/**
 * Whether a new channel can deliver: its bucket and that of its dead letters answer and belong to
 * whom the channel expects.
 */
import type { ChannelDestinations } from '../control/channel-destinations.ts';
import type { ChannelBucket, ChannelDocument } from '../model/channel.ts';
import { bucketName } from '../model/channel.ts';
import type { Buckets } from './bucket.ts';

export class BucketCheck implements ChannelDestinations {
  readonly #buckets: Buckets;

  constructor({ buckets }: { readonly buckets: Buckets }) {
    this.#buckets = buckets;
  }

  async problem({ destination }: ChannelDocument): Promise<string | null> {
    const { bucket, deadLetter } = destination;
    const same = bucket.arn === deadLetter.arn && bucket.expectedOwner === deadLetter.expectedOwner;
    return (await this.#problemOf(bucket)) ?? (same ? null : await this.#problemOf(deadLetter));
  }

  async #problemOf(bucket: ChannelBucket): Promise<string | null> {
    try {
      await this.#buckets.check(bucket);
      return null;
    } catch (error) {
      return `Bucket ${bucketName(bucket)} cannot be used: ${(error as Error).message}`;
    }
  }
}
