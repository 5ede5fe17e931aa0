/**
 * The shard map of one process: what the control plane published last, for everyone beside it.
 *
 * A publication replaces one stream's entry as a whole, so readers see all of a reshard or nothing.
 * Versions are metadata revisions; those of a stream and of the map never go back (I6).
 */
import { assert } from '../common/assert.ts';
import type { ShardKey, StreamDocument } from '../model/stream.ts';
import type { ShardEntry, ShardMapView, StreamEntry } from './shard-map.ts';
import { streamEntry } from './stream-entry.ts';

type Listener = (uid: number, entry: StreamEntry | null) => void;

export class ShardMap implements ShardMapView {
  readonly #byName = new Map<string, StreamEntry>();
  readonly #byUid = new Map<number, StreamEntry>();
  readonly #byShard = new Map<ShardKey, ShardEntry>();
  readonly #listeners = new Set<Listener>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  stream(account: string, name: string): StreamEntry | undefined {
    return this.#byName.get(nameKey(account, name));
  }

  streamByUid(uid: number): StreamEntry | undefined {
    return this.#byUid.get(uid);
  }

  shard(key: ShardKey): ShardEntry | undefined {
    return this.#byShard.get(key);
  }

  /** All streams, in no particular order. */
  streams(): Iterable<StreamEntry> {
    return this.#byUid.values();
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Publishes a stream's document as the commit of revision `version` left it; throws
   * AssertionError when its open shards do not tile the ring or the version does not advance.
   */
  publish(document: StreamDocument, version: number): StreamEntry {
    const old = this.#byUid.get(document.uid);
    assert(old === undefined || version > old.version, 'shard map: a version must advance');
    const entry = streamEntry(document, version);
    if (old !== undefined) {
      this.#forgetShards(old);
    }
    this.#byName.set(nameKey(document.account, document.name), entry);
    this.#byUid.set(document.uid, entry);
    for (const shard of entry.byIndex.values()) {
      this.#byShard.set(shard.document.key, shard);
    }
    this.#announce(document.uid, entry, version);
    return entry;
  }

  /** Takes a stream out; does nothing when it is not there. */
  remove(uid: number, version: number): void {
    const old = this.#byUid.get(uid);
    if (old === undefined) {
      return;
    }
    assert(version > old.version, 'shard map: a version must advance');
    this.#forgetShards(old);
    this.#byUid.delete(uid);
    this.#byName.delete(nameKey(old.document.account, old.document.name));
    this.#announce(uid, null, version);
  }

  #forgetShards(old: StreamEntry): void {
    for (const shard of old.byIndex.values()) {
      this.#byShard.delete(shard.document.key);
    }
  }

  #announce(uid: number, entry: StreamEntry | null, version: number): void {
    this.#version = Math.max(this.#version, version);
    for (const listener of [...this.#listeners]) {
      listener(uid, entry);
    }
  }
}

/** Names hold no slash. */
function nameKey(account: string, name: string): string {
  return `${account}/${name}`;
}
