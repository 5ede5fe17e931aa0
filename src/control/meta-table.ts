/**
 * Small documents of one kind in memory, as the last commits left them: consumers, policies,
 * account settings. Each is one value of its own in the store.
 */
import { assert } from '../common/assert.ts';
import type { MetaOp, MetaStore } from '../storage/meta-store.ts';
import { MetaCorruptionError } from '../storage/meta-store.ts';

interface Stored<T> {
  readonly document: T;
  readonly rev: number;
}

/** Operations to be committed, alone or with others, and what to call when they are. */
export interface TableCommit {
  readonly ops: readonly MetaOp[];
  readonly committed: (rev: number) => void;
}

export class MetaTable<T> {
  readonly #prefix: string;
  readonly #byKey = new Map<string, Stored<T>>();

  /** Everything under `prefix`, which ends with a slash, belongs to this table. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Reads all documents from the store, in place of what was known. */
  async load(meta: MetaStore): Promise<void> {
    const found = await meta.list(this.#prefix);
    this.#byKey.clear();
    for (const [key, { value, rev }] of found) {
      this.#byKey.set(key.slice(this.#prefix.length), { document: decode<T>(key, value), rev });
    }
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key)?.document;
  }

  /** Keys and documents, in no particular order. */
  *entries(): Iterable<readonly [key: string, document: T]> {
    for (const [key, { document }] of this.#byKey) {
      yield [key, document];
    }
  }

  /** Stores `document`, new or in place of the one that is there. */
  put(key: string, document: T): TableCommit {
    const expect = this.#byKey.get(key)?.rev ?? 'absent';
    const value = new TextEncoder().encode(JSON.stringify(document));
    return {
      ops: [{ key: this.#prefix + key, expect, value }],
      committed: (rev) => this.#byKey.set(key, { document, rev }),
    };
  }

  remove(key: string): TableCommit {
    const known = this.#byKey.get(key);
    assert(known !== undefined, 'control plane: only what is there can be removed');
    return {
      ops: [{ key: this.#prefix + key, expect: known.rev, value: null }],
      committed: () => this.#byKey.delete(key),
    };
  }
}

/** Several commits as one. */
export function together(commits: readonly TableCommit[]): TableCommit {
  return {
    ops: commits.flatMap(({ ops }) => ops),
    committed: (rev) => commits.forEach(({ committed }) => committed(rev)),
  };
}

function decode<T>(key: string, value: Uint8Array): T {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value)) as T;
  } catch (error) {
    throw new MetaCorruptionError(`${key} cannot be read: ${String(error)}`);
  }
}
