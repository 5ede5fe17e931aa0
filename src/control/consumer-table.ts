/**
 * All registered consumers in memory, as the last commits left them, by stream.
 *
 * A consumer is one value of its own in the store, so that registering one does not rewrite its
 * stream; what removes a stream removes its consumers in the same commit.
 */
import { assert } from '../common/assert.ts';
import type { ConsumerDocument } from '../model/consumer.ts';
import type { MetaOp, MetaStore } from '../storage/meta-store.ts';

const PREFIX = 'consumer/';

export interface StoredConsumer {
  readonly document: ConsumerDocument;
  readonly rev: number;
}

/** Operations to be committed with others, and what to call when they are. */
export interface ConsumerCommit {
  readonly ops: readonly MetaOp[];
  readonly committed: (rev: number) => void;
}

export class ConsumerTable {
  readonly #byStream = new Map<number, Map<string, StoredConsumer>>();

  async load(meta: MetaStore): Promise<void> {
    for (const [, { value, rev }] of await meta.list(PREFIX)) {
      const document = JSON.parse(new TextDecoder().decode(value)) as ConsumerDocument;
      this.#set({ document, rev });
    }
  }

  get(streamUid: number, name: string): StoredConsumer | undefined {
    return this.#byStream.get(streamUid)?.get(name);
  }

  count(streamUid: number): number {
    return this.#byStream.get(streamUid)?.size ?? 0;
  }

  /** Consumers of a stream in name order. */
  list(streamUid: number): readonly ConsumerDocument[] {
    const consumers = [...(this.#byStream.get(streamUid)?.values() ?? [])];
    return consumers
      .map(({ document }) => document)
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  *all(): Iterable<ConsumerDocument> {
    for (const consumers of this.#byStream.values()) {
      for (const { document } of consumers.values()) {
        yield document;
      }
    }
  }

  /** Stores `next`, new or in place of the one that is there. */
  put(next: ConsumerDocument): ConsumerCommit {
    const expect = this.get(next.streamUid, next.name)?.rev ?? 'absent';
    const value = new TextEncoder().encode(JSON.stringify(next));
    return {
      ops: [{ key: consumerKey(next.streamUid, next.name), expect, value }],
      committed: (rev) => this.#set({ document: next, rev }),
    };
  }

  remove(streamUid: number, name: string): ConsumerCommit {
    const known = this.get(streamUid, name);
    assert(known !== undefined, 'consumers: only what is there can be removed');
    return {
      ops: [{ key: consumerKey(streamUid, name), expect: known.rev, value: null }],
      committed: () => this.#delete(streamUid, name),
    };
  }

  /** Removes all consumers of a stream. */
  removeAll(streamUid: number): ConsumerCommit {
    const all = this.list(streamUid).map(({ name }) => this.remove(streamUid, name));
    return {
      ops: all.flatMap(({ ops }) => ops),
      committed: (rev) => all.forEach(({ committed }) => committed(rev)),
    };
  }

  #set(stored: StoredConsumer): void {
    const { streamUid, name } = stored.document;
    const consumers = this.#byStream.get(streamUid) ?? new Map<string, StoredConsumer>();
    this.#byStream.set(streamUid, consumers);
    consumers.set(name, stored);
  }

  #delete(streamUid: number, name: string): void {
    const consumers = this.#byStream.get(streamUid);
    consumers?.delete(name);
    if (consumers?.size === 0) {
      this.#byStream.delete(streamUid);
    }
  }
}

function consumerKey(streamUid: number, name: string): string {
  return `${PREFIX}${String(streamUid).padStart(15, '0')}/${name}`;
}
