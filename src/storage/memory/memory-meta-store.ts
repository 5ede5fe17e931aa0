/**
 * The MetaStore in memory, for tests, simulation and servers that keep nothing.
 *
 * Its contents live in a MemoryMetaImage, which outlives the store as a disk outlives a process, so
 * restarts and crashes can be played: one owner at a time, all or nothing per commit.
 */
import type { MetaOp, MetaStore, Versioned } from '../meta-store.ts';
import { CasError, StoreLockedError } from '../meta-store.ts';
import { checkedKey, prefixEnd } from '../meta-key.ts';

/** What a memory store would find when it is opened again. */
export class MemoryMetaImage {
  readonly entries: Map<string, Versioned> = new Map<string, Versioned>();
  rev = 0;
  owner: MemoryMetaStore | null = null;

  /**
   * Takes the image from its owner, as the end of a process does; the old store fails from now on.
   */
  crash(): void {
    this.owner = null;
  }
}

export class MemoryMetaStore implements MetaStore {
  readonly #image: MemoryMetaImage;

  private constructor(image: MemoryMetaImage) {
    this.#image = image;
  }

  /** Throws StoreLockedError while another store has the image open. */
  static open(image: MemoryMetaImage): MemoryMetaStore {
    if (image.owner !== null) {
      throw new StoreLockedError('The metadata image is in use by another store.');
    }
    image.owner = new MemoryMetaStore(image);
    return image.owner;
  }

  async get(key: string): Promise<Versioned | null> {
    this.#check();
    const entry = this.#image.entries.get(key);
    return entry === undefined ? null : copy(entry);
  }

  async list(prefix: string): Promise<readonly (readonly [key: string, entry: Versioned])[]> {
    this.#check();
    const end = prefixEnd(prefix);
    const keys = [...this.#image.entries.keys()].filter((key) => key >= prefix && key < end).sort();
    return keys.map((key) => [key, copy(this.#image.entries.get(key)!)]);
  }

  async commit(ops: readonly MetaOp[]): Promise<number> {
    this.#check();
    const { entries } = this.#image;
    const rev = this.#image.rev + 1;
    // A later op of the same transaction sees what an earlier one did to its key.
    const staged = new Map<string, Versioned | null>();
    for (const op of ops) {
      const key = checkedKey(op.key);
      const staging = staged.get(key);
      const old = staging === undefined ? (entries.get(key) ?? null) : staging;
      const actual = old?.rev ?? null;
      if (op.expect !== 'any' && (op.expect === 'absent' ? null : op.expect) !== actual) {
        throw new CasError(key, actual);
      }
      staged.set(key, op.value === null ? null : { value: op.value.slice(), rev });
    }
    for (const [key, entry] of staged) {
      if (entry === null) {
        entries.delete(key);
      } else {
        entries.set(key, entry);
      }
    }
    this.#image.rev = rev;
    return rev;
  }

  async close(): Promise<void> {
    if (this.#image.owner === this) {
      this.#image.owner = null;
    }
  }

  #check(): void {
    if (this.#image.owner !== this) {
      throw new Error('the metadata store cannot be used: closed');
    }
  }
}

function copy(entry: Versioned): Versioned {
  return { value: entry.value.slice(), rev: entry.rev };
}
