/**
 * All channels, by account and id, and the names that are being taken.
 *
 * A channel is committed in line with its stream, but its name is one of the account: names and
 * places are reserved from the decision until the commit is known, so that two streams never get
 * channels of one name.
 */
import type { ChannelDocument, ChannelRef } from '../model/channel.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import type { TableCommit } from './meta-table.ts';
import { MetaTable } from './meta-table.ts';

export class ChannelTable {
  readonly #table = new MetaTable<ChannelDocument>('channel/');
  /** `account/name` of channels on their way to the store. */
  readonly #reserved = new Set<string>();

  async load(meta: MetaStore): Promise<void> {
    await this.#table.load(meta);
  }

  get(ref: ChannelRef): ChannelDocument | undefined {
    return this.#table.get(keyOf(ref));
  }

  *all(): Iterable<ChannelDocument> {
    for (const [, document] of this.#table.entries()) {
      yield document;
    }
  }

  /** Channels of an account in the order of their ids. */
  list(account: string): readonly ChannelDocument[] {
    return [...this.all()]
      .filter((channel) => channel.account === account)
      .sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  /** Channels of a stream, whatever their state. */
  count(streamUid: number): number {
    return [...this.all()].filter((channel) => channel.streamUid === streamUid).length;
  }

  hasName(account: string, name: string): boolean {
    const taken = this.list(account).some((channel) => channel.name === name);
    return taken || this.#reserved.has(`${account}/${name}`);
  }

  /** Channels of an account, those on their way included. */
  total(account: string): number {
    const coming = [...this.#reserved].filter((name) => name.startsWith(`${account}/`));
    return this.list(account).length + coming.length;
  }

  /** Takes a name until the returned function is called. */
  reserve(account: string, name: string): () => void {
    this.#reserved.add(`${account}/${name}`);
    return () => this.#reserved.delete(`${account}/${name}`);
  }

  /** Stores `next`, new or in place of the one that is there. */
  put(next: ChannelDocument): TableCommit {
    return this.#table.put(keyOf(next), next);
  }

  remove(ref: ChannelRef): TableCommit {
    return this.#table.remove(keyOf(ref));
  }
}

function keyOf({ account, id }: ChannelRef): string {
  return `${account}/${id}`;
}
