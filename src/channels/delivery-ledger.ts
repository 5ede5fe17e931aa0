/**
 * How far each shard of a channel is delivered, in the metadata store.
 *
 * A batch is written down before its object is put and crossed off after: whoever comes later puts
 * the same records under the same key, and never others under another. Every change is conditional
 * on the one before it, so of two processes only one gets on.
 */
import type { ShardKey } from '../model/stream.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import { MetaCorruptionError } from '../storage/meta-store.ts';

/** A batch that is being delivered. */
export interface DeliveryIntent {
  /** Ordinals, `to` excluded. */
  readonly from: number;
  readonly to: number;
  /** Records seen when the batch was closed. */
  readonly records: number;
  readonly firstArrivalMs: number;
  readonly key: string;
  readonly deadLetterKey: string;
}

export interface ShardPosition {
  /** Ordinal of the first record that is not delivered. */
  readonly next: number;
  readonly intent: DeliveryIntent | null;
  /** The shard is closed and all of it is delivered. */
  readonly done: boolean;
}

export interface StoredPosition {
  readonly position: ShardPosition;
  readonly rev: number;
}

const PREFIX = 'channel-position/';

export class DeliveryLedger {
  readonly #meta: MetaStore;

  constructor({ meta }: { readonly meta: MetaStore }) {
    this.#meta = meta;
  }

  /** Null for a shard that delivery has not begun with. */
  async get(channelId: string, shard: ShardKey): Promise<StoredPosition | null> {
    const key = keyOf(channelId, shard);
    const found = await this.#meta.get(key);
    return found === null ? null : { position: decode(key, found.value), rev: found.rev };
  }

  /** Stores `position` in place of `known`. Throws CasError when that is not what is there. */
  async put(
    channelId: string,
    shard: ShardKey,
    known: StoredPosition | null,
    position: ShardPosition,
  ): Promise<StoredPosition> {
    const value = new TextEncoder().encode(JSON.stringify(position));
    const expect = known?.rev ?? 'absent';
    const rev = await this.#meta.commit([{ key: keyOf(channelId, shard), expect, value }]);
    return { position, rev };
  }

  /** Forgets what `keep` does not want to keep. */
  async removeUnless(keep: (channelId: string, shard: ShardKey) => boolean): Promise<void> {
    for (const [key] of await this.#meta.list(PREFIX)) {
      const [channelId, shard] = key.slice(PREFIX.length).split('/');
      if (!keep(channelId!, Number(shard))) {
        await this.#meta.commit([{ key, expect: 'any', value: null }]);
      }
    }
  }
}

function keyOf(channelId: string, shard: ShardKey): string {
  return `${PREFIX}${channelId}/${shard}`;
}

function decode(key: string, value: Uint8Array): ShardPosition {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value)) as ShardPosition;
  } catch (error) {
    throw new MetaCorruptionError(`${key} cannot be read: ${String(error)}`);
  }
}
