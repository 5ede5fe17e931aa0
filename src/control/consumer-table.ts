/**
 * All registered consumers, by stream.
 *
 * Registering one does not rewrite its stream; what removes a stream removes its consumers in the
 * same commit.
 */
import type { ConsumerDocument } from '../model/consumer.ts';
import type { ConsumerDirectoryEntry } from '../model/directory.ts';
import type { MetaStore } from '../storage/meta-store.ts';
import type { DirectoryChanges } from './directory.ts';
import type { TableCommit } from './meta-table.ts';
import { MetaTable, together } from './meta-table.ts';

export class ConsumerTable {
  readonly #table = new MetaTable<ConsumerDocument>('consumer/');
  /** Names of the consumers of each stream. */
  readonly #names = new Map<number, Set<string>>();
  readonly #directory: DirectoryChanges;

  constructor(directory: DirectoryChanges) {
    this.#directory = directory;
  }

  async load(meta: MetaStore): Promise<void> {
    await this.#table.load(meta);
    this.#names.clear();
    for (const [, { streamUid, name }] of this.#table.entries()) {
      this.#addName(streamUid, name);
    }
  }

  get(streamUid: number, name: string): ConsumerDocument | undefined {
    return this.#table.get(consumerKey(streamUid, name));
  }

  count(streamUid: number): number {
    return this.#names.get(streamUid)?.size ?? 0;
  }

  /** Consumers of a stream in name order. */
  list(streamUid: number): readonly ConsumerDocument[] {
    const names = [...(this.#names.get(streamUid) ?? [])].sort();
    return names.map((name) => this.get(streamUid, name)!);
  }

  *all(): Iterable<ConsumerDocument> {
    for (const [, document] of this.#table.entries()) {
      yield document;
    }
  }

  *entries(): Iterable<ConsumerDirectoryEntry> {
    for (const document of this.all()) {
      const { streamUid, name } = document;
      yield { kind: 'consumer', streamUid, name, document };
    }
  }

  /** Stores `next`, new or in place of the one that is there. */
  put(next: ConsumerDocument): TableCommit {
    const { streamUid, name } = next;
    const { ops, committed } = this.#table.put(consumerKey(streamUid, name), next);
    const followed = (rev: number): void => {
      committed(rev);
      this.#addName(streamUid, name);
      this.#directory.announce({ kind: 'consumer', streamUid, name, document: next });
    };
    return { ops, committed: followed };
  }

  remove(streamUid: number, name: string): TableCommit {
    const { ops, committed } = this.#table.remove(consumerKey(streamUid, name));
    const followed = (rev: number): void => {
      committed(rev);
      const names = this.#names.get(streamUid);
      names?.delete(name);
      if (names?.size === 0) {
        this.#names.delete(streamUid);
      }
      this.#directory.announce({ kind: 'consumer', streamUid, name, document: null });
    };
    return { ops, committed: followed };
  }

  /** Removes all consumers of a stream. */
  removeAll(streamUid: number): TableCommit {
    return together(this.list(streamUid).map(({ name }) => this.remove(streamUid, name)));
  }

  #addName(streamUid: number, name: string): void {
    const names = this.#names.get(streamUid) ?? new Set<string>();
    this.#names.set(streamUid, names.add(name));
  }
}

function consumerKey(streamUid: number, name: string): string {
  return `${streamUid}/${name}`;
}
